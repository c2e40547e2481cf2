import { type SQL, sql } from 'drizzle-orm'
import { type Int64, parseInt64 } from '../../core/int64.ts'
import {
  decodePageToken,
  encodePageToken,
  foreignPageToken,
  type PageKey,
} from '../../core/page-token.ts'
import { fixSql } from '../../db/compile.ts'
import { int64Column, int64Param } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { isRun, type Metric, type MetricRow, metricFromRow } from '../runs/run.ts'

export type RunMetric = Metric & { readonly runId: string }

const pointColumns = fixSql(sql`metrics.key, metrics.value, metrics.is_nan,
  ${int64Column(sql`metrics.step`)} as step,
  ${int64Column(sql`metrics.timestamp_ms`)} as timestamp_ms`)

/**
 * One page of the points of one metric, by time, then step, then value. A run or key that is not
 * there has none.
 *
 * @param pointsMax undefined: all that are left
 */
export async function readMetricHistory(
  ctx: Context,
  runId: string,
  key: string,
  pointsMax: number | undefined,
  pageToken: string | undefined,
): Promise<{ readonly metrics: readonly Metric[]; readonly nextPageToken: string | undefined }> {
  const asked = ['metric-history', ctx.workspace, runId, key]
  const rowsMax = pointsMax === undefined ? Number.POSITIVE_INFINITY : pointsMax + 1
  const rows: MetricRow[] = []
  let last = decodePageToken(asked, pageToken)
  for (;;) {
    const wanted = Math.min(pointsPerRead, rowsMax - rows.length)
    const read = await readPoints(ctx, runId, key, last, wanted)
    rows.push(...read)
    last = placeOf(read.at(-1))
    if (read.length < wanted || rows.length === rowsMax) break
  }
  const page = rows.slice(0, pointsMax)
  const end = rows.length > page.length ? placeOf(page.at(-1)) : undefined
  return {
    metrics: page.map(metricFromRow),
    nextPageToken: end && encodePageToken(asked, end),
  }
}

/** Their JSON stays far below the 2 MB that one value of D1 may have. */
const pointsPerRead = 5000

type Point = [value: string, isNan: number, step: number | string, timestampMs: number | string]

/**
 * The first `count` points behind `last`, in one row: drivers take longer over a row than SQLite
 * over a point. Values go as text of 17 digits, since SQLite's JSON has 15.
 */
async function readPoints(
  ctx: Context,
  runId: string,
  key: string,
  last: PageKey | undefined,
  count: number,
): Promise<MetricRow[]> {
  const row = await ctx.db.first<{ points: string }>(sql`
    select json_group_array(json_array(printf('%!.17g', value), is_nan, step, timestamp_ms)) as points
    from (select ${pointColumns} from metrics
      where run = (select runs.id from runs where ${isRun(ctx, runId)}) and key = ${key} ${after(last)}
      order by metrics.timestamp_ms, metrics.step, metrics.value, metrics.is_nan limit ${count})`)
  const points = JSON.parse(row?.points ?? '[]') as Point[]
  return points.map(([value, is_nan, step, timestamp_ms]) => ({
    key,
    value: Number(value),
    is_nan,
    step,
    timestamp_ms,
  }))
}

function placeOf(row: MetricRow | undefined): PageKey | undefined {
  return row && [row.timestamp_ms, row.step, row.value, row.is_nan]
}

function after(last: PageKey | undefined): SQL {
  if (!last) return sql``
  const [timestamp, step, value, isNan] = last
  const isPoint = typeof value === 'number' && typeof isNan === 'number' && last.length === 4
  if (!isPoint) throw foreignPageToken()
  return sql`and (metrics.timestamp_ms, metrics.step, metrics.value, metrics.is_nan)
    > (${int64Param(tokenInt64(timestamp))}, ${int64Param(tokenInt64(step))}, ${value}, ${isNan})`
}

function tokenInt64(part: string | number | null | undefined): Int64 {
  const value = parseInt64(String(part))
  if (value === undefined) throw foreignPageToken()
  return value
}

/**
 * Points of one metric of several runs, run after run in the order given, each by time.
 *
 * @param pointsMax of all runs together
 */
export async function readMetricHistoryOfRuns(
  ctx: Context,
  runIds: readonly string[],
  key: string,
  pointsMax: number,
): Promise<RunMetric[]> {
  const wanted = JSON.stringify([...new Set(runIds)])
  const rows = await ctx.db.all<MetricRow & { run_id: string }>(sql`
    select ${pointColumns}, runs.run_id
    from json_each(${wanted}) as wanted
    cross join runs on runs.run_id = wanted.value
    join experiments on experiments.id = runs.experiment
    cross join metrics on metrics.run = runs.id and metrics.key = ${key}
    where experiments.workspace = ${ctx.workspace}
    order by wanted.key, metrics.timestamp_ms, metrics.step, metrics.value, metrics.is_nan
    limit ${pointsMax}`)
  return rows.map(runMetricFromRow)
}

/** @param steps inclusive at both ends */
export type StepInterval = { readonly start: number; readonly end: number }

/**
 * Up to `pointsMax` points of one metric of each run, evenly chosen by rank: the points are cut
 * into `pointsMax` equal groups and the first of each is taken, the last point for the last group.
 * By step, then time, then value (mlflow 3.17.2 samples just so).
 */
export async function sampleMetricHistory(
  ctx: Context,
  runIds: readonly string[],
  key: string,
  interval: StepInterval | undefined,
  pointsMax: number,
): Promise<RunMetric[]> {
  const within = interval
    ? sql`and metrics.step between ${interval.start} and ${interval.end}`
    : sql``
  const rows = await ctx.db.all<MetricRow & { run_id: string }>(sql`
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

function runMetricFromRow(row: MetricRow & { run_id: string }): RunMetric {
  return { ...metricFromRow(row), runId: row.run_id }
}
