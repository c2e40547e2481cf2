import { beforeEach, describe, expect, test } from 'vitest'
import type { Json } from '../support/client.ts'
import { traceServer } from '../support/trace-server.ts'

let s: Awaited<ReturnType<typeof traceServer>>
const path = '/api/3.0/mlflow/scorers'
const judge = JSON.stringify({
  name: 'x',
  instructions_judge_pydantic_data: {
    model: 'openai:/gpt-4o',
    instructions: 'Is {{ outputs }} ok?',
  },
})

beforeEach(async () => {
  s = await traceServer()
})

const named = (name: string) => ({ experiment_id: s.experiment, name })
const register = (name: string, serialized_scorer = judge) =>
  s.call('POST', `${path}/register`, { ...named(name), serialized_scorer })
const remove = (name: string, version?: number) =>
  s.call('DELETE', `${path}/delete`, { ...named(name), version })
const get = (what: string, query: object) =>
  s.call('GET', `${path}/${what}?${new URLSearchParams({ ...query })}`)
const sample = (name: string, body: object) =>
  s.call('PUT', `${path}/online-config`, { ...named(name), ...body })

test('versions of a scorer count up, and begin anew once it is gone', async () => {
  const first = (await register('s1')).json
  expect(first).toMatchObject({ version: 1, experiment_id: s.experiment, name: 's1' })
  expect(first.scorer_id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  expect((await register('s1')).json).toMatchObject({ version: 2, scorer_id: first.scorer_id })
  await register('a0', '{"a": 1.0}')
  const listed: Json[] = (await get('list', { experiment_id: s.experiment })).json.scorers
  const brief = listed.map(({ scorer_name, scorer_version, serialized_scorer }) => [
    ...[scorer_name, scorer_version, serialized_scorer],
  ])
  expect(brief).toEqual([
    ['a0', 1, '{"a": 1.0}'],
    ['s1', 2, judge],
  ])
  expect(listed[0].experiment_id).toBe(Number(s.experiment))
  expect((await get('versions', named('s1'))).json.scorers).toHaveLength(2)
  expect((await get('get', named('s1'))).json.scorer.scorer_version).toBe(2)
  expect((await get('get', { ...named('s1'), version: 1 })).json.scorer.scorer_version).toBe(1)
  expect((await remove('s1', 1)).status).toBe(200)
  expect((await remove('s1')).status).toBe(200)
  expect((await get('list', {})).json.scorers).toHaveLength(1)
  const again = (await register('s1')).json
  expect(again.version).toBe(1)
  expect(again.scorer_id).not.toBe(first.scorer_id)
})

test('the audit log tells who registered, sampled and deleted which versions', async () => {
  await register('s1')
  await register('s1')
  await sample('s1', { sample_rate: 0 })
  await remove('s1')
  const { json } = await s.call('GET', '/api/v1/audit')
  const told = json.items.map(({ action, before, after }: Json) => [action, before, after])
  const which = { experiment: s.experiment, name: 's1' }
  const sampled = (sample_rate: unknown) => ({ ...which, sample_rate, filter: null })
  expect(told.toReversed()).toEqual([
    ['scorer.registered', undefined, { ...which, version: 1 }],
    ['scorer.registered', undefined, { ...which, version: 2 }],
    ['scorer.sampling_changed', sampled(null), sampled(0)],
    ['scorer.deleted', { ...which, versions: [1, 2] }, undefined],
  ])
})

test.each([
  ['no JSON', 's', 'nope', 400, 'serialized_scorer must be valid JSON'],
  ['a list', 's', '[1]', 400, 'serialized_scorer must be valid JSON'],
  ['a blank name', '  ', judge, 400, 'Scorer name cannot be empty or contain only whitespace.'],
  ['code', 's', '{"call_source": "return 1"}', 400, 'Custom scorer registration'],
  [
    'a model of a gateway',
    's',
    '{"instructions_judge_pydantic_data": {"model": "gateway:/ep"}}',
    404,
    "GatewayEndpoint not found (name='ep')",
  ],
  [
    'a model of a gateway under a memory',
    's',
    '{"memory_augmented_judge_data": {"base_judge": {"builtin_scorer_pydantic_data": {"model": "gateway:/ep"}}}}',
    404,
    "GatewayEndpoint not found (name='ep')",
  ],
  [
    'an empty model',
    's',
    '{"instructions_judge_pydantic_data": {"model": ""}}',
    400,
    'Scorer model cannot be empty',
  ],
  [
    'a blank model of a third party',
    's',
    '{"third_party_scorer_data": {"model": " \\t"}}',
    400,
    'Scorer model cannot be empty',
  ],
  [
    'a model that is no text',
    's',
    '{"builtin_scorer_pydantic_data": {"model": 4}}',
    400,
    'Scorer model must be a string.',
  ],
  ['too much', 's', JSON.stringify({ a: 'x'.repeat(500_000) }), 400, 'serialized_scorer'],
])('a scorer of %s is refused', async (...[, name, serialized, status, message]) => {
  const refused = await register(name, serialized)
  expect(refused.status).toBe(status)
  expect(refused.json.message).toContain(message)
  expect((await get('list', {})).json).toEqual({})
})

test('a scorer need not name a model', async () => {
  const without = ['{}', '{"model": null}', 'null', '[]', '"gateway:/ep"']
  for (const [i, part] of without.entries()) {
    const kept = await register(`s${i}`, `{"instructions_judge_pydantic_data": ${part}}`)
    expect(kept.status).toBe(200)
  }
})

test('all versions of a scorer are bounded in sum', async () => {
  const large = JSON.stringify({ a: 'x'.repeat(490_000) })
  for (let i = 0; i < 10; i++) expect((await register('s', large)).status).toBe(200)
  const refused = await register('s', large)
  expect(refused.status).toBe(400)
  expect(refused.json.message).toContain('5000000 bytes in sum')
  expect((await get('versions', named('s'))).json.scorers).toHaveLength(10)
})

test('those of one experiment are bounded, so that its list can always be read', async () => {
  const large = JSON.stringify({ a: 'x'.repeat(490_000) })
  for (let i = 0; i < 30; i++) expect((await register(`s${i}`, large)).status).toBe(200)
  const refused = await register('one-more', large)
  expect(refused.status).toBe(400)
  expect(refused.json.message).toContain('all scorers of an experiment 15000000')
  expect((await get('list', { experiment_id: s.experiment })).json.scorers).toHaveLength(30)
})

test('what is not there is told', async () => {
  await register('s1')
  const none = `Scorer with name 'zz' not found for experiment ${s.experiment}.`
  const version = `Scorer with name 's1' and version 9 not found for experiment ${s.experiment}.`
  for (const [answer, message] of [
    [await get('get', named('zz')), none],
    [await get('versions', named('zz')), none],
    [await remove('zz'), none],
    [await sample('zz', { sample_rate: 0 }), none],
    [await get('get', { ...named('s1'), version: 9 }), version],
    [await remove('s1', 9), version],
  ] as const) {
    expect(answer.status).toBe(404)
    expect(answer.json.message).toBe(message)
  }
  const elsewhere = { experiment_id: '999', name: 's', serialized_scorer: judge }
  expect((await s.call('POST', `${path}/register`, elsewhere)).status).toBe(404)
})

describe('how often a scorer scores by itself', () => {
  test('is never, with a filter or without', async () => {
    const { scorer_id } = (await register('s1')).json
    const none = await s.call('GET', `${path}/online-configs?scorer_ids=${scorer_id}`)
    expect(none.json).toEqual({ configs: [] })
    const config = { scorer_id, sample_rate: 0, experiment_id: s.experiment }
    const set = (await sample('s1', { sample_rate: 0 })).json.config
    expect(set).toEqual({
      ...config,
      online_scoring_config_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    const filter_string = "status = 'OK'"
    expect((await sample('s1', { sample_rate: 0, filter_string })).json.config).toEqual({
      ...set,
      filter_string,
    })
    const told = await s.call(
      'GET',
      `${path}/online-configs?scorer_ids=${scorer_id}&scorer_ids=none`,
    )
    expect(told.json).toEqual({ configs: [{ ...set, filter_string }] })
  })

  test.each([
    ['half', { sample_rate: 0.5 }, "Scorer 's1' does not use a gateway model."],
    ['twice', { sample_rate: 2 }, 'sample_rate must be between 0.0 and 1.0, got 2'],
    ['a text', { sample_rate: 'x' }, 'sample_rate'],
    ['nothing', {}, "Missing value for required parameter 'sample_rate'"],
    [
      'a broken filter',
      { sample_rate: 0, filter_string: "foo = '1'" },
      "Invalid attribute key 'foo'",
    ],
  ])('is not %s', async (_, body, message) => {
    await register('s1')
    const refused = await sample('s1', body)
    expect(refused.status).toBe(400)
    expect(refused.json.message).toContain(message)
    expect((await s.call('GET', `${path}/online-configs`)).status).toBe(400)
  })
})
