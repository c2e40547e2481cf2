import { type SQL, sql } from 'drizzle-orm'
import { excerpt, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkKey } from '../../core/names.ts'
import { boundMetricNames } from '../../db/bound.ts'
import { jsonChunksOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { keepPoints, metricCellsOf, newChunksSql, pointColumns } from '../history/write-points.ts'
import { latestOf } from '../latest-metrics.ts'
import { isActiveRun, type Metric } from '../run.ts'

/**
 * Check a point's key and time.
 *
 * @param field where the point stands in the request, e.g. `metrics[0].`; empty for a single point
 */
export function checkMetric(metric: Metric, field: string): void {
  checkKey(metric.key, `${field}name`, 'Metric name')
  if (metric.timestampMs < 0) {
    throw invalid(
      `${messages.wrongValue(String(metric.timestampMs), `${field}timestamp`)}: metric '${excerpt(metric.key)}' needs Unix milliseconds, not below 0`,
    )
  }
}

/** An infinity as the largest double of its sign, as MLflow keeps it. */
export function clampInfinity(value: number): number {
  return Number.isNaN(value)
    ? value
    : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
}

/**
 * Statements that add `points` to an active run's history and update `latest_metrics`. An identical
 * point is stored once.
 *
 * @param points infinities clamped
 */
export function metricStatements(ctx: Context, runId: string, points: readonly Metric[]): SQL[] {
  const kept = keepPoints(points)
  return [
    ...jsonChunksOf(kept.rows).map(
      (json) => sql`insert into metrics (${pointColumns})
        select runs.id, point.value ->> 0, point.value ->> 1, point.value ->> 2,
          point.value ->> 3, point.value ->> 4
        from runs cross join json_each(${json}) as point
        where ${isActiveRun(ctx, runId)}
        on conflict do nothing`,
    ),
    ...jsonChunksOf(kept.chunks).map((json) =>
      newChunksSql(
        sql`from runs cross join json_each(${json}) as chunk where ${isActiveRun(ctx, runId)}`,
        {
          run: sql`runs.id`,
          cell: (place) => sql`(chunk.value ->> ${sql.raw(String(place))})`,
        },
      ),
    ),
    ...jsonChunksOf(latestOf(points).map(metricCellsOf)).flatMap((json) => [
      boundMetricNames({
        table: 'latest_metrics',
        owner: 'run',
        ids: sql`select id from runs where ${isActiveRun(ctx, runId)}`,
        isNew: (run) => sql`exists (select 1 from json_each(${json}) p where not exists (
          select 1 from latest_metrics l where l.run = ${run} and l.key = p.value ->> 0))`,
      }),
      sql`insert into latest_metrics (run, key, timestamp_ms, step, value, is_nan)
        select runs.id, point.value ->> 0, point.value ->> 1, point.value ->> 2,
          point.value ->> 3, point.value ->> 4
        from runs cross join json_each(${json}) as point
        where ${isActiveRun(ctx, runId)}
        on conflict (run, key) do update set timestamp_ms = excluded.timestamp_ms,
          step = excluded.step, value = excluded.value, is_nan = excluded.is_nan
        where (excluded.step, excluded.timestamp_ms, excluded.value)
          > (latest_metrics.step, latest_metrics.timestamp_ms, latest_metrics.value)`,
    ]),
  ]
}
