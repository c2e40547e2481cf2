import { expect, test } from 'vitest'
import { signatureFrom } from '../../../src/governance/policies/signature.ts'

test.each([
  [
    {
      inputs: [
        { type: 'double', name: 'a', required: true },
        { type: 'long', name: 'b', required: false },
      ],
    },
    { inputs: ['a double', 'b long?'], outputs: [] },
  ],
  [
    {
      inputs: [{ type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: [-1, 4] } }],
      outputs: [{ type: 'array', items: { type: 'string' }, name: 'tags' }],
    },
    { inputs: [' tensor(float64, [-1,4])'], outputs: ['tags array {"type":"string"}'] },
  ],
  [{ params: [] }, null],
  ['text', null],
  [undefined, null],
])('%j as columns', (raw, expected) => {
  const signature = signatureFrom(raw)
  const shown = (columns: { name: string; type: string; required: boolean }[]) =>
    columns.map(({ name, type, required }) => `${name} ${type}${required ? '' : '?'}`)
  expect(
    signature && {
      inputs: shown([...signature.inputs]),
      outputs: shown([...signature.outputs]),
    },
  ).toEqual(expected)
})
