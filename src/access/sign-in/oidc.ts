import * as client from 'openid-client'
import { RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { logError } from '../../platform/log.ts'
import { isLoopback } from '../../platform/settings/read-sign-in.ts'
import type { OidcSettings } from '../../platform/settings/sign-in.ts'
import { type ExternalIdentity, resolveIdentity } from '../accounts/resolve-identity.ts'
import { type Claims, claimOf, readGroups } from './claims.ts'
import { startSession } from './sessions.ts'

/** What a browser must bring back from the provider; until then a cookie keeps it. */
export type SignInUnderWay = {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** A discovery document is fetched again after this long. */
const documentMaxAgeMs = 3_600_000
const timeoutS = 10

/**
 * Begin a sign-in at the provider, by authorization code with PKCE.
 *
 * @param redirectUri where the provider sends the browser back to; registered there
 * @returns the URL to send the browser to
 */
export async function beginSignIn(
  ctx: Context,
  oidc: OidcSettings,
  redirectUri: string,
): Promise<{ url: URL; underWay: SignInUnderWay }> {
  const underWay = {
    state: client.randomState(),
    nonce: client.randomNonce(),
    verifier: client.randomPKCECodeVerifier(),
  }
  const url = client.buildAuthorizationUrl(await getConfiguration(ctx, oidc), {
    redirect_uri: redirectUri,
    scope: oidc.scopes,
    state: underWay.state,
    nonce: underWay.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(underWay.verifier),
    code_challenge_method: 'S256',
  })
  return { url, underWay }
}

export type ProviderAnswer = {
  readonly underWay: SignInUnderWay
  /** The URL that the browser came back to: `redirectUri` with the provider's answer. */
  readonly callback: URL
  /** The id of the browser's current session. */
  readonly before?: string | undefined
}

/**
 * Complete a sign-in with what the provider sent the browser back with: exchange the code for
 * tokens, find the account that they name, and start a session.
 *
 * @returns the session's id
 * @throws UNAUTHENTICATED the answer is not to this browser's request, or is not valid
 * @throws PERMISSION_DENIED this person can have no account here
 * @throws TEMPORARILY_UNAVAILABLE the provider does not answer
 */
export async function completeSignIn(
  ctx: Context,
  oidc: OidcSettings,
  { underWay, callback, before }: ProviderAnswer,
): Promise<string> {
  const claims = await requestClaims(ctx, oidc, { underWay, callback })
  const claimed = readGroups(oidc.groups, claims)
  const principal = await resolveIdentity(ctx, identityFrom(oidc, claims, claimed))
  return startSession(ctx, principal, { issuer: oidc.issuer, claimed, before })
}

async function requestClaims(
  ctx: Context,
  oidc: OidcSettings,
  { underWay, callback }: ProviderAnswer,
): Promise<Claims & { sub: string }> {
  const config = await getConfiguration(ctx, oidc)
  try {
    const tokens = await client.authorizationCodeGrant(config, callback, {
      expectedState: underWay.state,
      expectedNonce: underWay.nonce,
      pkceCodeVerifier: underWay.verifier,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (!claims) throw new Error('the provider sent no ID token')
    const wanted = [oidc.usernameClaim, oidc.groups.claim].filter((name) => name !== undefined)
    const isWhole = wanted.every((name) => claimOf(claims, name) !== undefined)
    if (isWhole || config.serverMetadata().userinfo_endpoint === undefined) return claims
    const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
    return { ...info, ...claims }
  } catch (err) {
    throw signInError(ctx, oidc, err)
  }
}

/** @throws PERMISSION_DENIED nobody with these claims can have an account here */
function identityFrom(
  oidc: OidcSettings,
  claims: Claims & { sub: string },
  groups: readonly string[],
): ExternalIdentity {
  const name = claimOf(claims, oidc.usernameClaim)
  if (typeof name !== 'string') {
    throw new RegistryError(
      'PERMISSION_DENIED',
      `The provider tells no '${oidc.usernameClaim}' of you; see the settings oidc-username-claim and oidc-scopes`,
    )
  }
  if (oidc.usernameClaim === 'email' && claims.email_verified === false) {
    throw new RegistryError(
      'PERMISSION_DENIED',
      'The provider has not verified your e-mail address',
    )
  }
  const { issuer, adminGroup } = oidc
  return { issuer, subject: claims.sub, kind: 'user', name, groups, adminGroup }
}

type Discovered = { readonly config: client.Configuration; readonly readAtMs: number }

/** The key is the settings object itself, of which a process has one. */
const configurations = new WeakMap<OidcSettings, Discovered>()

async function getConfiguration(ctx: Context, oidc: OidcSettings): Promise<client.Configuration> {
  const found = configurations.get(oidc)
  if (found && ctx.now() - found.readAtMs < documentMaxAgeMs) return found.config
  const issuer = new URL(oidc.issuer)
  const execute = [client.enableNonRepudiationChecks]
  if (isLoopback(issuer.hostname)) execute.push(client.allowInsecureRequests)
  try {
    const config = await client.discovery(issuer, oidc.clientId, {}, clientAuth(oidc), {
      execute,
      timeout: timeoutS,
      // The library's own type of `init` is narrower than the platform's.
      [client.customFetch]: (url, init) => ctx.fetch(url, init as RequestInit),
    })
    configurations.set(oidc, { config, readAtMs: ctx.now() })
    return config
  } catch (err) {
    throw signInError(ctx, oidc, err)
  }
}

/** By HTTP Basic, as the standard prefers; in the body if the provider accepts nothing else. */
function clientAuth({ clientSecret }: OidcSettings): client.ClientAuth {
  if (clientSecret === undefined) return client.None()
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const auth = methods.includes('client_secret_basic')
      ? client.ClientSecretBasic(clientSecret)
      : client.ClientSecretPost(clientSecret)
    auth(server, ...rest)
  }
}

/** The reason goes only to the log: the user can do nothing but try again. */
function signInError(ctx: Context, oidc: OidcSettings, err: unknown): RegistryError {
  const reason = err instanceof Error ? `${err.name}: ${err.message}` : String(err)
  const cause = err instanceof Error && err.cause instanceof Error ? err.cause.message : undefined
  logError({
    event: 'sign-in failed',
    requestId: ctx.requestId,
    issuer: oidc.issuer,
    error: reason,
    cause,
  })
  const isAway = err instanceof TypeError || (err instanceof Error && err.name === 'TimeoutError')
  return isAway
    ? new RegistryError('TEMPORARILY_UNAVAILABLE', 'The sign-in provider does not answer', {
        cause: err,
      })
    : new RegistryError('UNAUTHENTICATED', "The sign-in provider's answer was not accepted", {
        cause: err,
      })
}
