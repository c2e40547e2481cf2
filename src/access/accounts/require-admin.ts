import { RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'

/**
 * Only administrators may manage accounts, groups and tokens, even with access control off.
 * Otherwise anybody could plant an administrator before it is switched on.
 *
 * @throws PERMISSION_DENIED
 */
export function requireAccessAdmin(ctx: Context): void {
  if (!ctx.principal.isAdmin) throw refused(ctx, 'only administrators may')
}

/** @throws PERMISSION_DENIED it is about somebody else, and the caller is no administrator */
export function requireSelfOrAdmin(ctx: Context, name: string): void {
  if (isSelf(ctx, name) || ctx.principal.isAdmin) return
  throw refused(ctx, 'only administrators may, and users for themselves')
}

/** @throws PERMISSION_DENIED the caller has no account */
export function requireAccount(ctx: Context): number {
  const { accountId } = ctx.principal
  if (accountId === undefined) throw refused(ctx, 'it has no account')
  return accountId
}

/** Whether the caller is the account of this name. */
export function isSelf({ principal }: Context, name: string): boolean {
  return principal.accountId !== undefined && principal.name === name
}

function refused(ctx: Context, why: string): RegistryError {
  const off = ctx.settings.auth
    ? ''
    : '; access control is off: use the `gatehouse` command on the database, or start the server with --auth'
  return new RegistryError(
    'PERMISSION_DENIED',
    `${messages.denied}. '${ctx.principal.name}' may not do this: ${why}${off}`,
  )
}
