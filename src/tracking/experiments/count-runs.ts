import { sql } from 'drizzle-orm'
import { isNotDeniedSql } from '../../access/permissions/permitted.ts'
import { type Int64, int64FromRow } from '../../core/int64.ts'
import { int64Column } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'

export type RunCount = {
  readonly runs: number
  /** When the newest of them began. */
  readonly lastStartMs: Int64
}

/**
 * How many active runs each of these experiments has; those without any are left out. The caller may read the
 * experiments. One walk over an index, whatever the runs hold.
 */
export async function countRuns(
  ctx: Context,
  experimentIds: readonly number[],
): Promise<ReadonlyMap<number, RunCount>> {
  const rows = await ctx.db.all(sql<{ experiment: number; runs: number; last: number | string }>`
    select r.experiment, count(*) as runs, ${int64Column(sql`max(r.start_time_ms)`)} as last
    from json_each(${JSON.stringify(experimentIds)}) w
    cross join runs r on r.experiment = w.value and r.lifecycle_stage = 'active'
    where ${isNotDeniedSql(ctx, 'run')} group by r.experiment`)
  return new Map(
    rows.map(({ experiment, runs, last }) => [
      experiment,
      { runs, lastStartMs: int64FromRow(last) },
    ]),
  )
}
