import { expect, test } from 'vitest'
import { cardServer } from '../support/card-server.ts'

const part = (key: string, value: unknown) => `  ${key}: '${JSON.stringify(value)}'\n`
const mlmodel = (parts: object) =>
  `flavors:\n  sklearn: {}\nsignature:\n${Object.entries(parts)
    .map(([key, value]) => part(key, value))
    .join('')}`
const amount = { type: 'double', name: 'amount', required: false }
const limits = { type: 'map', values: { type: 'double' }, name: 'limits', required: true }
const unnamed = { type: 'long', required: true }
const top = { name: 'top', type: 'long', default: 1, shape: null }

test.each<[string, object, object]>([
  [
    'requires an input that could be left out',
    { inputs: [amount] },
    { inputs: [{ ...amount, required: true }] },
  ],
  [
    'has a map of other values',
    { inputs: [limits] },
    { inputs: [{ ...limits, values: { type: 'string' } }] },
  ],
  [
    'has inputs without names in another order of types',
    { inputs: [unnamed, unnamed] },
    { inputs: [{ ...unnamed, type: 'string' }, unnamed] },
  ],
  ['has fewer inputs without names', { inputs: [unnamed, unnamed] }, { inputs: [unnamed] }],
  ['lacks a param', { inputs: [amount], params: [top] }, { inputs: [amount] }],
  [
    'has a param of another type',
    { params: [top] },
    { inputs: [], params: [{ ...top, type: 'string', default: 'a' }] },
  ],
])('a version that %s is not compatible with the one in place', async (_, was, is) => {
  const { call, createModel, seal, transition } = await cardServer()
  await createModel('m')
  await seal('m', { MLmodel: mlmodel(was) })
  await transition('m', '1', 'Production')
  await seal('m', { MLmodel: mlmodel(was) })
  await seal('m', { MLmodel: mlmodel(is) })
  await call('PUT', '/api/v1/policies/p', {
    applies_to: { models: '*', stage: 'Production' },
    gates: [{ name: 'schema', type: 'signature_compatible' }],
  })
  expect((await transition('m', '3', 'Production')).status).toBe(403)
  expect((await transition('m', '2', 'Production')).status).toBe(200)
})
