import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { runHourlyWork } from '../../src/background.ts'
import { traceKeeping } from '../../src/registry/versions/deletable.ts'
import { sweepRetention } from '../../src/traces/retention/sweep-retention.ts'
import { Clock } from '../support/clock.ts'
import { traceId, traceServer } from '../support/trace-server.ts'

const dayMs = 86_400_000

async function keptTraces() {
  const clock = new Clock()
  const s = await traceServer({ now: clock.now })
  const path = `/api/v1/experiments/${s.experiment}/trace-retention`
  const set = (body: object) => s.call('PUT', path, body)
  const began = (days: number) => new Date(clock.ms - days * dayMs).toISOString()
  const left = async () => {
    const rows = await s.platform.db.all(
      sql<{ trace_id: string }>`select trace_id from traces order by trace_id`,
    )
    return rows.map(({ trace_id }) => Number.parseInt(trace_id.slice(3), 16))
  }
  return { ...s, clock, path, set, began, left }
}

const feedback = {
  assessment_name: 'good',
  source: { source_type: 'HUMAN' },
  feedback: { value: true },
}

test('traces of more than so many days go, but for those with an assessment', async () => {
  const s = await keptTraces()
  await s.info({ request_time: s.began(40) }, 1)
  await s.info({ request_time: s.began(40), assessments: [feedback] }, 2)
  await s.info({ request_time: s.began(20) }, 3)
  await runHourlyWork(s.platform)
  expect(await s.left()).toEqual([1, 2, 3])
  expect((await s.set({ revision: 0, days_max: 30 })).status).toBe(200)
  await runHourlyWork(s.platform)
  expect(await s.left()).toEqual([2, 3])
  s.clock.pass(11 * dayMs)
  await runHourlyWork(s.platform)
  expect(await s.left()).toEqual([2])
  await s.set({ revision: 1, days_max: 30, keep_assessed: false })
  await runHourlyWork(s.platform)
  expect(await s.left()).toEqual([])
})

test('feedback on a session as a whole keeps all of its traces, and those of no other', async () => {
  const s = await keptTraces()
  const request_time = s.began(40)
  const within = (session: string) => ({
    request_time,
    trace_metadata: { 'mlflow.trace.session': session },
  })
  const onSession = { ...feedback, metadata: { 'mlflow.trace.session': 's-1' } }
  await s.info({ ...within('s-1'), assessments: [onSession] }, 1)
  await s.info(within('s-1'), 2)
  await s.info(within('s-2'), 3)
  await s.info({ ...within('s-2'), assessments: [feedback] }, 4)
  await s.info({ request_time }, 5)
  await s.set({ revision: 0, days_max: 30 })
  await runHourlyWork(s.platform)
  expect(await s.left()).toEqual([1, 2, 4])
})

test('the newest so many traces stay, however many more there are', async () => {
  const s = await keptTraces()
  await s.log(Array.from({ length: 1203 }, (_, i) => ({ id: 1, trace: i + 1, startMs: 1000 + i })))
  await s.set({ revision: 0, traces_max: 2 })
  await runHourlyWork(s.platform)
  expect(await s.left()).toEqual([1202, 1203])
})

test('traces of a version stay, and those of a version under a hold whatever is set', async () => {
  const s = await keptTraces()
  const made = await s.post('runs/create', { experiment_id: s.experiment })
  const run_id = made.json.run.info.run_id
  await s.post('registered-models/create', { name: 'm' })
  const version = { name: 'm', source: `runs:/${run_id}/m`, run_id }
  expect((await s.post('model-versions/create', version)).status).toBe(200)
  const request_time = s.began(40)
  await s.info({ request_time }, 1)
  await s.info({ request_time, trace_metadata: { 'mlflow.sourceRun': run_id } }, 2)
  await s.info({ request_time }, 3)
  await s.post('traces/link-to-run', { run_id, trace_ids: [traceId(3)] })
  await s.set({ revision: 0, days_max: 30 })
  await runHourlyWork(s.platform)
  expect(await s.left()).toEqual([2, 3])
  const hold = '/api/v1/models/m/versions/1/hold'
  expect((await s.call('PUT', hold, { reason: 'a lawsuit' })).status).toBe(200)
  await s.set({ revision: 1, days_max: 30, keep_of_versions: false })
  await runHourlyWork(s.platform)
  expect(await s.left()).toEqual([2, 3])
  await s.platform.db.all(sql`delete from version_holds`)
  await runHourlyWork(s.platform)
  expect(await s.left()).toEqual([])
})

test('what is said of a trace at the moment of its deletion keeps it, with its files', async () => {
  const s = await keptTraces()
  await s.info({ request_time: s.began(40) }, 1)
  const file = `/api/2.0/mlflow-artifacts/artifacts/${s.experiment}/traces/${traceId()}/artifacts/x`
  await s.call('PUT', file, 'picture')
  await s.set({ revision: 0, days_max: 30 })
  const { db } = s.platform
  let isSaid = false
  const late: typeof db = {
    ...db,
    all: db.all.bind(db),
    first: db.first.bind(db),
    batch: async (statements) => {
      if (!isSaid) {
        isSaid = true
        await s.post3(`traces/${traceId()}/assessments`, { assessment: feedback })
      }
      return db.batch(statements)
    },
  }
  await sweepRetention({ ...s.platform, db: late }, traceKeeping)
  expect(isSaid).toBe(true)
  expect(await s.left()).toEqual([1])
  expect((await s.call('GET', file)).status).toBe(200)
})

test('of two who read the same revision one sets it; a wrong bound and no experiment are told', async () => {
  const s = await keptTraces()
  expect((await s.call('GET', s.path)).json).toEqual({
    revision: 0,
    days_max: null,
    traces_max: null,
    keep_assessed: true,
    keep_of_versions: true,
  })
  const both = [1, 2].map((days_max) => s.set({ revision: 0, days_max }))
  const answers = await Promise.all(both)
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  const { json } = await s.call('GET', s.path)
  expect(json.revision).toBe(1)
  const entries = await s.call('GET', '/api/v1/audit?action=trace_retention.changed')
  expect(entries.json.items).toHaveLength(1)
  expect(entries.json.items[0].after).toMatchObject({
    experiment: s.experiment,
    days_max: json.days_max,
    keep_assessed: true,
  })
  expect((await s.set({ revision: 1, days_max: 0 })).status).toBe(400)
  const nowhere = '/api/v1/experiments/99/trace-retention'
  expect((await s.call('PUT', nowhere, { revision: 0, days_max: 1 })).status).toBe(404)
  await s.post('experiments/delete', { experiment_id: s.experiment })
  expect((await s.set({ revision: 1, days_max: 9 })).status).toBe(400)
})

test('an experiment whose sweep fails waits behind the others for its next turn', async () => {
  const s = await keptTraces()
  await s.info({ request_time: s.began(40) }, 1)
  await s.set({ revision: 0, days_max: 30 })
  const failing = {
    ...traceKeeping,
    isOfVersion: () => {
      throw new Error('no rule')
    },
  }
  await expect(sweepRetention(s.platform, failing)).rejects.toThrow(AggregateError)
  const turns = await s.platform.db.all(sql`select swept_at_ms from trace_retention`)
  expect(turns).toEqual([{ swept_at_ms: s.clock.ms }])
  await runHourlyWork(s.platform)
  expect(await s.left()).toEqual([])
})
