import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const inRoot = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'bench/README.md']

/** What a page links to in this repository. */
async function brokenLinks(page: string): Promise<string[]> {
  const broken: string[] = []
  const text = (await readFile(page, 'utf8')).replace(/^```[\s\S]*?^```/gm, '')
  for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
    if (/^(https?|mailto):/.test(target)) continue
    const isThere = await stat(join(dirname(page), target)).then(
      () => true,
      () => false,
    )
    if (!isThere) broken.push(`${page}: ${target}`)
  }
  return broken
}

test('every link of the documentation leads somewhere', async () => {
  const docs = await readdir('docs', { recursive: true })
  const pages = [...inRoot, ...docs.map((name) => join('docs', name))].filter((path) =>
    path.endsWith('.md'),
  )
  expect(pages.length).toBeGreaterThan(15)
  expect((await Promise.all(pages.map(brokenLinks))).flat()).toEqual([])
})
