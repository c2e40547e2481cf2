import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { readablePromotion } from '../permissions.ts'

/** Ids of the open requests of models, newest first, by `registered_models.id`. */
export async function readOpenRequests(
  ctx: Context,
  models: readonly number[],
): Promise<ReadonlyMap<number, readonly number[]>> {
  const rows = await ctx.db.all(sql<{ id: number; model: number }>`
    select p.id, p.registered_model as model from promotions p
    where p.registered_model in (select value from json_each(${JSON.stringify(models)}))
      and p.status = 'open' and p.expires_at_ms > ${ctx.now()} and ${readablePromotion(ctx)}
    order by p.id desc`)
  const byModel = Map.groupBy(rows, ({ model }) => model)
  return new Map([...byModel].map(([model, own]) => [model, own.map(({ id }) => id)]))
}
