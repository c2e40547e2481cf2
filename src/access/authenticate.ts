import type { Principal } from '../core/principal.ts'
import type { Context } from '../platform/context.ts'
import { authenticateByAccess } from './cloudflare-access.ts'
import type { Authenticator, Credentials } from './credentials.ts'
import { authenticateByJwt } from './jwt.ts'
import { authenticateBySession } from './sessions.ts'
import { authenticateByProxy } from './trusted-proxy.ts'

/** In this order: what a caller sends on purpose goes before what a browser or a proxy adds. */
const authenticators: readonly Authenticator[] = [
  authenticateByJwt,
  authenticateBySession,
  authenticateByAccess,
  authenticateByProxy,
]

/**
 * Who a request is from; undefined when it carries no credentials at all.
 *
 * @throws UNAUTHENTICATED what it carries is wrong, expired or revoked
 */
export async function authenticate(
  ctx: Context,
  credentials: Credentials,
): Promise<Principal | undefined> {
  for (const authenticator of authenticators) {
    const principal = await authenticator(ctx, credentials)
    if (principal) return principal
  }
  return undefined
}
