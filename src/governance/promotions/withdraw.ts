import { RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { Promotion } from './promotion.ts'

/** Who asked withdraws; with access control on nobody else but an administrator does. */
export function mayWithdraw(ctx: Context, { requestedBy }: Promotion): boolean {
  if (!ctx.settings.auth || ctx.principal.isAdmin) return true
  return requestedBy.name === ctx.principal.name
}

/** @throws PERMISSION_DENIED it is somebody else's */
export function requireToWithdraw(ctx: Context, promotion: Promotion): void {
  if (mayWithdraw(ctx, promotion)) return
  const { id, requestedBy } = promotion
  throw new RegistryError(
    'PERMISSION_DENIED',
    `Promotion request #${id} is ${requestedBy.name}'s; only they and administrators withdraw it, reviewers reject it`,
  )
}
