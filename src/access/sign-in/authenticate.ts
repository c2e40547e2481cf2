import { RegistryError } from '../../core/error.ts'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { authenticateByJwt } from './by-jwt.ts'
import { authenticateByPassword } from './by-password.ts'
import { authenticateByAccess, authenticateByProxy } from './by-proxy.ts'
import { authenticateBySignature } from './by-signature.ts'
import { authenticateByToken } from './by-token.ts'
import type { Authenticator, Credentials } from './credentials.ts'
import { requireFirstAdmin } from './first-admin.ts'
import { authenticateBySession } from './sessions.ts'

/**
 * Tried in this order: what a caller sends on purpose comes before what a browser or proxy adds.
 */
const authenticators: readonly Authenticator[] = [
  authenticateByJwt,
  authenticateByToken,
  authenticateByPassword,
  authenticateBySignature,
  authenticateBySession,
  authenticateByAccess,
  authenticateByProxy,
]

/**
 * Who a request is from; undefined when it carries no credentials at all.
 *
 * @throws UNAUTHENTICATED what it carries is wrong, expired or revoked
 * @throws REQUEST_LIMIT_EXCEEDED too many wrong passwords came before
 */
export async function authenticate(
  ctx: Context,
  credentials: Credentials,
): Promise<Principal | undefined> {
  for (const authenticator of authenticators) {
    const principal = await authenticator(ctx, credentials)
    if (principal) return principal
  }
  if (credentials.authorization === undefined) {
    await requireFirstAdmin(ctx)
    return undefined
  }
  throw new RegistryError(
    'UNAUTHENTICATED',
    'The Authorization header is neither Basic with a password or access token, nor Bearer with an access token',
  )
}
