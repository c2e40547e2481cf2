import { RegistryError } from '../../core/error.ts'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { resolveIdentity } from '../accounts/resolve-identity.ts'
import { claimedGroups } from './claims.ts'
import type { Credentials } from './credentials.ts'

/** What stands for the issuer of whom a proxy vouches for: there is one set of them. */
const issuer = 'proxy'

/** Whom a trusted proxy says that it let through. */
export async function authenticateByProxy(
  ctx: Context,
  { proxied }: Credentials,
): Promise<Principal | undefined> {
  if (!proxied) return undefined
  const { user, groups } = proxied
  if (user.includes(',')) {
    // Two values are joined so: one may be the client's own, let through by the proxy.
    throw new RegistryError(
      'UNAUTHENTICATED',
      'The proxy sent more than one user; have it replace the header, not add to it',
    )
  }
  return resolveIdentity(ctx, {
    issuer,
    subject: user,
    kind: 'user',
    name: user,
    groups: claimedGroups({ claim: 'groups', map: undefined }, { groups: groups?.split(/ *, */) }),
    adminGroup: undefined,
  })
}
