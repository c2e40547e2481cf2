import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { fillExtremes } from '../../../src/tracking/extremes/fill-extremes.ts'
import { foldMetrics } from '../../../src/tracking/folding/fold-metrics.ts'
import { Clock } from '../../support/clock.ts'
import { importedExperiment, importedRun } from '../../support/imported.ts'
import { metrics, type Point } from '../points.ts'
import { type AnyPoint, batches, twins } from '../twins.ts'

type Row = { run_id: string; key: string; least: number | null; greatest: number | null }

/** Runs, what is kept of their metrics, and a way back to what an older release left. */
async function extremesServer() {
  const clock = new Clock()
  const s = await twins({ now: clock.now })
  const { db } = s.platform
  const rows = () =>
    db.all(sql<Row>`select r.run_id, l.key, l.least, l.greatest from latest_metrics l
      join runs r on r.id = l.run order by l.run, l.key`)
  return {
    ...s,
    clock,
    rows,
    /** Least and greatest of a metric. */
    of: async (key = 'm', runId = s.runId) => {
      const row = (await rows()).find((one) => one.run_id === runId && one.key === key)
      return row && [row.least, row.greatest]
    },
    /** As a database is after its upgrade: what was logged has no extremes. */
    forget: () =>
      db.batch({
        extremes: sql`update latest_metrics set least = null, greatest = null`,
        place: sql`insert or replace into metric_extremes (id, run, key)
          select 1, max(run) + 1, '' from latest_metrics`,
      }),
    isFilled: async () => (await db.all(sql`select 1 from metric_extremes`)).length === 0,
    fillAll: async () => {
      for (let time = 0; time < 50; time += 1) await fillExtremes(s.platform)
    },
    fold: async (run_id: string) => {
      await s.post('runs/update', { run_id, status: 'FINISHED', end_time: clock.now() })
      clock.pass(2 * 3_600_000)
      for (let time = 0; time < 10; time += 1) await foldMetrics(s.platform)
    },
  }
}

const largest = Number.MAX_VALUE

function extremesOf(points: readonly AnyPoint[]): (number | null)[] {
  const words: Record<string, number> = { Infinity: largest, '-Infinity': -largest }
  const values = points
    .map(([, , value]) => words[value] ?? Number(value))
    .filter((value) => !Number.isNaN(value))
  return values.length === 0 ? [null, null] : [Math.min(...values) + 0, Math.max(...values) + 0]
}

test('the least and the greatest value are those of all points, in whatever order they come', async () => {
  const s = await extremesServer()
  const order: Point[] = [
    [5, 1, 0.5],
    [2, 2, 0.1],
    [9, 3, 0.3],
    [1, 4, 0.9],
    [9, 3, 0.3],
  ]
  for (const point of metrics('m', order)) await s.log('log-metric', point)
  expect(await s.of()).toEqual([0.1, 0.9])
  expect(await s.latestIn(s.runId), 'the latest is another').toContain('"value":0.3')
  await s.log('log-batch', { metrics: [...metrics('a', order), ...metrics('b', [[0, 0, 7]])] })
  expect([await s.of('a'), await s.of('b')]).toEqual([
    [0.1, 0.9],
    [7, 7],
  ])
})

test('NaN is neither, and a metric of nothing else has none until a number comes', async () => {
  const s = await extremesServer()
  await s.log('log-metric', { key: 'm', value: 'NaN', timestamp: 1, step: 1 })
  expect(await s.of()).toEqual([null, null])
  await s.log('log-metric', { key: 'm', value: -2, timestamp: 0, step: 0 })
  expect(await s.of()).toEqual([-2, -2])
  await s.log('log-metric', { key: 'm', value: 'NaN', timestamp: 3, step: 3 })
  expect(await s.of()).toEqual([-2, -2])
  await s.log('log-metric', { key: 'm', value: 'Infinity', timestamp: 4, step: 4 })
  expect(await s.of()).toEqual([-2, largest])
})

test('writers at once leave the extremes of all', async () => {
  const s = await extremesServer()
  await Promise.all(
    Array.from({ length: 16 }, (_, i) =>
      s.log('log-metric', { key: 'm', value: (i * 7) % 16, timestamp: i, step: i }),
    ),
  )
  expect(await s.of()).toEqual([0, 15])
})

test('points of a logged model count for its run, deleted runs keep theirs, and refused points count for none', async () => {
  const s = await extremesServer()
  const made = await s.post('logged-models', { experiment_id: '0' })
  const { model_id } = made.json.model.info
  const point = { key: 'm', timestamp: 1, step: 1 }
  await s.log('log-metric', { ...point, value: 3, model_id })
  expect(await s.of()).toEqual([3, 3])
  expect((await s.log('log-metric', { ...point, value: 9, model_id: 'm-none' })).status).toBe(400)
  await s.post('runs/delete', { run_id: s.runId })
  expect((await s.log('log-metric', { ...point, value: 9 })).status).toBe(400)
  expect(await s.of()).toEqual([3, 3])
})

test('points of an import widen what is there', async () => {
  const s = await extremesServer()
  const send = (what: string, item: object) =>
    s.call('POST', `/api/v1/imports/${what}`, {
      source: 'http://mlflow.example',
      items: [item],
    })
  const sendRun = async (mark: string, values: readonly (number | string)[]) => {
    const points = values.map((value, i) => ['m', value, 1_700_000_000_000 + i, i])
    const { json } = await send('runs', importedRun('a', '41', { points, mark }))
    expect(['added', 'updated'], JSON.stringify(json)).toContain(json.items?.[0]?.state)
    return s.of('m', 'a'.repeat(32))
  }
  await send('experiments', importedExperiment('41'))
  expect(await sendRun('one', [2, 5, 'NaN'])).toEqual([2, 5])
  expect(await sendRun('two', [2, 5, 'NaN', 1, 7, 4])).toEqual([1, 7])
})

test('the job reads whatever an older release logged, in rows, chunks and packs, while more is logged', async () => {
  const s = await extremesServer()
  await fc.assert(
    fc.asyncProperty(batches, fc.boolean(), async (logged, isFolded) => {
      const runId = await s.create()
      const half = Math.ceil(logged.length / 2)
      for (const batch of logged.slice(0, half)) await s.logTo.run(runId, batch)
      if (isFolded) await s.fold(runId)
      await s.forget()
      for (const batch of logged.slice(half, half + 1)) await s.logTo.run(runId, batch)
      await Promise.all([fillExtremes(s.platform), fillExtremes(s.platform)])
      for (const batch of logged.slice(half + 1)) await s.logTo.run(runId, batch)
      await s.fillAll()
      expect(await s.of('m', runId)).toEqual(extremesOf(logged.flat()))
    }),
    { numRuns: 10 },
  )
  expect(await s.isFilled()).toBe(true)
  expect(
    await s.platform.db.all(sql`select 1 from folded_metrics`),
    'some were in packs',
  ).not.toEqual([])
})

test('the job goes on where it stopped, the newest runs first', async () => {
  const s = await extremesServer()
  const newer = await s.create()
  const names = Array.from({ length: 150 }, (_, i) => `m${i}`)
  const batch = names.map((key, i) => ({ key, step: 1, timestamp: 1, value: i }))
  for (const run_id of [s.runId, newer]) await s.post('runs/log-batch', { run_id, metrics: batch })
  await s.forget()
  const filled = async (runId: string) =>
    (await s.rows()).filter(({ run_id, least }) => run_id === runId && least !== null).length
  await fillExtremes(s.platform)
  expect([await filled(newer), await filled(s.runId)]).toEqual([150, 50])
  await fillExtremes(s.platform)
  expect(await filled(s.runId)).toBe(150)
  await fillExtremes(s.platform)
  expect(await s.isFilled()).toBe(true)
})

test('points that are damaged keep no other metric from its extremes', async () => {
  const s = await extremesServer()
  const line = Array.from({ length: 20 }, (_, i): Point => [i, i, i])
  await s.log('log-batch', { metrics: [...metrics('bad', line), ...metrics('good', line)] })
  await s.forget()
  await s.platform.db.all(sql`update metric_chunks set body = 'BAAA' where key = 'bad'`)
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  await s.fillAll()
  expect(log.mock.calls.join()).toContain('extremes not read')
  log.mockRestore()
  expect([await s.of('good'), await s.of('bad')]).toEqual([
    [0, 19],
    [null, null],
  ])
  const { status, json } = await s.get(`metrics/get-history?run_id=${s.runId}&metric_key=bad`)
  expect([status, json.error_code]).toEqual([410, 'DATA_LOSS'])
})
