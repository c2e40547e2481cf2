import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { runList, withBatches } from '../../../src/db/batch.ts'
import { compile } from '../../../src/db/compile.ts'
import { readMetricSeries, type SeriesQuery } from '../../../src/tracking/run-data/metric-series.ts'
import { contextOf } from '../../support/accounts.ts'
import { startedRun } from '../started-run.ts'

const pointsMax = 5000

/** A run with points of `loss`, of which `place` gives step, time and value in SQL of `i`. */
async function longSeries(place: { step: string; time: string; value?: string; nan?: string }) {
  const { platform, runId } = await startedRun()
  const { step, time, value = 'i % 7', nan = '0' } = place
  await platform.db.all(sql`insert into metrics (run, key, timestamp_ms, step, value, is_nan)
    with recursive n(i) as (select 0 union all select i + 1 from n where i < ${pointsMax - 1})
    select r.id, 'loss', ${sql.raw(time)}, ${sql.raw(step)}, ${sql.raw(value)}, ${sql.raw(nan)}
    from n, runs r where r.run_id = ${runId}`)
  const read = async (query: Partial<SeriesQuery> = {}) => {
    const [series] = await readMetricSeries(contextOf(platform), {
      ...{ runIds: [runId], keys: ['loss', 'none'], x: 'step', bucketsMax: 100 },
      ...query,
    })
    const buckets = series?.buckets ?? []
    const values = buckets.flatMap((bucket) => bucket.values ?? [])
    return {
      points: series?.points,
      count: buckets.length,
      buckets,
      least: Math.min(...values.map(({ min }) => min)),
      greatest: Math.max(...values.map(({ max }) => max)),
      isOrdered: buckets.every(({ x }, i) => x >= (buckets[i - 1]?.end ?? x)),
      widest: Math.max(...buckets.map(({ x, end }) => end - x)),
    }
  }
  return { read }
}

const spike = 'iif(i = 3333, 99, i % 7)'

test.each([
  ['one a second', { step: 'i', time: 'i * 1000' }],
  ['most of them in the first seconds', { step: 'i', time: 'iif(i < 4900, i, i * 100000)' }],
  ['all at once', { step: 'i', time: '5' }],
  ['steps that begin again', { step: 'i % 2500', time: 'i * 1000' }],
  ['steps far apart', { step: 'i * 1000000007', time: 'i * 1000' }],
])('of many points, %s, no spike is lost and none stands for too many', async (_, place) => {
  const { read } = await longSeries({ ...place, value: spike })
  for (const x of ['step', 'time'] as const) {
    const found = await read({ x })
    expect(found).toMatchObject({ points: pointsMax, least: 0, greatest: 99, isOrdered: true })
    expect(found.count).toBeLessThanOrEqual(100)
    if (x === 'step') expect(found.count).toBeGreaterThan(30)
  }
  const { buckets, widest } = await read()
  const span = (buckets.at(-1)?.end ?? 0) - (buckets[0]?.x ?? 0)
  expect(widest).toBeLessThanOrEqual(span / 30)
})

test('what is neither finite nor a number is counted where it stands', async () => {
  const { read } = await longSeries({
    ...{ step: 'i', time: 'i * 1000' },
    value: 'iif(i = 10, 1.7976931348623157e308, iif(i = 4000, 0, 3))',
    nan: 'i = 4000',
  })
  const { buckets, least, greatest } = await read()
  expect([least, greatest]).toEqual([3, 3])
  expect(buckets.map(({ nans }) => nans).reduce((a, b) => a + b)).toBe(1)
  expect(buckets.findIndex(({ nans }) => nans > 0)).toBe(80)
  expect(buckets.findIndex(({ infinities }) => infinities > 0)).toBe(0)
})

test('a part of the axis is read in full detail', async () => {
  const { read } = await longSeries({ step: 'i', time: 'i * 1000', value: spike })
  const steps = await read({ range: { from: 3300, to: 3349 } })
  expect(steps).toMatchObject({ points: 50, count: 50, greatest: 99 })
  expect(steps.buckets.find(({ x }) => x === 3333)?.values).toEqual({ min: 99, max: 99, mean: 99 })
  const times = await read({ x: 'time', range: { from: 3_333_000, to: 3_333_999 } })
  expect(times.buckets.map(({ x, values }) => [x, values?.mean])).toEqual([[3_333_000, 99]])
  expect((await read({ range: { from: 9000, to: 9001 } })).points).toBeUndefined()
  expect((await read({ range: { from: 1000, to: 3999 } })).points).toBe(3000)
})

test('long series of long names are read in parts that D1 takes', async () => {
  const { platform, runId } = await startedRun()
  const keys = Array.from({ length: 5 }, (_, i) => `${i}`.padEnd(250, 'é'))
  await platform.db.all(sql`insert into metrics (run, key, timestamp_ms, step, value, is_nan)
    with recursive n(i) as (select 0 union all select i + 1 from n where i < 999)
    select r.id, k.value, i * 1000, i, i, 0
    from n, runs r, json_each(${JSON.stringify(keys)}) k where r.run_id = ${runId}`)
  const sizes: number[] = []
  const db = withBatches(platform.db, (list) => {
    for (const { params } of list.map(compile)) {
      sizes.push(...params.map((param) => new TextEncoder().encode(String(param)).length))
    }
    return runList(platform.db, list)
  })
  const query = { runIds: [runId], keys, x: 'step', bucketsMax: 900 } as const
  const series = await readMetricSeries(contextOf({ ...platform, db }), query)
  expect(series.map(({ key, points }) => [key, points])).toEqual(keys.map((key) => [key, 1000]))
  expect(Math.max(...sizes)).toBeGreaterThan(100_000)
  expect(Math.max(...sizes)).toBeLessThan(2_000_000)
})
