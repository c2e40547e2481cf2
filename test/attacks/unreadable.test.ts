import { expect, test } from 'vitest'
import { cardServer } from '../support/card-server.ts'

const columns = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    type: 'double',
    name: `a column with a long name, number ${i}`,
    required: true,
  }))
const mlmodel = (inputs: unknown, more = '') =>
  `flavors:\n  sklearn: {}\n${more}signature:\n  inputs: '${typeof inputs === 'string' ? inputs : JSON.stringify(inputs)}'\n  outputs: null\n`

/** A model whose first version is in the stage Staging, under a policy on its signature. */
async function guarded(first: string, gate: object = { type: 'signature_compatible' }) {
  const server = await cardServer()
  const { call, createModel, seal, transition } = server
  await createModel('m')
  await seal('m', { MLmodel: first })
  await transition('m', '1', 'Staging')
  await call('PUT', '/api/v1/policies/p', {
    applies_to: { models: '*', stage: 'Staging' },
    gates: [{ name: 'schema', ...gate }],
  })
  const judge = async (version: number) => {
    const body = { model: 'm', version: String(version), to: { stage: 'Staging' } }
    const { status, json } = await call('POST', '/api/v1/policies/evaluate', body)
    expect(status).toBe(200)
    return json.gates[0]
  }
  return { ...server, judge }
}

test('a signature of thousands of columns is read like any other', async () => {
  const { seal, judge, getCard } = await guarded(mlmodel(columns(4000)))
  await seal('m', { MLmodel: mlmodel(columns(4000)) })
  expect(await judge(2)).toMatchObject({ status: 'passed', detail: 'compatible with version 1' })
  await seal('m', { MLmodel: mlmodel(columns(2000)) })
  const verdict = await judge(3)
  expect(verdict.status).toBe('failed')
  expect(verdict.detail).toContain('and 1980 more')
  expect(verdict.detail.length).toBeLessThan(4000)
  expect((await getCard('m', 2)).json.derived.signature.inputs).toHaveLength(4000)
})

test('anchors and aliases, as clients write them for equal parts, keep no signature from being read', async () => {
  const aliases = `metadata:\n  a: &id001 {k: v}\n${Array.from({ length: 60 }, (_, i) => `  b${i}: *id001\n`).join('')}`
  const { seal, judge } = await guarded(mlmodel(columns(2), aliases))
  await seal('m', { MLmodel: mlmodel(columns(1), aliases) })
  expect((await judge(2)).status).toBe('failed')
})

const deep = (open: string, close: string) => open.repeat(20_000) + close.repeat(20_000)
const unreadable: [what: string, text: string][] = [
  ['too large', mlmodel(columns(2), `padding: ${'x'.repeat(1_600_000)}\n`)],
  ['no YAML', 'signature: [,'],
  ['commas without end', `a: [${','.repeat(199_000)}`],
  ['brackets without end', '['.repeat(199_000)],
  ['brackets and commas', '[,'.repeat(99_000)],
  ['dashes without end', '- '.repeat(99_000)],
  [
    'an explosion of aliases',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghij'].map((key, i) => `${key}: &${key} [${`*${'abcdefghi'[i]},`.repeat(9)}]`).join('\n')}\n`,
  ],
  ['deep JSON', mlmodel(deep('[', ']'))],
  [
    'deep JSON in a type',
    mlmodel(`[{"name":"x","type":"array","items":${deep('{"items":', '}')}}]`),
  ],
  ['deep YAML', `signature:\n  inputs: ${deep('[', ']')}\n`],
  ['a part that is no JSON', mlmodel('[{"name":')],
  ['columns that are no columns', mlmodel('["a", 3]')],
  ['a signature that is a list', 'signature: [1, 2]\n'],
  ['params that are no params', "signature:\n  inputs: '[]'\n  params: '{}'\n"],
]

test.each(unreadable)(
  'a version in place whose signature is %s fails the gate that keeps to it, and stops nobody',
  async (_what, text) => {
    const { seal, judge, call, get, transition, getCard } = await guarded(text)
    await seal('m', { MLmodel: mlmodel(columns(2)) })
    const started = performance.now()
    const verdict = await judge(2)
    expect(verdict.status).toBe('failed')
    expect(verdict.detail).toContain('the signature of version 1 cannot be read: ')
    // As a candidate too, and in an expression that asks for it.
    expect((await transition('m', '2', 'Staging')).status).toBe(403)
    for (const path of [
      '/api/v1/promotions',
      '/api/v1/promotions/1',
      '/api/v1/models/m/compare?versions=1,2',
      '/api/v1/models/m/versions/1',
    ]) {
      expect([path, (await call('GET', path)).status]).toEqual([path, 200])
    }
    expect((await get('model-versions/search?filter=')).status).toBe(200)
    const card = await getCard('m', 1)
    expect(card.status).toBe(200)
    expect(card.json.derived.problems).toHaveLength(1)
    expect(performance.now() - started).toBeLessThan(5000)
  },
)

test('an expression that asks for a signature which cannot be read fails; one that does not is judged', async () => {
  const expression = '!has(current.signature.inputs) || candidate.version > 1'
  const asking = await guarded('signature: [,', { type: 'expression', expression })
  await asking.seal('m', { MLmodel: mlmodel(columns(2)) })
  const verdict = await asking.judge(2)
  expect(verdict.status).toBe('failed')
  expect(verdict.detail).toContain('the signature of version 1 cannot be read')
  const other = await guarded('signature: [,', {
    type: 'expression',
    expression: 'candidate.version > 1',
  })
  await other.seal('m', { MLmodel: mlmodel(columns(2)) })
  expect((await other.judge(2)).status).toBe('passed')
})

test('a version whose blob is lost fails the gate on its files, and every list goes on', async () => {
  const { seal, judge, call, platform, transition } = await guarded(mlmodel(columns(2)), {
    type: 'integrity',
  })
  await seal('m', { MLmodel: mlmodel(columns(3)) })
  await call('PUT', '/api/v1/policies/q', {
    applies_to: { models: '*', stage: 'Staging' },
    gates: [{ name: 'schema', type: 'signature_compatible' }],
  })
  expect((await transition('m', '2', 'Staging')).status).toBe(403)
  for await (const { key } of platform.blobs.list('blobs/')) await platform.blobs.delete([key])
  const verdict = await judge(2)
  expect(verdict.status).toBe('failed')
  expect(verdict.detail).toContain('MLmodel missing')
  const list = await call('GET', '/api/v1/promotions')
  expect([list.status, list.json.items.length]).toEqual([200, 1])
  expect((await call('GET', '/api/v1/promotions/1')).json).toMatchObject({ can_merge: false })
})
