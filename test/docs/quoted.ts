import { readFile } from 'node:fs/promises'

/** `<!-- from src/a.ts: name -->` and the block of code that follows it. */
const quote = /<!-- from (\S+): ([^>]+?) -->\n```(\w+)\n[\s\S]*?^```/gm

/**
 * `page` with each marked block of code replaced by what stands in the file that its marker names: the
 * declaration of that name, with its comment and what it is exported as.
 *
 * @throws a file without such a declaration
 */
export async function withQuotes(page: string, root: string): Promise<string> {
  let filled = page
  for (const [block, file = '', name = '', language] of page.matchAll(quote)) {
    const text = declarationOf(await readFile(`${root}${file}`, 'utf8'), name)
    if (text === undefined) throw new Error(`${file} declares no ${name}`)
    const marker = `<!-- from ${file}: ${name} -->`
    filled = filled.replace(block, () => `${marker}\n\`\`\`${language}\n${text}\n\`\`\``)
  }
  return filled
}

/** From the comment above a declaration, a call or a test of that name to the line that closes it. */
function declarationOf(text: string, name: string): string | undefined {
  const lines = text.split('\n')
  const begins = new RegExp(
    `^(?:export )?(?:async )?(?:function|const|type) ${name}\\b|^\\s*\\w+\\('${name}`,
  )
  const at = lines.findIndex((line) => begins.test(line))
  if (at < 0) return undefined
  const above = lines[at - 1]?.trim() ?? ''
  const opens = lines.slice(0, at).findLastIndex((line) => line.trim().startsWith('/**'))
  const start = above.endsWith('*/') ? opens : at
  const indent = /^\s*/.exec(lines[at] ?? '')?.[0].length ?? 0
  return lines
    .slice(start, closingLine(lines, at) + 1)
    .map((line) => line.slice(Math.min(indent, line.length)))
    .join('\n')
    .replace(/,$/, '')
}

/** The first line from `at` on after which every bracket and template is closed. */
function closingLine(lines: readonly string[], at: number): number {
  const end = lines.findIndex((line, i) => {
    if (i < at || /[=>|&]$/.test(line)) return false
    const text = lines.slice(at, i + 1).join('\n')
    const count = (signs: RegExp) => text.match(signs)?.length ?? 0
    return count(/[([{]/g) === count(/[)\]}]/g) && count(/`/g) % 2 === 0
  })
  return end < 0 ? lines.length - 1 : end
}
