import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../platform/context.ts'

/** The key of a trace by the id that the world sees: a select of `traces.id` as `id`. */
export function traceNamed(ctx: Context, traceId: string): SQL {
  return sql`select id from traces where workspace = ${ctx.workspace} and trace_id = ${traceId}`
}
