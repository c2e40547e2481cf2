import { decodeJwt } from 'jose'
import { RegistryError } from '../../core/error.ts'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import type { TokenIssuer } from '../../platform/settings/sign-in.ts'
import { type ExternalIdentity, resolveIdentity } from '../accounts/resolve-identity.ts'
import { type Claims, findUnmetClaim, readGroups, renderClaims } from './claims.ts'
import type { Credentials } from './credentials.ts'
import { refused, verifyToken } from './verify-jwt.ts'

/** Longer tokens are not verified: checking a signature costs time. */
const charsMax = 16_384

/**
 * A bearer JWT of an issuer in the settings. Of several entries of one issuer, the first that
 * accepts the token counts. A JWT of any other issuer gives undefined: some other credential may be
 * meant.
 */
export async function authenticateByJwt(
  ctx: Context,
  { authorization }: Credentials,
): Promise<Principal | undefined> {
  const { tokenIssuers } = ctx.settings
  if (authorization === undefined || tokenIssuers.length === 0) return undefined
  const jwt = /^bearer +([\w-]+\.[\w-]+\.[\w-]*) *$/i.exec(authorization)?.[1]
  if (jwt === undefined || jwt.length > charsMax) return undefined
  const named = issuerOf(jwt)
  let refusal: RegistryError | undefined
  for (const issuer of tokenIssuers) {
    if (issuer.issuer !== named) continue
    try {
      return await resolveIdentity(ctx, identityFrom(issuer, await verifyToken(ctx, issuer, jwt)))
    } catch (err) {
      if (!(err instanceof RegistryError) || err.code !== 'UNAUTHENTICATED') throw err
      refusal = err
    }
  }
  if (refusal) throw refusal
  return undefined
}

/** What the token claims as its issuer, not yet verified. */
function issuerOf(jwt: string): string | undefined {
  try {
    return decodeJwt(jwt).iss
  } catch {
    // Not a JWT after all, so some other credential may be meant.
    return undefined
  }
}

/** @throws UNAUTHENTICATED the claims are not what the issuer's entry requires */
export function identityFrom(issuer: TokenIssuer, claims: Claims): ExternalIdentity {
  const unmet = findUnmetClaim(issuer.require, claims)
  if (unmet !== undefined) {
    throw refused(issuer, `its claim '${unmet}' is not among those that are required`)
  }
  const name = renderClaims(issuer.name, claims)
  if ('lacks' in name) throw refused(issuer, `it lacks the claim '${name.lacks}'`)
  const subject = issuer.kind === 'service' ? name.text : claims.sub
  if (typeof subject !== 'string' || subject === '')
    throw refused(issuer, "it lacks the claim 'sub'")
  return {
    issuer: issuer.issuer,
    subject: issuer.kind === 'service' ? `service:${subject}` : subject,
    kind: issuer.kind,
    name: name.text,
    groups: [...new Set([...issuer.everybodyIn, ...readGroups(issuer.groups, claims)])],
    adminGroup: issuer.adminGroup,
    endsAtMs: typeof claims.exp === 'number' ? claims.exp * 1000 : undefined,
  }
}
