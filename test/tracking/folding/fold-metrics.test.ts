import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Batch, Database } from '../../../src/db/database.ts'
import type { Platform } from '../../../src/platform/context.ts'
import type { BlobStore } from '../../../src/platform/ports.ts'
import { collectAtHour, collectGarbage } from '../../../src/registry/collect-garbage.ts'
import { foldMetrics } from '../../../src/tracking/folding/fold-metrics.ts'
import { readPointsOf } from '../../../src/tracking/history/read-points.ts'
import { readMetricSeries } from '../../../src/tracking/run-data/metric-series.ts'
import { collected } from '../../platform/blob-store-suite.ts'
import { contextOf } from '../../support/accounts.ts'
import { Clock } from '../../support/clock.ts'
import { metrics, type Point, points } from '../points.ts'
import { batches, reads, twins } from '../twins.ts'

const hour = 3_600_000

async function foldingServer(overrides: Partial<Platform> = {}) {
  const clock = new Clock()
  const s = await twins({ now: clock.now, ...overrides })
  const { db, blobs } = s.platform
  const count = async (table: string) => (await db.all(sql`select 1 from ${sql.raw(table)}`)).length
  /** As often as the background would until it rests. */
  const fold = async (platform = s.platform) => {
    clock.pass(2 * hour)
    for (let time = 0; time < 20; time += 1) await foldMetrics(platform)
  }
  const end = (run_id: string, status = 'FINISHED') =>
    s.post('runs/update', { run_id, status, end_time: clock.now() })
  return {
    ...s,
    ...{ clock, count, fold, end },
    /** Rows of points, of chunks, and segments. */
    kept: async () => [
      await count('metrics'),
      await count('metric_chunks'),
      await count('folded_metrics'),
    ],
    objects: async () => (await collected(blobs.list('metrics/'))).map(({ key }) => key),
    gc: (graceMs = 0) =>
      collectGarbage({
        ...s.platform,
        ...{ dryRun: false, graceMs },
        now: () => Date.now() + 5 * 86_400_000,
      }),
  }
}

const line = (from: number, to: number): Point[] =>
  Array.from({ length: to - from }, (_, i) => [from + i, 1000 + from + i, (from + i) / 7])

test('whatever is logged before and after it is folded reads as if each point were a row', async () => {
  const s = await foldingServer()
  const all = fc.record({ batches, again: fc.boolean(), size: fc.integer({ min: 5, max: 40 }) })
  await fc.assert(
    fc.asyncProperty(all, async ({ batches, again, size }) => {
      const [run, twin] = [await s.create(), await s.create()]
      for (const batch of batches) {
        await s.logTo.run(run, batch)
        if (again) await s.logTo.twin(run, batch.slice(0, 20))
        await s.end(run)
        await s.fold()
        if (again) await s.logTo.run(run, batch)
        await s.logTo.twin(twin, batch)
      }
      for (const path of reads) expect(await s.text(path, run)).toBe(await s.text(path, twin))
      expect(await s.latestIn(run)).toBe(await s.latestIn(twin))
      expect(await s.pagesOf(run, size)).toEqual(await s.pagesOf(twin, size))
      for (const x of ['step', 'time'] as const) {
        const [[one], [other]] = [await s.series(run, x), await s.series(twin, x)]
        expect(one?.points).toBe(other?.points)
      }
    }),
    { numRuns: 8 },
  )
  expect(await s.count('folded_metrics')).toBeGreaterThan(0)
})

test('points leave the database when their run has ended, and not before', async () => {
  const s = await foldingServer()
  await s.log('log-batch', { metrics: metrics('m', line(0, 500)) })
  for (const [step, timestamp, value] of line(500, 520)) {
    await s.log('log-metric', { key: 'm', step, timestamp, value })
  }
  await s.post('runs/update', { run_id: s.runId, status: 'RUNNING' })
  await s.log('log-metric', { key: 'now', step: 1, timestamp: s.clock.now() + 2 * hour, value: 1 })
  await s.fold()
  expect(await s.kept(), 'it is under way').toEqual([21, 1, 0])
  await s.end(s.runId)
  s.clock.pass(60_000)
  await foldMetrics(s.platform)
  expect(await s.kept(), 'its last points may be on their way').toEqual([21, 1, 0])
  await s.fold()
  expect(await s.kept()).toEqual([0, 0, 1])
  expect(points(await s.history('m'))).toEqual(line(0, 520))
})

test('a run that nobody ended is folded a day after its last point, and a small one never', async () => {
  const s = await foldingServer()
  const small = await s.create()
  await s.log('log-batch', { metrics: metrics('m', line(0, 50)) })
  await s.logTo.run(small, line(0, 7))
  await s.end(small)
  await s.platform.db.all(sql`update runs set start_time_ms = ${s.clock.now()}`)
  await s.fold()
  expect(await s.kept()).toEqual([7, 1, 0])
  s.clock.pass(24 * hour)
  await s.fold()
  expect(await s.kept()).toEqual([7, 0, 1])
})

test('late points of a resumed run join the others, and its segments stay few', async () => {
  const s = await foldingServer()
  const all = line(0, 1200)
  for (let at = 0; at < all.length; at += 60) {
    await s.post('runs/update', { run_id: s.runId, status: 'RUNNING' })
    await s.log('log-batch', { metrics: metrics('m', all.slice(at, at + 60)) })
    await s.end(s.runId)
    await s.fold()
    expect(points(await s.history('m'))).toEqual(all.slice(0, at + 60))
  }
  const [rows, chunks, segments] = await s.kept()
  expect([rows, chunks]).toEqual([0, 0])
  expect(segments).toBeLessThan(8)
})

test('many points of many metrics are folded a bounded part at a time', async () => {
  const s = await foldingServer()
  const other = await s.create()
  const all = line(0, 30_000).map(([step, time]): Point => [step, time, Math.sin(step)])
  for (let at = 0; at < all.length; at += 1000) {
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      await s.log('log-batch', { metrics: metrics(key, all.slice(at, at + 1000)) })
    }
  }
  await s.logTo.run(other, line(0, 100))
  await s.end(s.runId)
  await s.end(other)
  s.clock.pass(hour)
  await foldMetrics(s.platform)
  const [, left, segments] = await s.kept()
  expect(left, 'not all at once').toBeGreaterThan(0)
  expect(segments).toBe(1)
  await s.fold()
  expect(await s.count('metric_chunks')).toBe(0)
  for (const key of ['a', 'd', 'g']) expect(points(await s.history(key))).toEqual(all)
  const sum = sql<{ points: number }>`select sum(points) as points from folded_metrics`
  expect(await s.platform.db.first(sum)).toEqual({ points: 210_100 })
}, 60_000)

/** A platform on whose store or database something happens just before a call. */
function interrupted(
  platform: Platform,
  before: { put?: () => Promise<unknown>; batch?: (at: number) => Promise<unknown> },
): Platform {
  const { db, blobs } = platform
  let at = 0
  const between: Database = {
    all: (query) => db.all(query),
    first: (query) => db.first(query),
    batch: async <const Q extends Batch>(queries: Q) => {
      at += 1
      await before.batch?.(at)
      return db.batch(queries)
    },
  }
  const slow: BlobStore = {
    ...bound(blobs),
    put: async (...args: Parameters<BlobStore['put']>) => {
      const stored = await blobs.put(...args)
      await before.put?.()
      return stored
    },
  }
  return { ...platform, db: between, blobs: slow }
}

/** Methods of a class, as fields. */
function bound(blobs: BlobStore): BlobStore {
  return {
    get: (...args) => blobs.get(...args),
    put: (...args) => blobs.put(...args),
    sizeOf: (...args) => blobs.sizeOf(...args),
    delete: (...args) => blobs.delete(...args),
    list: (...args) => blobs.list(...args),
    leftovers: () => blobs.leftovers(),
    discard: (...args) => blobs.discard(...args),
    multipart: blobs.multipart,
  }
}

test.each([
  ['among those that are folded', 5, 1],
  ['behind all of them', 9000, 9000],
])('a point that comes while its run is folded is kept: %s', async (_, step, timestamp) => {
  const s = await foldingServer()
  for (const point of line(0, 40)) {
    await s.log('log-metric', { key: 'm', step: point[0], timestamp: point[1], value: point[2] })
  }
  await s.log('log-batch', { metrics: metrics('m', line(40, 80)) })
  await s.end(s.runId)
  let times = 0
  const put = async () => {
    times += 1
    if (times > 1) return
    await s.log('log-metric', { key: 'm', step, timestamp, value: -1 })
    await s.log('log-batch', { metrics: metrics('m', line(80, 120)) })
  }
  s.clock.pass(hour)
  await foldMetrics(interrupted(s.platform, { put }))
  const all = [...line(0, 120), [step, timestamp, -1]].sort((a, b) => Number(a[1]) - Number(b[1]))
  expect(times).toBe(1)
  expect(points(await s.history('m'))).toEqual(all)
  await s.fold()
  expect(points(await s.history('m'))).toEqual(all)
  expect((await s.kept()).slice(1)).toEqual([0, expect.any(Number)])
})

test('of two processes that fold the same run one is heard, and no later chunk is taken for an older one', async () => {
  const s = await foldingServer()
  await s.log('log-batch', { metrics: metrics('m', line(0, 100)) })
  await s.end(s.runId)
  s.clock.pass(hour)
  const put = async () => {
    await foldMetrics(s.platform)
    // It gets the id of the chunk that has just gone.
    await s.log('log-batch', { metrics: metrics('m', line(100, 200)) })
  }
  await foldMetrics(interrupted(s.platform, { put }))
  expect(await s.kept()).toEqual([0, 1, 1])
  expect(points(await s.history('m'))).toEqual(line(0, 200))
  expect(await s.objects()).toHaveLength(2)
  await s.gc()
  expect(await s.objects()).toHaveLength(1)
  await Promise.all([s.fold(), s.fold(), s.fold()])
  expect(points(await s.history('m'))).toEqual(line(0, 200))
})

test('a process that dies between an object and its rows leaves the rows, and an object that gc removes', async () => {
  const s = await foldingServer()
  await s.log('log-batch', { metrics: metrics('m', line(0, 100)) })
  await s.end(s.runId)
  s.clock.pass(hour)
  const put = () => Promise.reject(new Error('killed'))
  await expect(foldMetrics(interrupted(s.platform, { put }))).rejects.toThrow('killed')
  expect(await s.kept()).toEqual([0, 1, 0])
  expect(await s.objects()).toHaveLength(1)
  await s.fold()
  expect(await s.kept()).toEqual([0, 0, 1])
  await s.gc()
  expect(await s.objects()).toHaveLength(1)
  expect(points(await s.history('m'))).toEqual(line(0, 100))
})

test('a history that is folded while it is read is read whole', async () => {
  const s = await foldingServer()
  const all = line(0, 40_000)
  for (let at = 0; at < all.length; at += 1000) {
    await s.log('log-batch', { metrics: metrics('m', all.slice(at, at + 1000)) })
  }
  for (const [step, time] of line(40_000, 40_020)) {
    await s.log('log-metric', { key: 'rows', step, timestamp: time, value: step })
  }
  await s.end(s.runId)
  const folding: number[] = []
  const batch = async (at: number) => {
    if (at === 2 || at === 4) {
      folding.push(at)
      s.clock.pass(hour)
      await foldMetrics(s.platform)
    }
  }
  const run = sql`(select id from runs where run_id = ${s.runId})`
  const wanted = { run, key: 'm', count: Number.POSITIVE_INFINITY }
  const [read] = await readPointsOf(interrupted(s.platform, { batch }), [wanted])
  expect(folding).toEqual([2, 4])
  expect(await s.count('folded_metrics')).toBeGreaterThan(0)
  expect(read?.map(({ step }) => step)).toEqual(all.map(([step]) => step))
})

test('a chart of rows that are folded while it is drawn has all of them', async () => {
  const s = await foldingServer()
  for (let at = 0; at < 70; at += 7) await s.logTo.run(s.runId, line(at, at + 7))
  await s.end(s.runId)
  const batch = async (at: number) => {
    if (at > 1) return
    await s.fold()
    expect(await s.kept()).toEqual([0, 0, 1])
  }
  // What is read aside sees what was committed before.
  const platform = interrupted(s.platform, { batch })
  const [series] = await readMetricSeries(contextOf(platform), {
    ...{ runIds: [s.runId], keys: ['m'], x: 'step', bucketsMax: 1000 },
  })
  expect(series?.points).toBe(70)
})

test('points that are lost are an error that names the run and the object, and others are read', async () => {
  const s = await foldingServer()
  const other = await s.create()
  await s.log('log-batch', { metrics: metrics('m', line(0, 100)) })
  await s.end(s.runId)
  await s.fold()
  await s.logTo.run(other, line(0, 50))
  await s.end(other)
  await s.fold()
  const [key = ''] = (
    await s.platform.db.all(sql<{ key: string }>`select key from metric_packs order by id`)
  ).map(({ key }) => key)
  const bytes = await collected((await s.platform.blobs.get(key))?.body as never)
  const put = async (changed: Uint8Array) => {
    await s.platform.blobs.delete([key])
    await s.platform.blobs.put(key, oneOf(changed))
  }
  const whole = new Uint8Array(bytes.flatMap((chunk) => [...(chunk as unknown as Uint8Array)]))
  const path = `metrics/get-history?run_id=${s.runId}&metric_key=m`
  const flipped = (at: number) => whole.map((byte, i) => (i === at ? byte ^ 1 : byte))
  for (const damaged of [undefined, whole.slice(0, -10), flipped(8), flipped(whole.length - 9)]) {
    if (damaged) await put(damaged)
    else await s.platform.blobs.delete([key])
    const { status, json } = await s.get(path)
    expect([status, json.error_code]).toEqual([410, 'DATA_LOSS'])
    expect(json.message).toContain(`run '${s.runId}'`)
    expect(json.message).toContain(key)
    const sampled = `metrics/get-history-bulk-interval?run_ids=${s.runId}&metric_key=m`
    expect((await s.get(sampled)).status).toBe(410)
    const file = await s.app.request(`/runs/${s.runId}/points.csv`)
    expect(file.status, 'it does not begin').toBe(410)
    expect(await file.text()).toContain(key)
    expect((await s.get(path.replace(s.runId, other))).status).toBe(200)
  }
  await s.log('log-batch', { metrics: metrics('m', line(100, 150)) })
  await s.fold()
  expect((await s.get(path)).status, 'late points are no reason to forget it').toBe(410)
  await s.gc()
  await put(whole)
  expect(points(await s.history('m')), 'it was put back from a copy').toEqual(line(0, 150))
})

async function* oneOf(bytes: Uint8Array) {
  yield bytes
}

test('damaged rows of one run keep no other from being folded', async () => {
  const s = await foldingServer()
  const other = await s.create()
  await s.log('log-batch', { metrics: metrics('m', line(0, 100)) })
  await s.platform.db.all(sql`update metric_chunks set body = substr(body, 1, length(body) - 8)`)
  await s.logTo.run(other, line(0, 50))
  await s.end(s.runId)
  await s.end(other)
  await s.fold()
  expect(await s.kept()).toEqual([0, 1, 1])
})

test('the points of purged runs leave the store, and packs with few others are written anew', async () => {
  const s = await foldingServer()
  const runs: string[] = []
  for (let i = 0; i < 6; i += 1) {
    const run = await s.create()
    runs.push(run)
    await s.logTo.run(run, line(i, i + 200))
    await s.end(run)
  }
  await s.fold()
  const [pack = ''] = await s.objects()
  expect(await s.kept()).toEqual([0, 0, 6])
  for (const run of runs.slice(1)) await s.post('runs/delete', { run_id: run })
  const purge = { ...s.platform, dryRun: false, graceMs: 0 }
  await collectGarbage(purge, s.clock.now())
  expect(await s.count('folded_metrics')).toBe(1)
  await s.gc()
  const after = await s.objects()
  expect(after).toHaveLength(1)
  expect(after).not.toContain(pack)
  expect(await s.text(reads[0] ?? '', runs[0] ?? '')).toContain('"step":199')
  await s.post('runs/delete', { run_id: runs[0] })
  await collectGarbage(purge, s.clock.now())
  await s.gc()
  expect([await s.objects(), await s.count('metric_packs')]).toEqual([[], 0])
})

test('a server by itself removes objects that no row names, once their time has come', async () => {
  const s = await foldingServer()
  const stray = `metrics/00/00${'a'.repeat(30)}`
  await s.platform.blobs.put(stray, oneOf(new Uint8Array(3)))
  await s.log('log-batch', { metrics: metrics('m', line(0, 100)) })
  await s.end(s.runId)
  await s.fold()
  const kept = (await s.objects()).filter((key) => key !== stray)
  for (let hourOfDay = 0; hourOfDay < 24; hourOfDay += 1) {
    const now = () => Date.now() + 5 * 86_400_000
    await collectAtHour({ ...s.platform, now, dryRun: false, graceMs: 86_400_000 }, hourOfDay)
  }
  expect(await s.objects()).toEqual(kept)
})

test('the job rests for an hour when all is done, and soon goes on after a failure', async () => {
  const s = await foldingServer()
  await foldMetrics(s.platform)
  await s.log('log-batch', { metrics: metrics('m', line(0, 100)) })
  await s.end(s.runId)
  s.clock.pass(30 * 60_000)
  await foldMetrics(s.platform)
  expect(await s.count('metric_chunks')).toBe(1)
  const failing = interrupted(s.platform, { put: () => Promise.reject(new Error('full')) })
  s.clock.pass(hour)
  await expect(foldMetrics(failing)).rejects.toThrow('full')
  await foldMetrics(s.platform)
  expect(await s.count('metric_chunks')).toBe(1)
  s.clock.pass(61_000)
  await foldMetrics(s.platform)
  expect(await s.count('metric_chunks')).toBe(0)
})
