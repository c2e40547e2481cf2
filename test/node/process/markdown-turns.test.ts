import { describe, expect, test } from 'vitest'
import { parseMarkdown } from '../../../src/governance/cards/markdown.ts'
import { readMarkdownCard } from '../../../src/governance/cards/read-markdown.ts'
import { writeMarkdown } from '../../../src/governance/cards/write-markdown.ts'
import { writeHtml } from '../../../src/ui/cards/markdown.tsx'
import { cardServer } from '../../support/card-server.ts'
import { longestTurnMs, turnMsMax } from '../../support/turns.ts'

const charsMax = 200_000
const fill = (text: string, chars = charsMax) => text.repeat(Math.floor(chars / text.length))

describe('no markdown holds up other requests: reading, writing and showing it takes turns', () => {
  test.each([
    ['pairs of stars', fill('*a* ')],
    ['underscores', fill('_a_ ')],
    ['marks within words', fill('a*b*c')],
    ['code', fill('`a` ')],
    ['links', fill('[a](http://b) ')],
    ['items', fill('- a\n')],
    ['numbered items', fill('1. a\n- b\n')],
    ['quotes', fill('> a\n')],
    ['paragraphs', fill('a\n\n')],
    ['headings', fill('# a\n')],
    ['lines', fill('a  \n')],
    ['a long table', `a|b|c\n-|-|-\n${fill('a|b|c\n', charsMax - 12)}`],
    ['a wide table', `${fill('|a', charsMax / 2)}|\n${fill('|-', charsMax / 2)}|\n`],
    [
      'a table of slices',
      `## Fairness metrics\n\nslice|metric|value\n-|-|-\n${fill('a|b|1\n', 199_000)}`,
    ],
    ['owners', `## Owners\n\n${fill('*a*,', 199_000)}`],
    ['sections of owners', fill('## Owners\n\na\n\n')],
    ['sections of licences', fill('## License\n\na\n\n')],
    ['headings in a section', `## Limitations\n\n${fill('### a\n\nb\n\n', 199_000)}`],
  ])('%s, as many as a card holds', async (_what, text) => {
    const turns = [await longestTurnMs(async () => writeMarkdown(await parseMarkdown(text)))]
    turns.push(await longestTurnMs(() => writeHtml(text)))
    turns.push(await longestTurnMs(() => readMarkdownCard(text)))
    expect(Math.max(...turns)).toBeLessThan(turnMsMax)
  })
})

test('a long text is read and written piece by piece as it is at once', async () => {
  const part = (i: number) => `## Part ${i}

A *b* **c** \`d\` [link][later] and [other](https://example.com/${i})

- one

- two
  - three

1. four

\`\`\`python
# no heading

x = ${i}
\`\`\`

| a | b |
| - | - |
| ${i} | *x* |

> quoted

`
  const definition = '[later]: https://example.com/later\n'
  const parts = Array.from({ length: 200 }, (_, i) => part(i))
  const whole = await parseMarkdown(parts.join('') + definition)
  const each = await Promise.all(parts.map((text) => parseMarkdown(text + definition)))
  expect(whole).toEqual(each.flat())
  const written = await Promise.all(each.map((blocks) => writeMarkdown(blocks)))
  expect(await writeMarkdown(whole)).toBe(written.join('\n\n'))
})

test('a block with more markup than is parsed in one turn is shown as it was written', async () => {
  const rows = Array.from({ length: 3000 }, (_, i) => `| slice ${i} | f1 | 0.5 |`)
  const table = ['| slice | metric | value |', '| - | - | - |', ...rows].join('\n')
  const { createModel, createVersion, getCard, putCard } = await cardServer()
  await createModel('m')
  await createVersion('m')
  await putCard('m', { notes: `Before\n\n${table.slice(0, 49_000)}\n\nAfter *it*` })
  const { text } = await getCard('m', 1, '.html')
  expect(text).toContain('<code>| slice | metric | value |')
  expect(text).toContain('<p>After <em>it</em></p>')
  expect((await getCard('m', 1, '.md')).text).toContain('| slice 1000 | f1 | 0.5 |')
})

test('a card of more headings than sections are made of is kept whole in notes', async () => {
  const read = await readMarkdownCard(`## License\n\nmit\n\n${fill('## Uses\n\na\n\n', 20_000)}`)
  expect(read).toMatchObject({
    card: { notes: expect.stringContaining('mit') },
    problems: [expect.stringContaining('more than 1000 headings')],
  })
})

test('a table of all params of a run is written whole, in turns', async () => {
  const row = (...cells: string[]) => ({
    type: 'tableRow' as const,
    children: cells.map((value) => ({
      type: 'tableCell' as const,
      children: [{ type: 'text' as const, value }],
    })),
  })
  const rows = Array.from({ length: 10_000 }, (_, i) => row(`p${i}`, String(i)))
  let written = ''
  const took = await longestTurnMs(async () => {
    written = await writeMarkdown([{ type: 'table', children: [row('Param', 'Value'), ...rows] }])
  })
  expect(took).toBeLessThan(turnMsMax)
  const lines = written.split('\n')
  expect(lines).toHaveLength(10_002)
  expect(lines.filter((line) => /^\| -/.test(line))).toHaveLength(1)
  expect([lines[2], lines.at(-1)]).toEqual(['| p0 | 0 |', '| p9999 | 9999 |'])
})
