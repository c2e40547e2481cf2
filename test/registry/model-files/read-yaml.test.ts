import { expect, test } from 'vitest'
import { readYaml } from '../../../src/registry/model-files/read-yaml.ts'

const upTo = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('')

/** As PyYAML writes a long text: in lines of some 80 characters. */
const folded = (text: string) => text.replace(/(.{1,75}) /g, '$1\n    ')

test('a signature of 20,000 columns is read, folded as clients write it or in one line', async () => {
  const columns = upTo(20_000, (i) => `{"type": "double", "name": "c${i}", "required": true}, `)
  const inputs = `[${columns.slice(0, -2)}]`
  for (const text of [inputs, folded(inputs)]) {
    const read = await readYaml(`flavors: {}\nsignature:\n  inputs: '${text}'\n`)
    expect(read).toEqual({
      value: new Map<string, unknown>([
        ['flavors', new Map()],
        ['signature', new Map([['inputs', inputs]])],
      ]),
    })
  }
})

test.each([
  ['nothing', '', null],
  ['a comment', '# x', null],
  ['a word', 'x', 'x'],
])('YAML of %s is a value', async (_what, text, value) => {
  expect(await readYaml(text)).toEqual({ value })
})

test.each([
  ['cut off', 'a: [b', /^not valid YAML: .* at line 1, column \d+$/],
  ['two documents', '--- a\n--- b\n', /^more than one YAML document$/],
  ['nested too deep', '['.repeat(200), /^YAML nested deeper than 64 levels$/],
  ['an alias of nothing', 'a: *b', /^not valid YAML: /],
])('YAML that is %s is told as a problem', async (_what, text, problem) => {
  expect(await readYaml(text)).toEqual({ problem: expect.stringMatching(problem) })
})
