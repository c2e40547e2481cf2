import { sql } from 'drizzle-orm'
import type { Permission } from '../../access/levels.ts'
import { requireModel, requirePromoting } from '../../access/require.ts'
import type { Context } from '../../platform/context.ts'
import { requireTransition } from '../../registry/promoting.ts'
import type { Promotion } from './promotion.ts'
import { getPromotion } from './promotions.ts'

type Move = Pick<Promotion, 'model' | 'version' | 'target' | 'archiveExisting'>

/** Require the right to make a move, as a transition or an alias takes it. @throws PERMISSION_DENIED */
export function requireMove(
  ctx: Context,
  { model, version, target, archiveExisting }: Move,
): Promise<void> {
  return target.alias === undefined
    ? requireTransition(ctx, model, version, target.stage, archiveExisting)
    : requirePromoting(ctx, model, { aliases: [target.alias] })
}

/** Require the right to make the move that a request asks for. @throws PERMISSION_DENIED */
export async function requireToMerge(ctx: Context, id: number): Promise<void> {
  const promotion = await getPromotion(ctx, id)
  await requireMove(ctx, { ...promotion, model: await nameOf(ctx, promotion) })
}

/** Require a permission on the model that a request is about. @throws PERMISSION_DENIED */
export async function requireOnPromotion(
  ctx: Context,
  id: number,
  needed: Permission,
): Promise<void> {
  await requireModel(ctx, await nameOf(ctx, await getPromotion(ctx, id)), needed, 'version')
}

/** The model's name at this moment; that of the request where the model is gone. */
async function nameOf(ctx: Context, { registeredModelId, model }: Promotion): Promise<string> {
  const row = await ctx.db.first<{ name: string }>(
    sql`select name from registered_models where id = ${registeredModelId}`,
  )
  return row?.name ?? model
}
