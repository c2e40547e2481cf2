import { sql } from 'drizzle-orm'
import type { Context } from '../platform/context.ts'

/**
 * What experiments of other servers became here, by their ids there. Left out are those that did not come
 * or are gone, and an id that several servers had for different ones.
 */
export async function findOwnExperiments(
  ctx: Context,
  foreignIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await ctx.db.all(sql<{ foreign_id: string; own_id: string }>`
    select i.foreign_id, min(i.own_id) as own_id from imported_items i
    join experiments e on e.workspace = i.workspace and e.id = cast(i.own_id as integer)
    where i.kind = 'experiment' and i.workspace = ${ctx.workspace}
      and i.foreign_id in (select value from json_each(${JSON.stringify(foreignIds)}))
    group by i.foreign_id having count(distinct i.own_id) = 1`)
  return new Map(rows.map(({ foreign_id, own_id }) => [foreign_id, own_id]))
}
