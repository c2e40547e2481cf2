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
  expect((await ask('keys?kind=span')).error_code).toBe('INVALID_PARAMETER_VALUE')
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
