import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'

export type TraceLinks = {
  readonly runIds: readonly string[]
  /** `name/version` each. */
  readonly prompts: readonly string[]
}

/** What a trace is linked with, of each kind at most `most`. Neither has to be there. */
export async function readTraceLinks(
  ctx: Context,
  traceId: string,
  most: number,
): Promise<TraceLinks> {
  const linked = (kind: 'run' | 'prompt') => sql<{ target: string }>`select target from trace_links
    where workspace = ${ctx.workspace} and trace_id = ${traceId} and kind = ${kind}
    order by target limit ${most}`
  const { runs, prompts } = await ctx.db.batch({ runs: linked('run'), prompts: linked('prompt') })
  return {
    runIds: runs.map(({ target }) => target),
    prompts: prompts.map(({ target }) => target),
  }
}
