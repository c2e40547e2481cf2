import type { Principal } from '../core/principal.ts'
import type { Context } from '../platform/context.ts'

/** What a request carries of who sends it. */
export type Credentials = {
  /** The header as it came. */
  readonly authorization: string | undefined
  /** The client's address where it can be believed: who fails too often is told by it. */
  readonly clientAddress?: string | undefined
  /** The session's id, from the cookie that counts on this connection. */
  readonly session?: string | undefined
  /** Cloudflare Access's header Cf-Access-Jwt-Assertion, as it came. */
  readonly assertion?: string | undefined
  /** Whom a trusted proxy vouches for; undefined whenever the request came by no such proxy. */
  readonly proxied?: { readonly user: string; readonly groups: string | undefined } | undefined
}

/**
 * One way to sign in: the principal; undefined when the credentials are not of its kind.
 *
 * @throws UNAUTHENTICATED they are of its kind, and wrong, expired or revoked
 */
export type Authenticator = (
  ctx: Context,
  credentials: Credentials,
) => Promise<Principal | undefined>
