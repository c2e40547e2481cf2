import { RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { looksLikeToken } from '../accounts/token-text.ts'
import { authenticate } from './authenticate.ts'
import { startSession } from './sessions.ts'

/**
 * Sign in to the web page by name and password, judged, throttled and timed as those of any request.
 * An access token is refused although requests may send one as their password: the session would
 * outlive it.
 *
 * @param before the id of the browser's session until now
 * @returns the session's id
 * @throws UNAUTHENTICATED they are wrong
 * @throws REQUEST_LIMIT_EXCEEDED there were too many wrong ones
 */
export async function signInByPassword(
  ctx: Context,
  name: string,
  password: string,
  before: string | undefined,
): Promise<string> {
  const wrong = () => new RegistryError('UNAUTHENTICATED', 'The user name or the password is wrong')
  if (name === '' || name.includes(':') || looksLikeToken(password)) throw wrong()
  const authorization = `Basic ${base64(`${name}:${password}`)}`
  const { clientAddress } = ctx
  const principal = await authenticate(ctx, { authorization, clientAddress }).catch((err) => {
    // What clients are told of their variables says nothing to people.
    throw err instanceof RegistryError && err.code === 'UNAUTHENTICATED' ? wrong() : err
  })
  if (principal?.kind !== 'user' || principal.accountId === undefined) throw wrong()
  return startSession(ctx, principal, { issuer: undefined, claimed: [] }, before)
}

/** Base64 of UTF-8, as HTTP Basic has it. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
