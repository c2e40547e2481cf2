import { sql } from 'drizzle-orm'
import type { Database } from '../../db/database.ts'
import { int64Column } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import {
  type ExtremeCells,
  type Extremes,
  extremeColumns,
  extremesFrom,
} from '../extremes/extremes.ts'
import { type Metric, type MetricRow, metricFromRow } from '../run.ts'
import { getRunInfo } from './read-runs.ts'

/** The latest point of a metric, and its extremes where they are known. */
export type MetricFigures = Metric & { readonly extremes: Extremes | undefined }

/**
 * Metrics of a run by name, the first `count` behind `after`.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such run
 */
export async function listRunMetrics(
  ctx: Context,
  runId: string,
  { after, count }: { readonly after: string; readonly count: number },
): Promise<MetricFigures[]> {
  const { id } = await getRunInfo(ctx, runId)
  const rows = await ctx.db.all(sql<MetricRow & ExtremeCells>`
    select l.key, l.value, l.is_nan, ${int64Column(sql`l.step`)} as step,
      ${int64Column(sql`l.timestamp_ms`)} as timestamp_ms, ${extremeColumns(sql`l`)}
    from latest_metrics l where l.run = ${id} and l.key > ${after} order by l.key limit ${count}`)
  return rows.map((row) => ({ ...metricFromRow(row), extremes: extremesFrom(row) }))
}

/** The extremes of these metrics of a run (`runs.id`), of those that have some. */
export async function readExtremes(
  db: Database,
  run: number,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Extremes>> {
  if (keys.length === 0) return new Map()
  const rows = await db.all(sql<ExtremeCells & { key: string }>`
    select l.key, ${extremeColumns(sql`l`)} from json_each(${JSON.stringify(keys)}) k
    cross join latest_metrics l on l.run = ${run} and l.key = k.value`)
  return new Map(
    rows.flatMap((row) => {
      const extremes = extremesFrom(row)
      return extremes ? [[row.key, extremes] as const] : []
    }),
  )
}
