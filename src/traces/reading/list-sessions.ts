import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'

/** A conversation: the traces that name the same session. */
export type TraceSession = {
  readonly session: string
  readonly traces: number
  /** How many of them failed. */
  readonly failed: number
  readonly firstAtMs: number
  readonly lastAtMs: number
}

type SessionRow = {
  readonly session_id: string
  readonly traces: number
  readonly failed: number
  readonly first_at: number
  readonly last_at: number
}

/**
 * The sessions of the newest traces of an experiment, the latest first.
 *
 * @param most.traces so many of the newest traces are looked at
 */
export async function listSessions(
  ctx: Context,
  experimentId: number,
  most: { readonly traces: number; readonly sessions: number },
): Promise<readonly TraceSession[]> {
  const rows = await ctx.db.all(sql<SessionRow>`select session_id, count(*) as traces,
      sum(state = 'ERROR') as failed, min(request_time_ms) as first_at,
      max(request_time_ms) as last_at
    from (select t.session_id, t.state, t.request_time_ms from traces t
      join experiments e on e.id = t.experiment
      where t.experiment = ${experimentId} and e.workspace = ${ctx.workspace}
      order by t.request_time_ms desc limit ${most.traces})
    where session_id is not null and session_id <> '' group by session_id
    order by last_at desc, session_id limit ${most.sessions}`)
  return rows.map((row) => ({
    ...{ session: row.session_id, traces: row.traces, failed: row.failed },
    ...{ firstAtMs: row.first_at, lastAtMs: row.last_at },
  }))
}
