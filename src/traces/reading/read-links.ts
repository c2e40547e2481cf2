import { sql } from 'drizzle-orm'
import { isNotDeniedSql, mayReadSql } from '../../access/permissions/permitted.ts'
import type { Context } from '../../platform/context.ts'

export type TraceLinks = {
  readonly runIds: readonly string[]
  /** `name/version` each. */
  readonly prompts: readonly string[]
}

/** What a trace is linked with, of each kind at most `most`: runs that the caller may read, and prompts by name. */
export async function readTraceLinks(
  ctx: Context,
  traceId: string,
  most: number,
): Promise<TraceLinks> {
  const linked = (kind: 'run' | 'prompt') =>
    sql`l.workspace = ${ctx.workspace} and l.trace_id = ${traceId} and l.kind = ${kind}`
  const { runs, prompts } = await ctx.db.batch({
    runs: sql<{ target: string }>`select l.target from trace_links l
      join runs r on r.run_id = l.target join experiments e on e.id = r.experiment
      where ${linked('run')} and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}
        and ${isNotDeniedSql(ctx, 'run')} order by l.target limit ${most}`,
    prompts: sql<{ target: string }>`select l.target from trace_links l
      where ${linked('prompt')} order by l.target limit ${most}`,
  })
  return {
    runIds: runs.map(({ target }) => target),
    prompts: prompts.map(({ target }) => target),
  }
}
