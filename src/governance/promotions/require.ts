import { type SQL, sql } from 'drizzle-orm'
import type { Permission } from '../../access/permissions/levels.ts'
import { isPromptModel, mayAll, notDenied, readable } from '../../access/permissions/permitted.ts'
import { requireEach, requirePromoting } from '../../access/permissions/require.ts'
import { notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { requireTransition } from '../../registry/promoting.ts'
import type { PromotionTarget } from '../policies/policy.ts'
import { getPromotion } from './promotions.ts'

/**
 * Require a permission on the versions of the model that a request is about, whatever it is called
 * by now. What was asked for a model that is gone is for administrators.
 *
 * @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST
 */
export async function requirePromotion(
  ctx: Context,
  id: number,
  needed: Permission,
): Promise<void> {
  if (mayAll(ctx)) return
  const { registeredModelId } = await getPromotion(ctx, id)
  const model = sql`select m.id, m.name, ${isPromptModel} as is_prompt from registered_models m
    where m.id = ${registeredModelId} and m.workspace = ${ctx.workspace}`
  const found = await requireEach(ctx, 'model', model, needed, 'version', 'registered model')
  if (found.length === 0) throw notFound('Promotion request', String(id))
}

/** Require what making a move takes that nobody asks for: a request is no way around it. */
export function requireMove(
  ctx: Context,
  model: string,
  version: number,
  target: PromotionTarget,
  archiveOthers: boolean,
): Promise<void> {
  return target.alias === undefined
    ? requireTransition(ctx, model, version, target.stage, archiveOthers)
    : requirePromoting(ctx, model, { aliases: [target.alias] })
}

/** `requireMove` of the move that a request is for. @throws as `requirePromotion` */
export async function requireToMerge(ctx: Context, id: number): Promise<void> {
  if (mayAll(ctx)) return
  const { registeredModelId, version, target, archiveExisting } = await getPromotion(ctx, id)
  const model = await ctx.db.first<{ name: string }>(sql`select name from registered_models
    where id = ${registeredModelId} and workspace = ${ctx.workspace}`)
  if (!model) throw notFound('Promotion request', String(id))
  await requireMove(ctx, model.name, version, target, archiveExisting)
}

/** Condition on `promotions p`, for lists: the caller may read the versions of its model. */
export function readablePromotion(ctx: Context): SQL {
  if (mayAll(ctx)) return sql`1`
  return sql`exists (select 1 from registered_models m where m.id = p.registered_model
    and ${readable(ctx, 'model', sql`m.id`, isPromptModel)}
    and ${notDenied(ctx, 'version', isPromptModel)})`
}
