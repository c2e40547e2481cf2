import { getCookie, setCookie } from 'hono/cookie'
import type { AppContext } from './app-env.ts'
import { isTls } from './guards/reached.ts'

/** The session's id. */
const session = 'gatehouse_session'

/**
 * The server's own cookie with this bare name. Under TLS its name has the prefix for which browsers
 * accept it only from this very host. A cookie with the bare name, which a neighbouring host could
 * have set, never counts there.
 */
export function ownCookie(c: AppContext, name: string): string | undefined {
  if (c.req.header('cookie') === undefined) return undefined
  return isTls(c) ? getCookie(c, name, 'host') : getCookie(c, name)
}

/** Set such a cookie, until the browser closes or for `maxAgeS` seconds; 0 removes it. */
export function setOwnCookie(
  c: AppContext,
  name: string,
  { value, maxAgeS }: { readonly value: string; readonly maxAgeS: number },
): void {
  const tls = isTls(c)
  setCookie(c, name, value, {
    httpOnly: true,
    sameSite: 'Lax',
    path: '/',
    maxAge: maxAgeS,
    ...(tls ? { secure: true, prefix: 'host' } : {}),
  })
}

/** A name that somebody claims in this browser, while access control is off. */
const claimed = 'gatehouse_actor'

/** The name that a request claims, by its header or by the browser's cookie. */
export function claimedNameOf(c: AppContext): string | undefined {
  const name = c.req.header('x-gatehouse-actor') ?? ownCookie(c, claimed)
  return name || undefined
}

/** Claim a name in this browser for as long as browsers keep anything. @param name undefined: none */
export function setClaimedName(c: AppContext, name: string | undefined): void {
  setOwnCookie(c, claimed, { value: name ?? '', maxAgeS: name === undefined ? 0 : 400 * 86_400 })
}

/** The id of the browser's session, if it sent one. */
export function sessionOf(c: AppContext): string | undefined {
  return ownCookie(c, session)
}

/** Set the browser's session cookie. */
export function setSession(c: AppContext, id: string): void {
  setOwnCookie(c, session, { value: id, maxAgeS: c.var.ctx.settings.sessionMaxMs / 1000 })
}

export function forgetSession(c: AppContext): void {
  setOwnCookie(c, session, { value: '', maxAgeS: 0 })
}
