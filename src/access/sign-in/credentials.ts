import { fromBase64Url } from '../../core/bytes.ts'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import type { SignedRequest } from '../signatures/sigv4.ts'

/** The credentials that a request carries. */
export type Credentials = {
  /** The header as it was sent. */
  readonly authorization: string | undefined
  /** The client's address, if it can be believed: failed attempts are counted by it. */
  readonly clientAddress?: string | undefined
  /** The session's id, from the cookie that counts on this connection. */
  readonly session?: string | undefined
  /** Cloudflare Access's header Cf-Access-Jwt-Assertion, as it was sent. */
  readonly assertion?: string | undefined
  /** Whom a trusted proxy names; undefined if the request came through no trusted proxy. */
  readonly proxied?: { readonly user: string; readonly groups: string | undefined } | undefined
  /** The request itself, where AWS's clients may have signed it. */
  readonly signed?: SignedRequest | undefined
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

/** What follows `Bearer`. */
export function bearerOf({ authorization }: Credentials): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/** User and password of HTTP Basic: UTF-8, and the name ends at the first colon. */
export function basicOf({
  authorization,
}: Credentials): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^basic +(\S+) *$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = fromBase64Url(encoded.replaceAll('+', '-').replaceAll('/', '_'))
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon === -1) return undefined
  return { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
