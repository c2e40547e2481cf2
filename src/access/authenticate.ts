import type { Principal } from '../core/principal.ts'
import type { Context } from '../platform/context.ts'
import { authenticateByAccess } from './cloudflare-access.ts'
import { authenticateByJwt } from './jwt.ts'
import { authenticateBySession } from './sessions.ts'
import { authenticateByProxy } from './trusted-proxy.ts'

/** What a request carries of who sends it. */
export type Credentials = {
  /** The header as it came. */
  readonly authorization: string | undefined
  /** The session's id, from the cookie that counts on this connection. */
  readonly session: string | undefined
  /** Cloudflare Access's header Cf-Access-Jwt-Assertion, as it came. */
  readonly assertion: string | undefined
  /** Whom a trusted proxy vouches for; undefined whenever the request came by no such proxy. */
  readonly proxied: { readonly user: string; readonly groups: string | undefined } | undefined
}

/**
 * One way to tell who a request is from; undefined when it carries nothing of the kind.
 *
 * @throws UNAUTHENTICATED what it carries is wrong, expired or revoked
 */
type Authenticator = (ctx: Context, credentials: Credentials) => Promise<Principal | undefined>

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
