import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { rankMetrics } from '../../../src/tracking/ranking/rank-metrics.ts'
import { seedRuns } from '../../search/seed.ts'
import { Clock } from '../../support/clock.ts'
import { importedExperiment, importedRun } from '../../support/imported.ts'
import { testServer } from '../../support/server.ts'

const minute = 60_000
const day = 86_400_000

async function rankingServer() {
  const clock = new Clock()
  const s = await testServer({ now: clock.now })
  const { db } = s.platform
  return {
    ...s,
    ...{ clock, db },
    create: async (name: string): Promise<string> => {
      const body = { experiment_id: '0', run_name: name, start_time: clock.now() }
      return (await s.post('runs/create', body)).json.run.info.run_id
    },
    log: (run_id: string, key: string, value: number) =>
      s.post('runs/log-metric', { run_id, key, value, timestamp: clock.now() }),
    end: (run_id: string, status = 'FINISHED') =>
      s.post('runs/update', { run_id, status, end_time: clock.now() }),
    /** Names of the runs that are ranked. */
    ranked: async () => {
      const rows = await db.all(
        sql<{ name: string }>`select name from runs where unranked_at_ms is null order by id`,
      )
      return rows.map(({ name }) => name)
    },
    /** As often as the background would until it rests. */
    work: async () => {
      clock.pass(11 * minute)
      for (let time = 0; time < 5; time += 1) await rankMetrics(s.platform)
    },
  }
}

test('runs are ranked some minutes after they have ended, and those that nobody ends after a day', async () => {
  const s = await rankingServer()
  const [done, open] = [await s.create('done'), await s.create('open')]
  await s.create('empty')
  await s.log(done, 'loss', 1)
  await s.log(open, 'loss', 2)
  await s.end(done)
  await rankMetrics(s.platform)
  expect(await s.ranked()).toEqual([])
  await s.work()
  expect(await s.ranked()).toEqual(['done'])
  s.clock.pass(day)
  await s.log(open, 'loss', 3)
  await s.work()
  expect(await s.ranked()).toEqual(['done', 'empty'])
  s.clock.pass(day)
  await s.work()
  expect(await s.ranked()).toEqual(['done', 'open', 'empty'])
  const rows = await s.db.all(sql`select key, value from ranked_metrics order by value`)
  expect(rows).toEqual([
    { key: 'loss', value: 1 },
    { key: 'loss', value: 3 },
  ])
})

test('a point for a run that has ended unranks it for ten minutes, and a param or tag does not', async () => {
  const s = await rankingServer()
  const run = await s.create('done')
  await s.log(run, 'loss', 1)
  await s.end(run)
  await s.work()
  await s.post('runs/log-parameter', { run_id: run, key: 'lr', value: '1' })
  await s.post('runs/set-tag', { run_id: run, key: 'k', value: '1' })
  await s.post('runs/log-batch', { run_id: run, tags: [{ key: 'k', value: '2' }] })
  expect(await s.ranked()).toEqual(['done'])
  await s.log(run, 'loss', 2)
  expect(await s.ranked()).toEqual([])
  s.clock.pass(9 * minute)
  await s.db.all(sql`delete from metric_ranking`)
  await rankMetrics(s.platform)
  expect(await s.ranked()).toEqual([])
  await s.work()
  expect(await s.db.all(sql`select value from ranked_metrics`)).toEqual([{ value: 2 }])
})

test('runs of an earlier release are ranked in turns, each of which is short and goes on where the last one ended', async () => {
  const s = await rankingServer()
  const metrics = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`m${i}`, i]))
  const runs = Array.from({ length: 600 }, (_, i) => ({ name: `r${i}`, metrics }))
  await seedRuns(
    s.db,
    0,
    runs.map((run) => ({ ...run, status: 'FINISHED' })),
  )
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`m${i}`, i]))
  await seedRuns(s.db, 0, [{ name: 'large', metrics: many, status: 'FAILED' }])
  const counts: number[] = []
  for (let time = 0; time < 4; time += 1) {
    await rankMetrics(s.platform)
    counts.push((await s.ranked()).length)
  }
  // Five turns of 100 runs, whose 20 metrics each are 2,000; a run of more than 1,000 stays as it is.
  expect(counts).toEqual([500, 600, 600, 600])
  expect(await s.ranked()).not.toContain('large')
})

test('work that fails is tried again a minute later from where it was', async () => {
  const s = await rankingServer()
  const runs = Array.from({ length: 250 }, (_, i) => ({ name: `r${i}`, status: 'FINISHED' }))
  await seedRuns(s.db, 0, runs)
  let batches = 0
  const db = {
    ...s.db,
    all: s.db.all.bind(s.db),
    first: s.db.first.bind(s.db),
    batch: (queries: Parameters<typeof s.db.batch>[0]) => {
      batches += 1
      return batches === 2 ? Promise.reject(new Error('lost')) : s.db.batch(queries)
    },
  } as typeof s.db
  await expect(rankMetrics({ ...s.platform, db })).rejects.toThrow('lost')
  expect(await s.ranked()).toHaveLength(200)
  await rankMetrics(s.platform)
  expect(await s.ranked()).toHaveLength(200)
  s.clock.pass(2 * minute)
  await rankMetrics(s.platform)
  expect(await s.ranked()).toHaveLength(250)
})

test('what is logged after a run was looked at keeps it from being ranked', async () => {
  const s = await rankingServer()
  const [done, open] = [await s.create('done'), await s.create('open')]
  const [reopened, grown] = [await s.create('reopened'), await s.create('grown')]
  for (const run of [done, reopened, grown]) await s.end(run)
  s.clock.pass(2 * day)
  let meanwhile = async () => {
    await s.log(open, 'loss', 1)
    await s.end(reopened, 'RUNNING')
    await s.log(reopened, 'loss', 1)
    for (const half of [0, 1]) {
      const metrics = Array.from({ length: half ? 501 : 500 }, (_, i) => ({
        ...{ key: `m${half}-${i}`, value: i, step: 0, timestamp: s.clock.now() },
      }))
      const { status } = await s.post('runs/log-batch', { run_id: grown, metrics })
      expect(status).toBe(200)
    }
  }
  const db = {
    ...s.db,
    all: s.db.all.bind(s.db),
    first: s.db.first.bind(s.db),
    batch: async (queries: Parameters<typeof s.db.batch>[0]) => {
      await meanwhile()
      meanwhile = async () => undefined
      return s.db.batch(queries)
    },
  } as typeof s.db
  await rankMetrics({ ...s.platform, db })
  expect(await s.ranked()).toEqual(['done'])
  s.clock.pass(2 * day)
  await s.work()
  expect(await s.ranked()).toEqual(['done', 'open', 'reopened'])
  expect(await s.db.all(sql`select value from ranked_metrics`)).toEqual([
    { value: 1 },
    { value: 1 },
  ])
})

test('a ranked run that is imported again is once in the order, with what it has now', async () => {
  const s = await rankingServer()
  const [source, imports] = ['http://mlflow.example', '/api/v1/imports']
  const experiments = { source, items: [importedExperiment('7')] }
  await s.call('POST', `${imports}/experiments`, experiments)
  await s.call('POST', `${imports}/runs`, { source, items: [importedRun('a', '7')] })
  await s.work()
  expect(await s.ranked()).toEqual(['big-fox-1'])
  const more = {
    start_time: 1_700_000_001_000,
    points: [['loss', 0.25, 1_700_000_002_300, 2]],
    mark: 'more',
  }
  const again = { source, items: [importedRun('a', '7', more)] }
  expect((await s.call('POST', `${imports}/runs`, again)).status).toBe(200)
  expect(await s.ranked()).toEqual([])
  expect(await s.db.all(sql`select 1 from ranked_metrics`)).toEqual([])
  await s.work()
  const rows = await s.db.all(
    sql`select value, start_time_ms from ranked_metrics where key = 'loss'`,
  )
  expect(rows).toEqual([{ value: 0.25, start_time_ms: 1_700_000_001_000 }])
})
