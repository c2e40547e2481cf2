import { RegistryError } from '../../core/error.ts'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { resolveIdentity } from '../accounts/resolve-identity.ts'
import { identityFrom } from './by-jwt.ts'
import { readGroups } from './claims.ts'
import type { Credentials } from './credentials.ts'
import { verifyToken } from './verify-jwt.ts'

/** The issuer for everybody whom a trusted proxy names. */
const proxyIssuer = 'proxy'

/** The principal that a trusted proxy names. */
export async function authenticateByProxy(
  ctx: Context,
  { proxied }: Credentials,
): Promise<Principal | undefined> {
  if (!proxied) return undefined
  const { user, groups } = proxied
  if (user.includes(',')) {
    // Two header values are joined by a comma: one may be the client's own, passed on by the proxy.
    throw new RegistryError(
      'UNAUTHENTICATED',
      'The proxy sent more than one user; have it replace the header, not add to it',
    )
  }
  return resolveIdentity(ctx, {
    issuer: proxyIssuer,
    subject: user,
    kind: 'user',
    name: user,
    groups: readGroups({ claim: 'groups', map: undefined }, { groups: groups?.split(/ *, */) }),
    adminGroup: undefined,
  })
}

/**
 * The principal that Cloudflare Access let through. A person is named by the e-mail address, a
 * service token by its client id (`common_name`; its `sub` is empty).
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
  const issuer = isService ? { ...access, kind: 'service' as const, name: '{common_name}' } : access
  return resolveIdentity(ctx, identityFrom(issuer, claims))
}
