import type { Block, Inline } from './markdown.ts'

/**
 * A tree as markdown again, every text escaped: no reader of it sees HTML or a link that was not in
 * the tree, however lenient it is.
 */
export function writeMarkdown(blocks: readonly Block[]): string {
  return blocks.map(writeBlock).join('\n\n')
}

function writeBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${writeInlines(block.children).replace(/\s*\n\s*/g, ' ')}`
    case 'paragraph':
      return lineStartsEscaped(writeInlines(block.children))
    case 'quote':
      return prefixed(writeMarkdown(block.children), '> ', '> ')
    case 'list':
      return block.items
        .map((item, i) => {
          const mark = block.start === undefined ? '- ' : `${block.start + i}. `
          return prefixed(writeMarkdown(item), mark, ' '.repeat(mark.length))
        })
        .join('\n')
    case 'code':
      return fenced(block.text)
    case 'rule':
      return '---'
    case 'table':
      return writeTable(block.rows)
  }
}

function writeTable(rows: readonly (readonly (readonly Inline[])[])[]): string {
  const [head = [], ...body] = rows.map((cells) => cells.map(writeCell))
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}

function writeCell(children: readonly Inline[]): string {
  return writeInlines(children)
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|')
}

function writeInlines(children: readonly Inline[]): string {
  return children.map(writeInline).join('')
}

function writeInline(inline: Inline): string {
  switch (inline.kind) {
    case 'text':
      return escaped(inline.text)
    case 'code':
      return codeSpan(inline.text)
    case 'break':
      return '\\\n'
    case 'strong':
      return `**${writeInlines(inline.children)}**`
    case 'emphasis':
      return `*${writeInlines(inline.children)}*`
    case 'deletion':
      return `~~${writeInlines(inline.children)}~~`
    case 'link':
      return `[${writeInlines(inline.children)}](${inline.href.replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'))})`
  }
}

/** `&lt;` and not `\<`, since every reader knows it. */
function escaped(text: string): string {
  return text
    .replace(/[\\`*_[\]~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

/** What would make a block of a line that starts with it. */
function lineStartsEscaped(text: string): string {
  return text
    .replace(/^([ \t]*)([#+=|-])/gm, '$1\\$2')
    .replace(/^([ \t]*\d+)([.)])/gm, '$1\\$2')
    .replace(/^[ \t]+/gm, '')
}

function prefixed(text: string, first: string, others: string): string {
  return text
    .split('\n')
    .map((line, i) => (i === 0 ? first : line === '' ? others.trimEnd() : others) + line)
    .join('\n')
}

function fenced(text: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return `${fence}\n${text}\n${fence}`
}

function codeSpan(text: string): string {
  const fence = '`'.repeat(longestRun(text) + 1)
  const pad = /^`|`$|^ .* $/.test(text) ? ' ' : ''
  return `${fence}${pad}${text}${pad}${fence}`
}

/** Of backticks. */
function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
}
