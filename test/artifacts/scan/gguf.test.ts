import { expect, test } from 'vitest'
import { scanFile } from '../../../src/artifacts/scan/scan-file.ts'
import { bytes, scanText, sourceOf, told } from './scanning.ts'

type Form = { readonly version: number; readonly isLittle: boolean }
const usual: Form = { version: 3, isLittle: true }

/** Writes numbers as GGUF of a form does. */
function writerOf({ version, isLittle }: Form) {
  const number = (value: number, length: number) => {
    const low = Array.from({ length }, (_, i) =>
      i < 4 ? String.fromCharCode((value >>> (8 * i)) & 255) : '\0',
    )
    return (isLittle ? low : low.reverse()).join('')
  }
  const u32 = (value: number) => number(value, 4)
  const count = (value: number) => number(value, version === 1 ? 4 : 8)
  const text = (value: string) => count(value.length) + value
  const header = (pairs: readonly string[], tensors = 1) =>
    `GGUF${u32(version)}${count(tensors)}${count(pairs.length)}${pairs.join('')}`
  return {
    u32,
    count,
    header,
    text,
    string: (key: string, value: string) => text(key) + u32(8) + text(value),
    integer: (key: string) => text(key) + u32(4) + u32(7),
    tokens: (values: readonly string[]) =>
      `${text('tokenizer.ggml.tokens')}${u32(9)}${u32(8)}${count(values.length)}${values.map(text).join('')}`,
    scores: (length: number) =>
      `${text('tokenizer.ggml.scores')}${u32(9)}${u32(6)}${count(length)}${'\0'.repeat(4 * length)}`,
  }
}

const template = '{{ messages[0].__class__ }}'
const w = writerOf(usual)
const tensors = '\0'.repeat(1000)

test.each<Form>([
  usual,
  { version: 2, isLittle: true },
  { version: 1, isLittle: true },
  { version: 3, isLittle: false },
])(
  'chat templates are told of a GGUF file of form %o, whatever stands before them',
  async (form) => {
    const { header, string, integer, tokens, scores } = writerOf(form)
    const file =
      header([
        string('general.name', 'm'),
        tokens(Array.from({ length: 2000 }, (_, i) => `t${i}`)),
        scores(2000),
        integer('llama.context_length'),
        string('tokenizer.chat_template', template),
        string('tokenizer.chat_template.tool_use', template),
      ]) + tensors
    const expected = [
      'template tokenizer.chat_template',
      'template tokenizer.chat_template.tool_use',
    ]
    expect(await scanText('m.gguf', file)).toEqual(expected)
    // Whatever it is named, and however its bytes come.
    expect(await scanText('weights.bin', file)).toEqual(expected)
    const scan = await scanFile(sourceOf(bytes(file), 7), 'm.gguf')
    expect(told('m.gguf', scan)).toEqual(expected)
  },
)

test('nothing is told of a GGUF file without a template', async () => {
  const file = w.header([w.string('general.name', 'm'), w.scores(3)]) + tensors
  expect(await scanText('m.gguf', file)).toEqual([])
})

test.each<[string, string]>([
  ['cut in a value', w.header([w.text('a') + w.u32(8) + w.count(50)])],
  ['cut before its end', w.header([w.string('a', 'b')]).slice(0, -1)],
  ['of a type that nobody knows', w.header([w.text('a') + w.u32(99)])],
  ['with a key of 4 GB', w.header([w.u32(0) + w.u32(1)])],
  [
    'with a list of 2⁶³ values',
    w.header([`${w.text('a')}${w.u32(9)}${w.u32(4)}${'\xff'.repeat(8)}`]),
  ],
])('a header %s is unread', async (_, file) => {
  expect(await scanText('m.gguf', file)).toEqual(['unread its header of GGUF is damaged'])
})

test('a template is told before what cannot be read', async () => {
  const file = w.header([w.string('tokenizer.chat_template', template), w.text('a') + w.u32(99)])
  expect(await scanText('m.gguf', file)).toEqual([
    'template tokenizer.chat_template',
    'unread its header of GGUF is damaged',
  ])
})

test('lists in lists and lists of nothing end', async () => {
  const nested = (w.u32(9) + w.count(1)).repeat(900)
  const deep = `${w.text('a')}${w.u32(9)}${nested}${w.u32(0)}${w.count(0)}`
  expect(await scanText('m.gguf', w.header([deep]) + tensors)).toEqual([])
  expect(await scanText('m.gguf', w.header([deep.replace(nested, nested.repeat(2))]))).toEqual([
    'unread its header of GGUF is damaged',
  ])
  const many = `${w.text('a')}${w.u32(9)}${w.u32(9)}${w.count(2 ** 31)}`
  const lists = (w.u32(0) + w.count(0)).repeat(3_000_001)
  expect(await scanText('m.gguf', w.header([many]) + lists)).toEqual([
    'unread its header of GGUF has too many values',
  ])
})
