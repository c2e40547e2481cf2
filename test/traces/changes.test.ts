import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { runBackgroundWork } from '../../src/background.ts'
import { collectGarbage } from '../../src/registry/collect-garbage.ts'
import { Clock } from '../support/clock.ts'
import { traceId, traceServer } from '../support/trace-server.ts'

type Server = Awaited<ReturnType<typeof traceServer>>

async function tagged(s: Server, tag: object, trace = 1) {
  return s.patch(`traces/${traceId(trace)}/tags`, tag)
}

const tagsOf = async (s: Server) => (await s.get(traceId())).json.trace.trace_info.tags

test('a tag is set, overwritten, cut and deleted', async () => {
  const s = await traceServer()
  await s.info()
  await tagged(s, { key: 'a', value: '1' })
  await tagged(s, { key: 'a', value: 'x'.repeat(4097) })
  await tagged(s, { key: 'b' })
  expect(await tagsOf(s)).toMatchObject({ a: 'x'.repeat(4096), b: '' })
  const path = `traces/${traceId()}/tags`
  expect((await s.del(path, { key: 'a' })).status).toBe(200)
  expect((await s.del(path, { key: 'a' })).status).toBe(404)
  expect(await tagsOf(s)).not.toHaveProperty('a')
})

test.each([
  ['a key that no tag may have', { key: 'a!b', value: '1' }, 400],
  ['a key that is a path', { key: 'a/../b', value: '1' }, 400],
  ['the place of the spans', { key: 'mlflow.trace.spansLocation', value: 'x' }, 400],
  ['the place of the files', { key: 'mlflow.artifactLocation', value: 'x' }, 400],
  ['a name that is too long', { key: 'mlflow.traceName', value: 'n'.repeat(4097) }, 400],
  ['a number', { key: 'k', value: 5 }, 400],
])('a tag of %s is refused, whether the trace is there or not', async (_, tag, status) => {
  const s = await traceServer()
  expect((await tagged(s, tag)).status).toBe(status)
})

test('a trace that is not there has no tags', async () => {
  const s = await traceServer()
  expect((await tagged(s, { key: 'k', value: 'v' })).status).toBe(404)
  expect((await s.del(`traces/${traceId()}/tags`, { key: 'k' })).status).toBe(404)
})

test('all tags of a trace are bounded in sum', async () => {
  const s = await traceServer()
  const tags = Object.fromEntries(
    Array.from({ length: 130 }, (_, i) => [`k${i}`, 'x'.repeat(7900)]),
  )
  expect((await s.info({ tags })).status).toBe(400)
  expect((await s.get(traceId())).status).toBe(404)
})

test('traces are linked with runs and prompts, as often as it is said', async () => {
  const s = await traceServer()
  await s.info()
  const { run_id } = (await s.post('runs/create', { experiment_id: s.experiment })).json.run.info
  const link = { run_id, trace_ids: [traceId(), traceId(), 'tr-none'] }
  for (const _ of [1, 2]) expect((await s.post('traces/link-to-run', link)).status).toBe(200)
  const many = Array.from({ length: 101 }, (_, i) => `tr-${i}`)
  const refused = await s.post('traces/link-to-run', { run_id, trace_ids: many })
  expect(refused.json.message).toMatch(/^Cannot link more than 100 traces to a run/)
  const prompt_versions = [{ name: 'qa', version: '1' }]
  // None is no error; not to say which is one.
  expect((await s.post('traces/link-to-run', { run_id, trace_ids: [] })).status).toBe(200)
  const unsaid = await s.post('traces/link-to-run', { run_id })
  expect(unsaid.json.message).toContain("Missing value for required parameter 'trace_ids'")
  const unnamed = await s.post('traces/link-prompts', { trace_id: traceId() })
  expect(unnamed.json.message).toContain("Missing value for required parameter 'prompt_versions'")
  const linked = (trace_id: string) => s.post('traces/link-prompts', { trace_id, prompt_versions })
  expect((await linked(traceId())).status).toBe(200)
  expect((await linked('tr-none')).status).toBe(404)
  const rows = await s.platform.db.all(sql`select kind, target from trace_links order by 1, 2`)
  expect(rows).toHaveLength(3)
})

test('a link waits some days for its trace, and is for a run that is there', async () => {
  const clock = new Clock()
  const s = await traceServer({ now: clock.now })
  const run = (await s.post('runs/create', { experiment_id: s.experiment })).json.run.info.run_id
  const trace_ids = [traceId(1), traceId(2)]
  expect((await s.post('traces/link-to-run', { run_id: 'r', trace_ids })).status).toBe(404)
  await s.post('traces/link-to-run', { run_id: run, trace_ids })
  await s.info()
  const locations = [{ mlflow_experiment: { experiment_id: s.experiment } }]
  const found = async () =>
    (await s.post3('traces/search', { locations, filter: `run_id = '${run}'` })).json.traces
  expect(await found()).toHaveLength(1)
  const links = () => s.platform.db.all(sql`select trace_id, early_at_ms from trace_links`)
  expect(await links()).toHaveLength(2)
  clock.pass(8 * 24 * 3_600_000)
  await runBackgroundWork(s.platform)
  expect(await links()).toEqual([{ trace_id: traceId(1), early_at_ms: null }])
  await s.post('runs/delete', { run_id: run })
  clock.pass(1)
  await collectGarbage({ ...s.platform, dryRun: false, graceMs: 0 }, clock.ms)
  expect(await links()).toEqual([])
})

test('a deleted trace is gone with all that belongs to it, and late spans do not bring it back', async () => {
  const clock = new Clock()
  const s = await traceServer({ now: clock.now })
  await s.log([{ id: 1 }])
  await s.info({
    assessments: [
      { assessment_name: 'a', source: { source_type: 'HUMAN' }, feedback: { value: 1 } },
    ],
  })
  const file = `/api/2.0/mlflow-artifacts/artifacts/${s.experiment}/traces/${traceId()}/artifacts/attachments/x`
  await s.call('PUT', file, 'picture')
  await s.post('traces/link-to-run', { run_id: 'r', trace_ids: [traceId()] })
  const which = { experiment_id: s.experiment, request_ids: [traceId(), 'tr-none'] }
  expect((await s.post('traces/delete-traces', which)).json).toEqual({ traces_deleted: 1 })
  expect((await s.post3('traces/delete-traces', which)).json).toEqual({ traces_deleted: 0 })
  await s.log([{ id: 2 }])
  expect((await s.get(traceId())).status).toBe(404)
  expect((await s.call('GET', file)).status).toBe(404)
  clock.pass(8 * 24 * 3_600_000)
  await runBackgroundWork(s.platform)
  for (const table of ['trace_payloads', 'trace_span_kinds', 'assessments', 'deleted_traces']) {
    expect(await s.platform.db.all(sql`select 1 from ${sql.raw(table)}`), table).toEqual([])
  }
})

test('an info that is refused does not let the spans of a deleted trace back', async () => {
  const s = await traceServer()
  await s.log([{ id: 1 }])
  await s.post('traces/delete-traces', { experiment_id: s.experiment, request_ids: [traceId()] })
  const nowhere = { trace_location: { mlflow_experiment: { experiment_id: '99' } } }
  expect((await s.info(nowhere)).status).toBe(404)
  await s.log([{ id: 2 }])
  expect((await s.get(traceId())).status).toBe(404)
})

test('a purged experiment takes its traces along, however many there are', async () => {
  const s = await traceServer()
  const spans = Array.from({ length: 1200 }, (_, i) => ({ id: 1, trace: i + 1 }))
  await s.log(spans)
  await s.post('experiments/delete', { experiment_id: s.experiment })
  const collector = { ...s.platform, dryRun: true, graceMs: 0 }
  await collectGarbage(collector, Number.MAX_SAFE_INTEGER)
  const left = async () => (await s.platform.db.all(sql`select 1 from traces`)).length
  expect(await left()).toBe(1200)
  await collectGarbage({ ...collector, dryRun: false }, Number.MAX_SAFE_INTEGER)
  expect(await left()).toBe(0)
})

test('by time the oldest are deleted first, as many as are wanted', async () => {
  const s = await traceServer()
  for (const trace of [1, 2, 3]) {
    await s.info({ request_time: `2026-01-01T00:00:0${trace}Z` }, trace)
  }
  const upTo = async (max_timestamp_millis: number, more: object = {}) =>
    (
      await s.post('traces/delete-traces', {
        experiment_id: s.experiment,
        max_timestamp_millis,
        ...more,
      })
    ).json
  const second = Date.parse('2026-01-01T00:00:02Z')
  expect(await upTo(second, { max_traces: 1 })).toEqual({ traces_deleted: 1 })
  expect((await s.get(traceId(1))).status).toBe(404)
  expect(await upTo(second)).toEqual({ traces_deleted: 1 })
  expect((await s.get(traceId(3))).status).toBe(200)
})

test.each([
  ['nothing', {}],
  ['ids and a time', { request_ids: ['a'], max_timestamp_millis: 1 }],
  ['ids and a number', { request_ids: ['a'], max_traces: 1 }],
  ['a number of 0', { max_timestamp_millis: 1, max_traces: 0 }],
])('a delete of %s is refused', async (_, which) => {
  const s = await traceServer()
  const answer = await s.post('traces/delete-traces', { experiment_id: s.experiment, ...which })
  expect(answer.status).toBe(400)
})
