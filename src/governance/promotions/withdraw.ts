import { RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { Promotion } from './promotion.ts'
import { endPromotion } from './promotions.ts'

/**
 * Close an open request. Who asked withdraws; with access control on nobody else but an administrator
 * does.
 *
 * @throws PERMISSION_DENIED it is somebody else's
 * @throws RESOURCE_CONFLICT it is not open any more
 */
export async function withdrawPromotion(
  ctx: Context,
  promotion: Promotion,
  comment: string | undefined,
): Promise<void> {
  if (!mayWithdraw(ctx, promotion)) {
    throw new RegistryError(
      'PERMISSION_DENIED',
      `Promotion request #${promotion.id} is ${promotion.requestedBy.name}'s; only they and administrators withdraw it, reviewers reject it`,
    )
  }
  await endPromotion(ctx, promotion, 'closed', comment)
}

export function mayWithdraw(ctx: Context, { requestedBy }: Promotion): boolean {
  if (!ctx.settings.auth || ctx.principal.isAdmin) return true
  return requestedBy.name === ctx.principal.name
}
