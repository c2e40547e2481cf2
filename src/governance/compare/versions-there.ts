import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'

/**
 * Which version is now where each request leads, of several in a stage the newest; by `promotions.id`,
 * in one statement. Requests that lead to an empty place, or whose own version is there, have none.
 */
export async function readVersionsThere(
  ctx: Context,
  requests: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (requests.length === 0) return new Map()
  const rows = await ctx.db.all(sql<{ id: number; version: number }>`
    select id, there as version from (
      select p.id, p.version, iif(p.target_kind = 'alias',
        (select a.version from aliases a
          where a.registered_model = p.registered_model and a.alias = p.target),
        (select max(v.version) from model_versions v
          where v.registered_model = p.registered_model and v.stage = p.target)) as there
      from promotions p where p.id in (select value from json_each(${JSON.stringify(requests)})))
    where there <> version`)
  return new Map(rows.map(({ id, version }) => [id, version]))
}
