import { type SQL, sql } from 'drizzle-orm'
import { type Int64, parseInt64 } from '../../core/int64.ts'
import { foreignPageToken, type PageKey } from '../../core/page-token.ts'
import { fixSql } from '../../db/compile.ts'
import { int64Column, int64Param } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { type Page, readKeysetPage } from '../../search/page.ts'
import { isRun, type Metric, type MetricRow, metricFromRow } from '../run.ts'

export type RunMetric = Metric & { readonly runId: string }

type RunMetricRow = MetricRow & { run_id: string }

const pointColumns = fixSql(sql`metrics.key, metrics.value, metrics.is_nan,
  ${int64Column(sql`metrics.step`)} as step,
  ${int64Column(sql`metrics.timestamp_ms`)} as timestamp_ms`)

export type MetricHistoryQuery = {
  readonly runId: string
  readonly key: string
  /** Undefined: all points that are left. */
  readonly pointsMax: number | undefined
  readonly pageToken: string | undefined
}

/**
 * One page of the points of one metric, by time, then step, then value. A run or key that is not
 * there has no points.
 *
 * @throws INVALID_PARAMETER_VALUE the page token belongs to another metric
 */
export async function readMetricHistory(
  ctx: Context,
  { runId, key, pointsMax, pageToken }: MetricHistoryQuery,
): Promise<Page<Metric>> {
  const fingerprint = ['metric-history', ctx.workspace, runId, key]
  const count = pointsMax ?? Number.POSITIVE_INFINITY
  const page = await readKeysetPage(
    { fingerprint, token: pageToken, count },
    { read: (after, count) => readPoints(ctx, { runId, key, after, count }), keyOf: pageKeyOf },
  )
  return { items: page.items.map(metricFromRow), nextPageToken: page.nextPageToken }
}

/** Points of one statement: their JSON stays far below the 2 MB that one value of D1 may have. */
const pointsPerRead = 5000

type PointsWanted = {
  readonly runId: string
  readonly key: string
  /** The key of the point behind which to begin. */
  readonly after: PageKey | undefined
  /** May be infinite. */
  readonly count: number
}

async function readPoints(ctx: Context, wanted: PointsWanted): Promise<MetricRow[]> {
  const rows: MetricRow[] = []
  let { after } = wanted
  for (;;) {
    const count = Math.min(pointsPerRead, wanted.count - rows.length)
    const read = await readPointsOnce(ctx, { ...wanted, after, count })
    const last = read.at(-1)
    rows.push(...read)
    if (!last || read.length < count || rows.length === wanted.count) return rows
    after = pageKeyOf(last)
  }
}

type Point = [value: string, isNan: number, step: number | string, timestampMs: number | string]

/**
 * The points as one row, since drivers take longer over a row than SQLite over a point. Values go as
 * text of 17 digits, since SQLite's JSON has 15.
 */
async function readPointsOnce(ctx: Context, wanted: PointsWanted): Promise<MetricRow[]> {
  const { runId, key, after, count } = wanted
  const row = await ctx.db.first(sql<{ points: string }>`
    select json_group_array(json_array(printf('%!.17g', value), is_nan, step, timestamp_ms)) as points
    from (select ${pointColumns} from metrics
      where run = (select runs.id from runs where ${isRun(ctx, runId)}) and key = ${key}
        ${isBehindSql(after)}
      order by metrics.timestamp_ms, metrics.step, metrics.value, metrics.is_nan limit ${count})`)
  const points: readonly Point[] = JSON.parse(row?.points ?? '[]')
  return points.map(([value, is_nan, step, timestamp_ms]) => ({
    key,
    value: Number(value),
    is_nan,
    step,
    timestamp_ms,
  }))
}

/**
 * All points of a run in pages, by key, time, step and value.
 *
 * @param metric undefined: those of all its metrics
 */
export async function* readPointsOfRun(
  ctx: Context,
  runId: string,
  metric?: string,
): AsyncGenerator<Metric[]> {
  const isWanted = metric === undefined ? sql`` : sql`and key = ${metric}`
  const keys = await ctx.db.all(sql<{ key: string }>`select key from latest_metrics
    where run = (select runs.id from runs where ${isRun(ctx, runId)}) ${isWanted} order by key`)
  for (const { key } of keys) {
    let after: PageKey | undefined
    for (;;) {
      const rows = await readPointsOnce(ctx, { runId, key, after, count: pointsPerRead })
      const last = rows.at(-1)
      if (!last) break
      yield rows.map(metricFromRow)
      if (rows.length < pointsPerRead) break
      after = pageKeyOf(last)
    }
  }
}

function pageKeyOf(row: MetricRow): PageKey {
  return [row.timestamp_ms, row.step, row.value, row.is_nan]
}

function isBehindSql(after: PageKey | undefined): SQL {
  if (!after) return sql``
  const [timestamp, step, value, isNan] = after
  const isPoint = typeof value === 'number' && typeof isNan === 'number' && after.length === 4
  if (!isPoint) throw foreignPageToken()
  return sql`and (metrics.timestamp_ms, metrics.step, metrics.value, metrics.is_nan)
    > (${int64Param(parseTokenInt64(timestamp))}, ${int64Param(parseTokenInt64(step))}, ${value}, ${isNan})`
}

function parseTokenInt64(part: string | number | null | undefined): Int64 {
  const value = parseInt64(String(part))
  if (value === undefined) throw foreignPageToken()
  return value
}

/**
 * Points of one metric of several runs, run after run by their ids, as in MLflow 3.17.2, each by time.
 *
 * @param pointsMax of all runs together
 */
export async function readMetricHistoryOfRuns(
  ctx: Context,
  runIds: readonly string[],
  { key, pointsMax }: { readonly key: string; readonly pointsMax: number },
): Promise<RunMetric[]> {
  const wanted = JSON.stringify([...new Set(runIds)])
  const rows = await ctx.db.all(sql<RunMetricRow>`
    select ${pointColumns}, runs.run_id
    from json_each(${wanted}) as wanted
    cross join runs on runs.run_id = wanted.value
    join experiments on experiments.id = runs.experiment
    cross join metrics on metrics.run = runs.id and metrics.key = ${key}
    where experiments.workspace = ${ctx.workspace}
    order by runs.run_id, metrics.timestamp_ms, metrics.step, metrics.value, metrics.is_nan
    limit ${pointsMax}`)
  return rows.map(runMetricFromRow)
}

/** Steps from `start` to `end`, both included. */
export type StepInterval = { readonly start: number; readonly end: number }

export type MetricSampleQuery = {
  readonly runIds: readonly string[]
  readonly key: string
  /** Undefined: all steps. */
  readonly interval: StepInterval | undefined
  /** Of each run. */
  readonly pointsMax: number
}

/**
 * Up to `pointsMax` points of one metric of each run, evenly chosen by rank: the points are cut
 * into `pointsMax` equal groups and the first of each is taken, the last point for the last group.
 * By step, then time, then value (mlflow 3.17.2 samples just so).
 */
export async function sampleMetricHistory(
  ctx: Context,
  { runIds, key, interval, pointsMax }: MetricSampleQuery,
): Promise<RunMetric[]> {
  const within = interval
    ? sql`and metrics.step between ${interval.start} and ${interval.end}`
    : sql``
  const rows = await ctx.db.all(sql<RunMetricRow>`
    with points as (
      select ${pointColumns}, runs.run_id, wanted.key as place,
        row_number() over (partition by wanted.key
          order by metrics.step, metrics.timestamp_ms, metrics.value, metrics.is_nan) - 1 as rank,
        count(*) over (partition by wanted.key) as points
      from json_each(${JSON.stringify(runIds)}) as wanted
      cross join runs on runs.run_id = wanted.value
      join experiments on experiments.id = runs.experiment
      cross join metrics on metrics.run = runs.id and metrics.key = ${key} ${within}
      where experiments.workspace = ${ctx.workspace}
    ), groups as (
      select *, cast(${pointsMax} as integer) as groups,
        points / cast(${pointsMax} as integer) as small,
        points % cast(${pointsMax} as integer) as larger
      from points
    )
    select key, value, is_nan, step, timestamp_ms, run_id from groups
    where points <= groups or rank = points - 1
      or (rank < larger * (small + 1) and rank % (small + 1) = 0 and rank < (groups - 1) * (small + 1))
      or (rank >= larger * (small + 1) and (rank - larger * (small + 1)) % small = 0
        and rank < larger + (groups - 1) * small)
    order by place, rank`)
  return rows.map(runMetricFromRow)
}

function runMetricFromRow(row: RunMetricRow): RunMetric {
  return { ...metricFromRow(row), runId: row.run_id }
}
