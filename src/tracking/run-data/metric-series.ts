import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'

/** What a chart draws of a metric along its x axis. */
export type SeriesQuery = {
  readonly runIds: readonly string[]
  readonly keys: readonly string[]
  readonly x: SeriesAxis
  /** Points of one series, at most: where there are more, each stands for several. */
  readonly bucketsMax: number
}

/** Steps, or milliseconds since the first point of the series. */
export type SeriesAxis = 'step' | 'time'

export type MetricSeries = {
  readonly runId: string
  readonly key: string
  /** All that were logged, NaN and infinities too. */
  readonly points: number
  /** In the order of x. */
  readonly buckets: readonly SeriesBucket[]
}

/**
 * What was logged within a part of the axis. A spike of a single step is never lost: it is the least or the
 * greatest value of its bucket.
 */
export type SeriesBucket = {
  /** Where its first point is, and its last. */
  readonly x: number
  readonly end: number
  /** Of finite values; undefined: there are none. */
  readonly values: { readonly min: number; readonly max: number; readonly mean: number } | undefined
  readonly nans: number
  readonly infinities: number
}

type BucketRow = {
  run_id: string
  key: string
  points: number
  x: number
  end_x: number
  low: number | null
  high: number | null
  mean: number | null
  nans: number
  infinities: number
}

/**
 * Series of several metrics of several runs, in one statement, by run and key in the order given. A run or
 * key that is not there has none. The caller may read the runs.
 */
export async function readMetricSeries(
  ctx: Context,
  { runIds, keys, x, bucketsMax }: SeriesQuery,
): Promise<MetricSeries[]> {
  const column = x === 'step' ? sql`m.step` : sql`m.timestamp_ms`
  const from = x === 'step' ? sql`0` : sql`s.low`
  const rows = await ctx.db.all(sql<BucketRow>`
    with wanted as (
      select w.key as run_place, k.key as key_place, r.id as run, r.run_id, k.value as key
      from json_each(${JSON.stringify([...new Set(runIds)])}) w
      cross join runs r on r.run_id = w.value
      join experiments e on e.id = r.experiment and e.workspace = ${ctx.workspace}
      cross join json_each(${JSON.stringify([...new Set(keys)])}) k),
    spans as (
      select wanted.*, min(${column}) as low, max(${column}) as high, count(*) as points
      from wanted cross join metrics m on m.run = wanted.run and m.key = wanted.key
      group by wanted.run, wanted.key)
    select s.run_id, s.key, s.points, min(${column}) - ${from} as x, max(${column}) - ${from} as end_x,
      min(m.value) filter (where m.is_nan = 0 and abs(m.value) < ${largest}) as low,
      max(m.value) filter (where m.is_nan = 0 and abs(m.value) < ${largest}) as high,
      avg(m.value) filter (where m.is_nan = 0 and abs(m.value) < ${largest}) as mean,
      sum(m.is_nan) as nans, sum(m.is_nan = 0 and abs(m.value) >= ${largest}) as infinities
    from spans s cross join metrics m on m.run = s.run and m.key = s.key
    group by s.run_place, s.key_place, iif(s.points <= ${bucketsMax}, ${column},
      cast((${column} - s.low) * 1.0 / (s.high - s.low + 1) * ${bucketsMax} as integer))
    order by s.run_place, s.key_place, x`)
  const series = Map.groupBy(rows, ({ run_id, key }) => JSON.stringify([run_id, key]))
  return [...series.values()].flatMap((of) => {
    const [first] = of
    return first
      ? { runId: first.run_id, key: first.key, points: first.points, buckets: of.map(bucketFrom) }
      : []
  })
}

/** Infinities are kept as the largest double. */
const largest = Number.MAX_VALUE

function bucketFrom({ x, end_x, low, high, mean, nans, infinities }: BucketRow): SeriesBucket {
  const values =
    low === null || high === null ? undefined : { min: low, max: high, mean: mean ?? low }
  return { x: Number(x), end: Number(end_x), values, nans, infinities }
}
