import type { SQL } from 'drizzle-orm'
import { compile } from '../../db/compile.ts'
import type { Context } from '../../platform/context.ts'

/** A request may last for hours, as a stream does, so what it read is used for this long only. */
const maxAgeMs = 1000

/**
 * The rows of a select that decides what the caller may. A request runs it once, since a rule and
 * the verb behind it need the same rows. After a change of its own (`commit`) it runs again. A
 * context that belongs to no request keeps nothing.
 */
export async function readOnce<Row>(ctx: Context, query: SQL<Row>): Promise<readonly Row[]> {
  const { permissionReads } = ctx
  if (!permissionReads) return ctx.db.all(query)
  const { text, params } = compile(query)
  const key = JSON.stringify([text, params])
  const known = permissionReads.get(key)
  // The key is the statement itself, so these are its rows.
  if (known && ctx.now() - known.atMs < maxAgeMs) return known.rows as Promise<readonly Row[]>
  const rows = ctx.db.all(query)
  permissionReads.set(key, { rows, atMs: ctx.now() })
  return rows
}
