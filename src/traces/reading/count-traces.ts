import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'

/** Traces of an experiment that a run made, or that were linked with it, counted up to `most`. */
export async function countTracesOfRun(
  ctx: Context,
  run: { readonly runId: string; readonly experimentId: number },
  most: number,
): Promise<number> {
  const { runId, experimentId } = run
  const row = await ctx.db.first(sql<{ count: number }>`select count(*) as count from (
    select t.id from traces t
      where t.source_run = ${runId} and t.experiment = ${experimentId}
    union
    select t.id from trace_links l
      join traces t on t.workspace = l.workspace and t.trace_id = l.trace_id
      where l.workspace = ${ctx.workspace} and l.kind = 'run' and l.target = ${runId}
        and t.experiment = ${experimentId}
    limit ${most})`)
  return row?.count ?? 0
}
