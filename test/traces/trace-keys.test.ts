import { expect, test } from 'vitest'
import { traceServer } from '../support/trace-server.ts'

/** Traces of one experiment, as people tag and judge them; the first has spans. */
async function world() {
  const s = await traceServer()
  const at = (seconds: number) => `2026-01-01T00:00:0${seconds}Z`
  const said = (name: string, value: unknown) => ({
    ...{ assessment_name: name, source: { source_type: 'HUMAN', source_id: 'ann' } },
    feedback: { value },
  })
  const tagged = [
    {
      tags: { team: 'risk', 'we ird': 'x' },
      assessments: [said('right', true), said('why', 'so')],
    },
    { tags: { team: 'risk' }, state: 'ERROR', assessments: [said('right', false)] },
    { tags: { team: 'growth', Tea: 'Earl' }, assessments: [said('score', 4), said('all', ['a'])] },
  ]
  for (const [i, one] of tagged.entries()) {
    const trace_metadata = { user: `u${i % 2}` }
    await s.info({ ...one, trace_metadata, request_time: at(i) }, i + 1)
  }
  await s.log([
    { id: 1, name: 'answer', type: 'CHAIN' },
    { id: 2, parent: 1, name: 'llm', type: 'LLM' },
  ])
  const ask = async (path: string, experiment = s.experiment) =>
    (await s.call('GET', `/api/v1/experiments/${experiment}/traces/${path}`)).json
  const keys = async (query: string, experiment?: string) =>
    (await ask(`keys?${query}`, experiment)).items.map((one: { key: string; traces: number }) => [
      ...[one.key, one.traces],
    ])
  const values = async (key: string, rest = '') =>
    (await ask(`values?key=${encodeURIComponent(key)}${rest}`)).items.map(
      (one: { value: string; traces: number }) => [one.value, one.traces],
    )
  return { ...s, ask, keys, values }
}

test('names are counted by trace, those of most traces first', async () => {
  const { keys, ask } = await world()
  expect((await keys('kind=tag&contains=TEA')).sort()).toEqual([
    ['Tea', 1],
    ['team', 3],
  ])
  expect((await keys('kind=tag&max_results=1'))[0]).toEqual(['team', 3])
  expect(await keys('kind=tag&prefix=we')).toEqual([['we ird', 1]])
  expect(await keys('kind=metadata&contains=user')).toEqual([['user', 3]])
  expect(await keys('kind=feedback')).toEqual([
    ['right', 2],
    ['all', 1],
    ['score', 1],
    ['why', 1],
  ])
  expect(await keys('kind=expectation')).toEqual([])
  expect(await keys('kind=tag', '0')).toEqual([])
  expect((await ask('keys?kind=spans')).error_code).toBe('INVALID_PARAMETER_VALUE')
})

test('values are texts as a filter takes them, and of spans those of their dictionary', async () => {
  const { values, ask } = await world()
  expect(await values('tags.team')).toEqual([
    ['risk', 2],
    ['growth', 1],
  ])
  expect(await values('tag.team', '&prefix=g')).toEqual([['growth', 1]])
  expect(await values('status')).toEqual([
    ['OK', 2],
    ['ERROR', 1],
  ])
  expect(await values('feedback.right')).toEqual([
    ['false', 1],
    ['true', 1],
  ])
  expect(await values('feedback.why')).toEqual([['so', 1]])
  expect([await values('feedback.score'), await values('feedback.all')]).toEqual([[], []])
  expect((await values('span.type')).sort()).toEqual([
    ['CHAIN', 1],
    ['LLM', 1],
  ])
  expect(await values('span.attributes.model')).toEqual([])
  for (const wrong of ['execution_time', 'nothing', 'tags.', "a' or 1=1"]) {
    const { error_code } = await ask(`values?key=${encodeURIComponent(wrong)}`)
    expect([wrong, error_code]).toEqual([wrong, 'INVALID_PARAMETER_VALUE'])
  }
})

test('what is offered as a value is found by the filter that it makes', async () => {
  const { values, post3, experiment } = await world()
  for (const key of ['tags.team', 'status', 'feedback.right', 'feedback.why', 'span.type']) {
    for (const [value, traces] of await values(key)) {
      const { json } = await post3('traces/search', {
        locations: [
          { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } },
        ],
        filter: `${key} = '${value}'`,
      })
      expect([key, value, json.traces.length]).toEqual([key, value, traces])
    }
  }
})

test('names of attributes come from the spans of the newest traces, as far as one request reads', async () => {
  const { log, info, ask, keys, experiment } = await world()
  const key = 'llm.tokens <b>`'
  const span = (trace: number, attributes: Record<string, unknown>) => ({
    ...{ id: 1, trace, name: 'answer', startMs: Date.parse('2026-01-02') + trace, attributes },
  })
  await log([span(1, { key: 'a', [key]: 7 }), span(2, { key: 'b', Kind: 'x' })])
  expect(await keys('kind=span_attribute&contains=K')).toEqual(
    expect.arrayContaining([
      ['key', 2],
      ['Kind', 1],
      [key, 1],
    ]),
  )
  expect(await keys('kind=span_attribute&prefix=k')).toEqual([['key', 2]])
  expect(await keys('kind=span_attribute&prefix=key&max_results=1', '0')).toEqual([])
  expect(await ask('keys?kind=span_attribute')).toMatchObject({ traces_max: 3, is_part: false })
  // What does not get small when it is packed is more than is read.
  const noise = Array.from({ length: 40_000 }, (_, i) => Math.sin(i).toString(36)).join('')
  await log([span(4, { large: noise })])
  await info({ request_time: '2026-01-03T00:00:00Z' }, 4)
  const beside = await ask('keys?kind=span_attribute', experiment)
  expect(beside).toMatchObject({ traces_max: 3, is_part: true })
  expect(beside.items.map((one: { key: string }) => one.key)).not.toContain('large')
  for (let trace = 5; trace < 60; trace++) {
    await log([span(trace, { late: trace })])
    await info({ request_time: `2026-01-04T00:00:${trace}Z` }, trace)
  }
  const newest = await ask('keys?kind=span_attribute&prefix=late')
  expect(newest).toMatchObject({
    items: [{ key: 'late', traces: 50 }],
    traces_max: 50,
    is_part: true,
  })
  expect(await keys('kind=span_attribute&prefix=key')).toEqual([])
})

test('names of attributes are short, and little that becomes much is read for them', async () => {
  const { log, info, ask } = await world()
  const span = (trace: number, attributes: Record<string, unknown>) => ({
    ...{ id: 1, trace, name: 'answer', startMs: Date.parse('2026-01-02') + trace, attributes },
  })
  await log([span(1, { ['n'.repeat(501)]: 1, ['m'.repeat(500)]: 1, '': 1 })])
  const { items } = await ask('keys?kind=span_attribute')
  expect(items.map((one: { key: string }) => one.key.length).sort()).not.toContain(501)
  expect(items.map((one: { key: string }) => one.key)).toContain('m'.repeat(500))
  expect(items.map((one: { key: string }) => one.key)).not.toContain('')
  for (let trace = 2; trace < 8; trace++) {
    await log([span(trace, { big: 'x'.repeat(3_000_000) })])
    await info({ request_time: `2026-02-04T00:00:0${trace}Z` }, trace)
  }
  const few = await ask('keys?kind=span_attribute')
  expect(few).toMatchObject({ traces_max: 2, is_part: true })
  expect(few.items).toContainEqual({ key: 'big', traces: 2 })
})
