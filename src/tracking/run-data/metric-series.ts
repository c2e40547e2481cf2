import { type SQL, sql } from 'drizzle-orm'
import { longReadsOf } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { measureSeries } from '../history/measure-series.ts'
import { hasChunksSql } from '../history/read-points.ts'
import { findFoldedRuns } from '../history/read-segments.ts'
import {
  bucketsOf,
  hasOrder,
  type PartRow,
  type SeriesBucket,
  sharesOf,
} from '../history/series-buckets.ts'

/** What a chart draws of a metric along its x axis. */
export type SeriesQuery = {
  readonly runIds: readonly string[]
  readonly keys: readonly string[]
  readonly x: SeriesAxis
  /** Points of one series, at most: where there are more, each stands for several. */
  readonly bucketsMax: number
  /** Only what is from one place of the axis to another, both included. */
  readonly range?: SeriesRange | undefined
}

/** Steps, or milliseconds since the first point of the series. */
export type SeriesAxis = 'step' | 'time'

export type SeriesRange = { readonly from: number; readonly to: number }

export type MetricSeries = {
  readonly runId: string
  readonly key: string
  /** All that were logged within the range, NaN and infinities too. */
  readonly points: number
  /** In the order of x. */
  readonly buckets: readonly SeriesBucket[]
}

/** A series that is there: whose it is, how long it lasts, and whether its points are few enough to be read one by one. */
type Span = {
  readonly run: number
  readonly run_id: string
  readonly key: string
  /** Milliseconds of its first point, of which the axis of time counts; and what is read. */
  readonly first: number
  readonly low: number
  readonly high: number
  readonly is_small: number
  /** Then nothing of the above is known but whose it is. */
  readonly is_chunked: number
}

/**
 * Series of several metrics of several runs, by run and key in the order given. A run or key that is not there
 * has none. The caller may read the runs. Two round trips, and up to two more where steps do not follow time.
 *
 * Points lie in the order of time, so a part of a long series is a range of the key and is read in one go. Parts
 * of steps are made of such ranges wherever steps grow with time; else the points are sorted into them one by one.
 */
export async function readMetricSeries(ctx: Context, query: SeriesQuery): Promise<MetricSeries[]> {
  const spans = await readSpans(ctx, query)
  if (spans.length === 0) return []
  const small = spans.filter((span) => !isChunked(span) && span.is_small === 1)
  const long = spans.filter((span) => !isChunked(span) && span.is_small === 0)
  const { points, ranges } = await readParts(ctx, query, { small, long })
  const parts: Parts = new Map()
  const pointsBy = Map.groupBy(points ?? [], nameOf)
  const rangesBy = Map.groupBy(ranges.flat(), nameOf)
  for (const span of small) parts.set(span, pointsBy.get(nameOf(span)) ?? [])
  for (const span of long) parts.set(span, rangesBy.get(nameOf(span)) ?? [])
  if (query.x === 'step') await refineSteps(ctx, query, { long, parts })
  // Rows may have gone to a pack while they were read.
  const folded = await findFoldedRuns(ctx.db, spans)
  const elsewhere = spans.filter((span) => isChunked(span) || folded.has(span.run))
  for (const [span, rows] of await measureSeries(ctx, elsewhere, query)) parts.set(span, rows)
  return spans.flatMap((span) => {
    const rows = parts.get(span) ?? []
    const count = rows.reduce((sum, { points: of }) => sum + of, 0)
    if (count === 0) return []
    const { run_id: runId, key } = span
    return { runId, key, points: count, buckets: bucketsOf(rows, query.bucketsMax) }
  })
}

/** What is in rows alone; chunks are no part of it. */
async function readParts(
  ctx: Context,
  query: SeriesQuery,
  { small, long }: { readonly small: readonly Span[]; readonly long: readonly Span[] },
) {
  if (small.length + long.length === 0) return { points: undefined, ranges: [] }
  const ranges = long.flatMap((span) => rangesOf(span, query))
  return longReadsOf(ctx.db).batch({
    points: small.length > 0 ? pointsSql(small, query) : undefined,
    ranges: rangesReads(ranges, query),
  })
}

const isChunked = ({ is_chunked }: Span) => is_chunked === 1

const nameOf = ({ run, key }: { readonly run: number; readonly key: string }) => `${run} ${key}`

type Parts = Map<Span, readonly PartRow[]>

/** A part of a long series may have so many times its share of the steps. */
const sharesMax = 2

/**
 * Of long series, parts that have too many steps are read in finer ones. Where these have too many still, or
 * steps go back, all points of the series are sorted by step.
 */
async function refineSteps(
  ctx: Context,
  query: SeriesQuery,
  { long, parts }: { readonly long: readonly Span[]; readonly parts: Parts },
): Promise<void> {
  const rowsOf = (span: Span) => parts.get(span) ?? []
  const coarse = new Map(
    long.flatMap((span) => {
      const rows = rowsOf(span)
      const shares = rows.map((row) => [row, Math.ceil(sharesOf(row, rows, query))] as const)
      return hasOrder(rows) ? shares.filter(([, count]) => count > sharesMax) : []
    }),
  )
  if (coarse.size > 0) {
    const ranges = [...coarse].flatMap(([row, shares]) => splitRange(row, 2 * shares))
    const { read } = await longReadsOf(ctx.db).batch({ read: rangesReads(ranges, query) })
    const finer = Map.groupBy(read.flat(), nameOf)
    for (const span of long) {
      const kept = rowsOf(span).filter((row) => !coarse.has(row))
      const rows = [...kept, ...(finer.get(nameOf(span)) ?? [])]
      parts.set(
        span,
        rows.sort((one, other) => one.from_ms - other.from_ms),
      )
    }
  }
  const mixed = long.filter((span) => {
    const rows = rowsOf(span)
    return !hasOrder(rows) || rows.some((row) => sharesOf(row, rows, query) > sharesMax)
  })
  if (mixed.length === 0) return
  const { sorted } = await longReadsOf(ctx.db).batch({
    sorted: mixed.map((span) => sortedSql(span, rowsOf(span), query)),
  })
  for (const [i, span] of mixed.entries()) parts.set(span, sorted[i] ?? [])
}

/** One statement: of each series a few looks at the ends of its key, and of long ones no more points than are drawn. */
function readSpans(ctx: Context, { runIds, keys, x, bucketsMax, range }: SeriesQuery) {
  const own = sql`m.run = w.run and m.key = w.key`
  const first = sql`(select min(m.timestamp_ms) from metrics m where ${own})`
  const within = inRangeSql(range, x, first)
  return longReadsOf(ctx.db).all(sql<Span>`
    with wanted as materialized (
      select w.key as run_place, k.key as key_place, r.id as run, r.run_id, k.value as key
      from json_each(${JSON.stringify([...new Set(runIds)])}) w
      cross join runs r on r.run_id = w.value
      join experiments e on e.id = r.experiment and e.workspace = ${ctx.workspace}
      cross join json_each(${JSON.stringify([...new Set(keys)])}) k),
    spans as materialized (
      select w.*, ${first} as first,
        (select min(m.timestamp_ms) from metrics m where ${own} ${within}) as low,
        (select max(m.timestamp_ms) from metrics m where ${own} ${within}) as high,
        (select count(*) <= ${bucketsMax} from (select 1 from metrics m where ${own} ${within}
          limit ${bucketsMax + 1})) as is_small,
        ${hasChunksSql(sql`w.run`, sql`w.key`)} as is_chunked
      from wanted w)
    select run, run_id, key, cast(first as real) as first, cast(low as real) as low,
      cast(high as real) as high, is_small, is_chunked from spans
    where low is not null or is_chunked order by run_place, key_place`)
}

/** @param first the time of the first point of the series */
function inRangeSql(range: SeriesRange | undefined, x: SeriesAxis, first: SQL): SQL {
  if (!range) return sql``
  return x === 'step'
    ? sql`and m.step >= ${range.from} and m.step <= ${range.to}`
    : sql`and m.timestamp_ms >= ${first} + ${range.from} and m.timestamp_ms <= ${first} + ${range.to}`
}

/** Infinities are kept as the largest double. */
const largest = sql`1.7976931348623157e308`
const finite = sql`m.is_nan = 0 and m.value < ${largest} and m.value > -${largest}`

/** What `PartRow` has of the points `m` of a group, in this order. */
const partNames = ['points', 'x', 'end_x', 'low', 'high', 'mean', 'nans', 'infinities']

/** The number of points, and where the first and the last is: doubles, since whole numbers may have 64 bits. */
function placesSql({ x }: SeriesQuery): SQL {
  const place = (of: SQL) =>
    x === 'step' ? sql`cast(${of}(m.step) as real)` : sql`(${of}(m.timestamp_ms) - s.first)`
  return sql`count(*), ${place(sql`min`)}, ${place(sql`max`)}`
}

/** Of any points. */
const valuesSql = sql`min(iif(${finite}, m.value, null)), max(iif(${finite}, m.value, null)),
  avg(iif(${finite}, m.value, null)), sum(m.is_nan), sum(m.is_nan = 0 and not (${finite}))`

/** Of points that are all finite, which is found out in half the time; null where they are not. */
function plainPartSql(query: SeriesQuery): SQL {
  return sql`iif(max(m.is_nan) = 0 and max(m.value) < ${largest} and min(m.value) > -${largest},
    json_array(${placesSql(query)}, min(m.value), max(m.value), avg(m.value), 0, 0), null)`
}

/** `part`, a list of what `PartRow` has, by names. */
const partColumns = sql.join(
  partNames.map((name, i) => sql.raw(`part ->> ${i} as ${name}`)),
  sql`, `,
)

function spansSql(spans: readonly Span[]): SQL {
  const given = spans.map(({ run, key, first }) => [run, key, first])
  return sql`(select value ->> 0 as run, value ->> 1 as key, value ->> 2 as first
    from json_each(${JSON.stringify(given)}))`
}

/** A row for each place of the axis. */
function pointsSql(spans: readonly Span[], query: SeriesQuery): SQL<PartRow> {
  const column = query.x === 'step' ? sql`m.step` : sql`m.timestamp_ms`
  return sql<PartRow>`with s as materialized ${spansSql(spans)}
    select run, key, first, 0 as from_ms, 0 as to_ms, ${partColumns} from (
      select s.run, s.key, s.first, json_array(${placesSql(query)}, ${valuesSql}) as part
      from s cross join metrics m on m.run = s.run and m.key = s.key
      where 1 ${inRangeSql(query.range, query.x, sql`s.first`)}
      group by s.run, s.key, ${column}) order by x`
}

/** A row for each part of the steps, whenever they were logged. @param rows that say where the steps begin and end */
function sortedSql(
  { run, key, first }: Span,
  rows: readonly PartRow[],
  query: SeriesQuery,
): SQL<PartRow> {
  const least = Math.min(...rows.map(({ x }) => x))
  const steps = Math.max(...rows.map(({ end_x }) => end_x)) - least
  const width = Math.floor(steps / query.bucketsMax) + 1
  const integer = (value: number) => sql`cast(${value} as integer)`
  return sql<PartRow>`
    select ${run} as run, ${key} as key, ${first} as first, 0 as from_ms, 0 as to_ms, ${partColumns}
    from (select json_array(${placesSql(query)}, ${valuesSql}) as part from metrics m
      where m.run = ${run} and m.key = ${key} ${inRangeSql(query.range, query.x, sql`0`)}
      group by (m.step - ${integer(least)}) / ${integer(width)})
    order by x`
}

/** Milliseconds from one to before the other. */
type TimeRange = {
  readonly run: number
  readonly key: string
  readonly first: number
  readonly from_ms: number
  readonly to_ms: number
}

function rangesOf(span: Span, { bucketsMax }: SeriesQuery): TimeRange[] {
  const { run, key, first, low, high } = span
  return splitRange({ run, key, first, from_ms: low, to_ms: high + 1 }, bucketsMax)
}

/** In parts of whole milliseconds, none of them empty. */
function splitRange(range: TimeRange, pieces: number): TimeRange[] {
  const { from_ms, to_ms } = range
  const count = Math.max(1, Math.min(pieces, to_ms - from_ms))
  const place = (i: number) => from_ms + Math.floor(((to_ms - from_ms) / count) * i)
  return Array.from({ length: count }, (_, i) => ({
    ...range,
    from_ms: place(i),
    to_ms: i === count - 1 ? to_ms : place(i + 1),
  }))
}

/** D1 takes parameters of 2 MB, and the name of a metric may be long. */
const rangesOfOneRead = 1500

function rangesReads(ranges: readonly TimeRange[], query: SeriesQuery): SQL<PartRow>[] {
  const count = Math.ceil(ranges.length / rangesOfOneRead)
  return Array.from({ length: count }, (_, i) =>
    rangesSql(ranges.slice(i * rangesOfOneRead, (i + 1) * rangesOfOneRead), query),
  )
}

/** A row for each range that has points. */
function rangesSql(ranges: readonly TimeRange[], query: SeriesQuery): SQL<PartRow> {
  const given = ranges.map((one) => [one.run, one.key, one.first, one.from_ms, one.to_ms])
  const points = sql`from metrics m where m.run = s.run and m.key = s.key
    and m.timestamp_ms >= s.from_ms and m.timestamp_ms < s.to_ms
    ${inRangeSql(query.range, query.x, sql`s.first`)}`
  return sql<PartRow>`with s as materialized (
      select value ->> 0 as run, value ->> 1 as key, value ->> 2 as first,
        value ->> 3 as from_ms, value ->> 4 as to_ms from json_each(${JSON.stringify(given)})),
    parts as materialized (
      select s.*, coalesce((select ${plainPartSql(query)} ${points}),
        (select json_array(${placesSql(query)}, ${valuesSql}) ${points})) as part from s)
    select run, key, first, from_ms, to_ms, ${partColumns} from parts
    where part ->> 0 > 0 order by run, key, from_ms`
}
