import { type SQL, sql } from 'drizzle-orm'
import { type Int64, parseInt64 } from '../../core/int64.ts'
import {
  decodePageToken,
  encodePageToken,
  foreignPageToken,
  type PageKey,
} from '../../core/page-token.ts'
import { fixSql } from '../../db/compile.ts'
import { int64Column } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import type { Point } from '../history/chunk-codec.ts'
import { hasChunksSql, readPointsOf, readRoundsOf } from '../history/read-points.ts'
import { samplePoints } from '../history/sample-points.ts'
import { storedValue } from '../latest-metrics.ts'
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
 * One page of the points of one metric, by time, then step, then value, as they are read: each round has the next
 * ones. It returns the token of the next page. A run or key that is not there has no points.
 *
 * @throws INVALID_PARAMETER_VALUE the page token belongs to another metric
 */
export async function* readMetricHistory(
  ctx: Context,
  { runId, key, pointsMax, pageToken }: MetricHistoryQuery,
): AsyncGenerator<readonly Point[], string | undefined> {
  const fingerprint = ['metric-history', ctx.workspace, runId, key]
  const after = pointFromKey(decodePageToken(fingerprint, pageToken))
  let left = pointsMax ?? Number.POSITIVE_INFINITY
  let last: Point | undefined
  // One more than the page has tells whether there is another page.
  const wanted = { run: runNamed(ctx, runId), key, after, count: left + 1 }
  for await (const [points = []] of readRoundsOf(ctx, [wanted])) {
    const own = points.slice(0, left)
    yield own
    last = own.at(-1) ?? last
    if (points.length > left) return last && encodePageToken(fingerprint, pageKeyOf(last))
    left -= own.length
  }
  return undefined
}

function runNamed(ctx: Context, runId: string): SQL {
  return sql`(select runs.id from runs where ${isRun(ctx, runId)})`
}

type PointsWanted = {
  readonly runId: string
  readonly key: string
  readonly after: Point | undefined
  readonly count: number
}

async function readPoints(ctx: Context, { runId, ...wanted }: PointsWanted): Promise<Metric[]> {
  const [points = []] = await readPointsOf(ctx, [{ ...wanted, run: runNamed(ctx, runId) }])
  return points.map((point) => ({ ...point, key: wanted.key }))
}

/** Points of one page of a whole run. */
const pointsPerPage = 5000

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
    let after: Point | undefined
    for (;;) {
      const points = await readPoints(ctx, { runId, key, after, count: pointsPerPage })
      if (points.length > 0) yield points
      if (points.length < pointsPerPage) break
      after = points.at(-1)
    }
  }
}

function pageKeyOf({ timestampMs, step, value }: Point): PageKey {
  return [int64Part(timestampMs), int64Part(step), storedValue(value), Number.isNaN(value) ? 1 : 0]
}

function int64Part(value: Int64): number | string {
  return typeof value === 'number' ? value : String(value)
}

function pointFromKey(key: PageKey | undefined): Point | undefined {
  if (!key) return undefined
  const [timestamp, step, value, isNan] = key
  const isPoint = typeof value === 'number' && typeof isNan === 'number' && key.length === 4
  if (!isPoint) throw foreignPageToken()
  return {
    timestampMs: parseTokenInt64(timestamp),
    step: parseTokenInt64(step),
    value: isNan ? Number.NaN : value,
  }
}

function parseTokenInt64(part: string | number | null | undefined): Int64 {
  const value = parseInt64(String(part))
  if (value === undefined) throw foreignPageToken()
  return value
}

type WantedRun = { readonly id: number; readonly run_id: string }

/** Runs that are read in one round trip. */
const runsPerRead = 25

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
  const runs = await ctx.db.all(sql<WantedRun>`
    select runs.id, runs.run_id from json_each(${wanted}) as wanted
    cross join runs on runs.run_id = wanted.value
    join experiments on experiments.id = runs.experiment
    where experiments.workspace = ${ctx.workspace} order by runs.run_id`)
  const metrics: RunMetric[] = []
  for (let at = 0; at < runs.length && metrics.length < pointsMax; at += runsPerRead) {
    const round = runs.slice(at, at + runsPerRead)
    const count = pointsMax - metrics.length
    const read = await readPointsOf(
      ctx,
      round.map(({ id }) => ({ run: sql`${id}`, key, count })),
    )
    for (const [i, { run_id: runId }] of round.entries()) {
      for (const point of read[i] ?? []) metrics.push({ ...point, key, runId })
    }
  }
  return metrics.slice(0, pointsMax)
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
  const wanted = sql`json_each(${JSON.stringify(runIds)}) as wanted
    cross join runs on runs.run_id = wanted.value
    join experiments on experiments.id = runs.experiment and experiments.workspace = ${ctx.workspace}`
  const { inRows, inChunks } = await ctx.db.batch({
    inRows: sql<SampledRow>`
    with points as (
      select ${pointColumns}, runs.run_id, wanted.key as place,
        row_number() over (partition by wanted.key
          order by metrics.step, metrics.timestamp_ms, metrics.value, metrics.is_nan) - 1 as rank,
        count(*) over (partition by wanted.key) as points
      from ${wanted}
      cross join metrics on metrics.run = runs.id and metrics.key = ${key} ${within}
      where not ${hasChunksSql(sql`runs.id`, sql`${key}`)}
    ), groups as (
      select *, cast(${pointsMax} as integer) as groups,
        points / cast(${pointsMax} as integer) as small,
        points % cast(${pointsMax} as integer) as larger
      from points
    )
    select key, value, is_nan, step, timestamp_ms, run_id, place from groups
    where points <= groups or rank = points - 1
      or (rank < larger * (small + 1) and rank % (small + 1) = 0 and rank < (groups - 1) * (small + 1))
      or (rank >= larger * (small + 1) and (rank - larger * (small + 1)) % small = 0
        and rank < larger + (groups - 1) * small)
    order by place, rank`,
    inChunks: sql<WantedRun & { place: number }>`select runs.id, runs.run_id, wanted.key as place
      from ${wanted} where ${hasChunksSql(sql`runs.id`, sql`${key}`)}`,
  })
  const sampled = inRows.map((row) => ({ place: row.place, metric: runMetricFromRow(row) }))
  for (const { id, run_id: runId, place } of inChunks) {
    const sample = {
      count: pointsMax,
      isWanted: ({ step }: Point) => !interval || (step >= interval.start && step <= interval.end),
    }
    for (const point of await samplePoints(ctx, { run: sql`${id}`, key }, sample)) {
      sampled.push({ place, metric: { ...point, key, runId } })
    }
  }
  return sampled.sort((a, b) => a.place - b.place).map(({ metric }) => metric)
}

type SampledRow = RunMetricRow & { readonly place: number }

function runMetricFromRow(row: RunMetricRow): RunMetric {
  return { ...metricFromRow(row), runId: row.run_id }
}
