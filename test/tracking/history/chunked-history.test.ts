import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readMetricSeries } from '../../../src/tracking/run-data/metric-series.ts'
import { contextOf } from '../../support/accounts.ts'
import { metrics, type Point, points } from '../points.ts'
import { startedRun } from '../started-run.ts'
import { batches, reads, twins } from '../twins.ts'

test('whatever is logged, and however often, reads as if each point were a row', async () => {
  const { create, logTo, text, latestIn, pagesOf, series } = await twins()
  const all = fc.record({ batches, again: fc.boolean(), size: fc.integer({ min: 5, max: 40 }) })
  await fc.assert(
    fc.asyncProperty(all, async ({ batches, again, size }) => {
      const [run, twin] = [await create(), await create()]
      for (const batch of batches) {
        await logTo.run(run, batch)
        if (again) await logTo.run(run, batch.toReversed())
        await logTo.twin(twin, batch)
      }
      for (const path of reads) expect(await text(path, run)).toBe(await text(path, twin))
      expect(await latestIn(run)).toBe(await latestIn(twin))
      expect(await pagesOf(run, size)).toEqual(await pagesOf(twin, size))
      for (const x of ['step', 'time'] as const) {
        const [[one], [other]] = [await series(run, x), await series(twin, x)]
        expect(one?.points).toBe(other?.points)
      }
    }),
    { numRuns: 8 },
  )
})

test('what is logged before and after, alone, in other batches, and between, reads as one history', async () => {
  const { log, history, pagesOf, runId } = await twins()
  const even = Array.from({ length: 3000 }, (_, i): Point => [2 * i, 2 * i, i])
  const odd = Array.from({ length: 3000 }, (_, i): Point => [2 * i + 1, 2 * i + 1, -i - 1])
  for (let at = 0; at < 3000; at += 100) {
    await log('log-batch', { metrics: metrics('m', even.slice(at, at + 100)) })
  }
  for (let at = 2900; at >= 0; at -= 100) {
    await log('log-batch', { metrics: metrics('m', odd.slice(at, at + 100)) })
  }
  for (const [step, timestamp, value] of even.slice(0, 20)) {
    await log('log-metric', { key: 'm', step, timestamp, value })
  }
  const whole = [...even, ...odd].sort(([, a], [, b]) => a - b)
  expect(points(await history('m'))).toEqual(whole)
  const pages = (await pagesOf(runId, 911)).flatMap((page) => JSON.parse(page))
  expect(points({ metrics: pages })).toEqual(whole)
})

test('points of one moment and step are all read, though their batches begin alike', async () => {
  const { log, history } = await startedRun()
  const values = Array.from({ length: 2500 }, (_, i) => i)
  for (let at = 0; at < 2500; at += 500) {
    const batch = values.slice(at, at + 500).map((value): Point => [0, 5, value])
    await log('log-batch', { metrics: metrics('m', batch) })
  }
  expect(points(await history('m')).map(([, , value]) => value)).toEqual(values)
})

test('a batch that is sent again is not kept again', async () => {
  const { platform, log } = await startedRun()
  const batch = metrics(
    'm',
    Array.from({ length: 50 }, (_, i): Point => [i, i, i]),
  )
  for (let time = 0; time < 3; time += 1) await log('log-batch', { metrics: batch })
  const rows = await platform.db.all(sql`select id from metric_chunks`)
  expect(rows).toHaveLength(1)
})

test('batches of a deleted run are refused, and leave nothing', async () => {
  const { platform, post, runId, log } = await startedRun()
  await post('runs/delete', { run_id: runId })
  const batch = metrics(
    'm',
    Array.from({ length: 50 }, (_, i): Point => [i, i, i]),
  )
  expect((await log('log-batch', { metrics: batch })).status).toBe(400)
  expect(await platform.db.all(sql`select 1 from metric_chunks`)).toEqual([])
})

test('a history that is damaged is an error and not a shorter history', async () => {
  const { platform, log, get, runId } = await startedRun()
  const batch = metrics(
    'm',
    Array.from({ length: 50 }, (_, i): Point => [i, i, i]),
  )
  await log('log-batch', { metrics: batch })
  await platform.db.all(sql`update metric_chunks set body = substr(body, 1, length(body) - 8)`)
  const { status, json } = await get(`metrics/get-history?run_id=${runId}&metric_key=m`)
  expect([status, json.error_code]).toEqual([410, 'DATA_LOSS'])
  expect(json.message).toContain("the metric 'm' are damaged")
})

test('a chart of batches has every spike, NaN and infinity', async () => {
  const { platform, runId, log } = await startedRun()
  const value = (i: number) =>
    i === 3333 ? 99 : i % 500 === 7 ? 'NaN' : i % 500 === 8 ? 'Infinity' : i % 7
  for (let at = 0; at < 5000; at += 1000) {
    const batch = Array.from(
      { length: 1000 },
      (_, i): Point => [at + i, (at + i) * 1000, value(at + i)],
    )
    await log('log-batch', { metrics: metrics('loss', batch) })
  }
  for (const x of ['step', 'time'] as const) {
    const [series] = await readMetricSeries(contextOf(platform), {
      ...{ runIds: [runId], keys: ['loss', 'none'], x, bucketsMax: 100 },
    })
    const buckets = series?.buckets ?? []
    expect(series?.points).toBe(5000)
    expect(buckets.length).toBeLessThanOrEqual(100)
    expect(buckets.length).toBeGreaterThan(90)
    expect(buckets.reduce((sum, { nans }) => sum + nans, 0)).toBe(10)
    expect(buckets.reduce((sum, { infinities }) => sum + infinities, 0)).toBe(10)
    expect(Math.max(...buckets.map(({ values }) => values?.max ?? 0))).toBe(99)
  }
  const [part] = await readMetricSeries(contextOf(platform), {
    ...{
      runIds: [runId],
      keys: ['loss'],
      x: 'step',
      bucketsMax: 100,
      range: { from: 100, to: 149 },
    },
  })
  expect([part?.points, part?.buckets.length, part?.buckets[0]?.x]).toEqual([50, 50, 100])
})

test.each([
  ['go along with its times', (i: number) => i * 2],
  ['do not', (i: number) => (i * 7919) % 40_001],
])('a history too long to be held is sampled by rank where its steps %s', async (_, stepOf) => {
  const { log, get, runId } = await startedRun()
  const all = Array.from({ length: 40_001 }, (_one, i): Point => [stepOf(i), i, i % 10])
  for (let at = 0; at < all.length; at += 1000) {
    await log('log-batch', { metrics: metrics('m', all.slice(at, at + 1000)) })
  }
  const sampled = async (query: string) => {
    const path = `metrics/get-history-bulk-interval?run_ids=${runId}&metric_key=m&max_results=7${query}`
    const { json } = await get(path)
    return json.metrics.map(({ step }: { step: string }) => Number(step))
  }
  const bySteps = (low: number, high: number) => {
    const steps = all.map(([step]) => Number(step)).filter((step) => step >= low && step <= high)
    const sorted = steps.sort((a, b) => a - b)
    const [small, larger] = [Math.floor(sorted.length / 7), sorted.length % 7]
    return Array.from({ length: 7 }, (_one, group) =>
      group === 6 ? sorted.at(-1) : sorted[group * small + Math.min(group, larger)],
    )
  }
  expect(await sampled('')).toEqual(bySteps(0, 100_000))
  expect(await sampled('&start_step=500&end_step=39000')).toEqual(bySteps(500, 39_000))
})
