import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { z } from 'zod'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { logError } from '../../platform/log.ts'
import type { TokenIssuer } from '../../platform/settings/sign-in.ts'
import type { Claims } from './claims.ts'

/** Signatures by a key pair; neither `none` nor a shared secret. */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** How far an issuer's clock may be off, in seconds. */
const clockToleranceS = 30

const fetchTimeoutMs = 5000
/** After a failure, an issuer is not asked again for this long. */
const retryAfterMs = 5000

/**
 * The claims of a JWT of `issuer` that is meant for this server and valid now.
 *
 * @throws UNAUTHENTICATED the JWT is not valid here; the message says why
 * @throws TEMPORARILY_UNAVAILABLE the issuer's keys cannot be fetched
 */
export async function verifyToken(ctx: Context, issuer: TokenIssuer, jwt: string): Promise<Claims> {
  try {
    const { payload } = await jwtVerify(jwt, await getKeys(ctx, issuer), {
      issuer: issuer.issuer,
      audience: [...issuer.audiences],
      algorithms,
      clockTolerance: clockToleranceS,
      currentDate: new Date(ctx.now()),
      requiredClaims: ['exp'],
    })
    return payload
  } catch (err) {
    if (err instanceof errors.JOSEError && bearersFault.test(err.code)) {
      throw refused(issuer, reasonOf(err), err)
    }
    logError({ event: 'no keys', issuer: issuer.issuer, error: String(err) })
    throw new RegistryError(
      'TEMPORARILY_UNAVAILABLE',
      `The keys of the issuer '${issuer.issuer}' cannot be had at the moment`,
      { cause: err },
    )
  }
}

/** jose's errors about a token, as opposed to the issuer's keys. */
const bearersFault =
  /^ERR_(JWT|JWS|JOSE_ALG_NOT_ALLOWED|JOSE_NOT_SUPPORTED|JWKS_NO_MATCHING_KEY|JWKS_MULTIPLE_MATCHING_KEYS)/

/** The error for a token that is not accepted. */
export function refused(issuer: TokenIssuer, reason: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'UNAUTHENTICATED',
    `The token of the issuer '${issuer.issuer}' is not accepted: ${excerpt(reason)}`,
    { cause },
  )
}

function reasonOf(err: errors.JOSEError): string {
  if (err instanceof errors.JWTExpired) return 'it has expired'
  if (err instanceof errors.JWTClaimValidationFailed) {
    return `its claim '${err.claim}' is missing or not what is expected`
  }
  if (err instanceof errors.JOSEAlgNotAllowed) {
    return `it is not signed by one of ${algorithms.join(', ')}`
  }
  if (err instanceof errors.JWKSNoMatchingKey) return 'it is signed by no key of the issuer'
  if (err instanceof errors.JWSSignatureVerificationFailed) return 'its signature does not match'
  return 'it is malformed'
}

type Fetch = (url: string, init: object) => Promise<Response>

/** The key is the settings object itself, of which a process has one. */
const issuers = new WeakMap<TokenIssuer, { fetch: Fetch; keys?: JWTVerifyGetKey }>()

async function getKeys(ctx: Context, issuer: TokenIssuer): Promise<JWTVerifyGetKey> {
  const found = issuers.get(issuer) ?? { fetch: fetchWithPauses(ctx) }
  issuers.set(issuer, found)
  found.keys ??= issuer.jwks
    ? createLocalJWKSet(issuer.jwks)
    : createRemoteJWKSet(new URL(await findJwksUri(found.fetch, issuer)), {
        [customFetch]: found.fetch,
        timeoutDuration: fetchTimeoutMs,
      })
  return found.keys
}

/**
 * As `ctx.fetch`, but fails at once for a while after a failure, so that nobody floods an issuer.
 */
function fetchWithPauses({ fetch, now }: Pick<Context, 'fetch' | 'now'>): Fetch {
  let failedAtMs = Number.NEGATIVE_INFINITY
  return async (url, init) => {
    if (now() - failedAtMs < retryAfterMs) throw new Error(`${url} gave no answer a moment ago`)
    try {
      const answer = await fetch(url, init)
      if (answer.status === 200) return answer
      throw new Error(`${url} answered ${answer.status}`)
    } catch (err) {
      failedAtMs = now()
      throw err
    }
  }
}

/** As the discovery document says. @see OpenID Connect Discovery 1.0, section 4 */
async function findJwksUri(fetch: Fetch, { issuer, jwksUri }: TokenIssuer): Promise<string> {
  if (jwksUri !== undefined) return jwksUri
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const signal = AbortSignal.timeout(fetchTimeoutMs)
  const answer = await fetch(url, { redirect: 'manual', signal })
  const { issuer: named, jwks_uri: uri } = DiscoveryDocument.parse(await answer.json())
  if (named !== issuer) throw new Error(`${url} is the document of '${named}'`)
  return uri
}

const DiscoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.url() })
