import { expect, test } from 'vitest'
import { signatureChange, signatureFrom } from '../../src/governance/signature.ts'

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

const inputs = (...columns: object[]) => ({ inputs: columns, outputs: [] })
const map = (type: string) => ({ type: 'map', values: { type }, name: 'm', required: true })
const of = (type: string, more: object = {}) => ({ type, required: true, ...more })

test.each<[string, object, object, object]>([
  [
    'an optional input that is required from now on',
    inputs(of('long', { name: 'a', required: false })),
    inputs(of('long', { name: 'a' })),
    { breaks: ["input 'a' is required, was optional"] },
  ],
  [
    'the same in the words of older clients',
    inputs(of('long', { name: 'a', optional: true })),
    inputs(of('long', { name: 'a' })),
    { breaks: ["input 'a' is required, was optional"] },
  ],
  [
    'a required input that is optional from now on',
    inputs(of('long', { name: 'a' })),
    inputs(of('long', { name: 'a', required: false })),
    {},
  ],
  [
    'values of a map that have another type',
    inputs(map('string')),
    inputs(map('double')),
    { breaks: [`input 'm' is map {"type":"double"}, was map {"type":"string"}`] },
  ],
  [
    'parts of a type in another order',
    inputs({ name: 'o', type: 'object', properties: { a: { type: 'long', required: true } } }),
    inputs({ properties: { a: { required: true, type: 'long' } }, type: 'object', name: 'o' }),
    {},
  ],
  [
    'a type that nobody knows yet, which differs in one part',
    inputs({ name: 'x', type: { kind: 'new' }, unit: 'm' }),
    inputs({ name: 'x', type: { kind: 'new' }, unit: 'mm' }),
    { breaks: [`input 'x' is {"kind":"new"} mm, was {"kind":"new"} m`] },
  ],
  [
    'inputs without names, by their places',
    inputs(of('string'), of('string')),
    inputs(of('double'), of('string')),
    { breaks: ["input '' is double, was string"] },
  ],
  [
    'fewer inputs without names',
    inputs(of('string'), of('string')),
    inputs(of('string')),
    { breaks: ["input '' (2) is gone"] },
  ],
  [
    'more inputs without names',
    inputs(of('string')),
    inputs(of('string'), of('string')),
    { breaks: ["input '' (2) is new and required"] },
  ],
  [
    'a param that is gone, and one of another type or shape',
    {
      ...inputs(),
      params: [
        { name: 'k', type: 'long', default: 1, shape: null },
        { name: 't', type: 'float', default: 0.1, shape: null },
        { name: 's', type: 'string', default: 'a', shape: null },
      ],
    },
    {
      ...inputs(),
      params: [
        { name: 't', type: 'string', default: 'low', shape: null },
        { name: 's', type: 'string', default: ['a'], shape: [-1] },
      ],
    },
    {
      breaks: [
        "param 'k' is gone",
        "param 't' is string, was float",
        "param 's' is string [-1], was string",
      ],
    },
  ],
  [
    'a param that is new, and one whose default is another',
    { ...inputs(), params: [{ name: 't', type: 'float', default: 0.1, shape: null }] },
    {
      ...inputs(),
      params: [
        { name: 't', dtype: 'float', default: 0.2 },
        { name: 'k', type: 'long', default: 1 },
      ],
    },
    { notices: ["param 'k' is new and optional"] },
  ],
  [
    'an output that need not be there any more',
    { inputs: [], outputs: [of('long', { name: 'y' })] },
    { inputs: [], outputs: [of('long', { name: 'y', required: false })] },
    { notices: ["output 'y' is optional, was required"] },
  ],
])('%s', (_what, was, is, change) => {
  const [current, candidate] = [signatureFrom(was), signatureFrom(is)]
  if (!current || !candidate) throw new Error('it has no columns')
  expect(signatureChange(current, candidate)).toEqual({ breaks: [], notices: [], ...change })
})
