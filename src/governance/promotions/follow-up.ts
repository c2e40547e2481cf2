import { sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { conflict, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { getPromotion, promotionEntry } from './promotions.ts'

/** Close the follow-up that a break-glass merge left open. @throws PERMISSION_DENIED, RESOURCE_CONFLICT */
export async function followUp(
  ctx: Context,
  id: number,
  comment: string | undefined,
): Promise<void> {
  const promotion = await getPromotion(ctx, id)
  if (!promotion.breakGlass || promotion.followedUpBy !== null) {
    throw conflict(`Promotion request #${id} has no follow-up review open`)
  }
  const brokeIt = promotion.decidedBy?.name === ctx.principal.name
  if (brokeIt || promotion.requestedBy.name === ctx.principal.name || !ctx.principal.verified) {
    throw new RegistryError(
      'PERMISSION_DENIED',
      'The follow-up review is for somebody else, signed in: neither who asked nor who broke the glass',
    )
  }
  const [closed] = await commit(ctx, [
    sql`update promotions set followed_up_by = ${ctx.principal.name}
      where id = ${id} and break_glass = 1 and followed_up_by is null returning id`,
    promotionEntry(ctx, 'promotion.followed_up', sql`id = ${id} and changes() = 1`, {
      reason: comment,
    }),
  ])
  if (!closed?.length) throw conflict(`Promotion request #${id} has no follow-up review open`)
}
