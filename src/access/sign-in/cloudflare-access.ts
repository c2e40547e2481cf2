import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { resolveIdentity } from '../accounts/resolve-identity.ts'
import { identityFrom } from './by-jwt.ts'
import type { Credentials } from './credentials.ts'
import { verifyToken } from './verify-jwt.ts'

/**
 * Whom Cloudflare Access let through: a person by the e-mail address, a service token by the name
 * of its client id (`common_name`; its `sub` is empty).
 *
 * @see Cloudflare One, "Application token"
 */
export async function authenticateByAccess(
  ctx: Context,
  { assertion }: Credentials,
): Promise<Principal | undefined> {
  const access = ctx.settings.cloudflareAccess
  if (!access || assertion === undefined) return undefined
  const claims = await verifyToken(ctx, access, assertion)
  const isService = typeof claims.common_name === 'string' && !claims.sub
  const bearer = isService ? { ...access, kind: 'service' as const, name: '{common_name}' } : access
  return resolveIdentity(ctx, identityFrom(bearer, claims))
}
