import { type SQL, sql } from 'drizzle-orm'
import { excerpt, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkKey } from '../../core/names.ts'
import { boundMetricNames } from '../../db/bound.ts'
import { jsonChunksOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { keepLatestSql, latestCellsOf } from '../extremes/keep-latest.ts'
import { keepPoints, newChunksSql, pointColumns } from '../history/write-points.ts'
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
    ...jsonChunksOf(latestCellsOf(points)).flatMap((json) => [
      boundMetricNames({
        table: 'latest_metrics',
        owner: 'run',
        ids: sql`select id from runs where ${isActiveRun(ctx, runId)}`,
        isNew: (run) => sql`exists (select 1 from json_each(${json}) p where not exists (
          select 1 from latest_metrics l where l.run = ${run} and l.key = p.value ->> 0))`,
      }),
      keepLatestSql(sql`select runs.id, point.value ->> 0, point.value ->> 1, point.value ->> 2,
          point.value ->> 3, point.value ->> 4, point.value ->> 5, point.value ->> 6
        from runs cross join json_each(${json}) as point
        where ${isActiveRun(ctx, runId)}`),
    ]),
  ]
}
