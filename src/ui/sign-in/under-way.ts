import { z } from 'zod'
import type { SignInUnderWay } from '../../access/sign-in/oidc.ts'
import { fromBase64Url, toBase64Url } from '../../core/bytes.ts'
import type { AppContext } from '../../http/app-env.ts'
import { ownCookie, setOwnCookie } from '../../http/session-cookie.ts'

const cookie = 'gatehouse_signin'

/** How long people may take to sign in at the provider. */
const maxAgeS = 600

const UnderWay = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** Where they wanted to go. */
  to: z.string(),
})

/**
 * Keep what the provider's answer is checked against, in this browser alone. It need not be secret
 * from the browser's own user, who could only spoil their own sign-in with it.
 */
export function keepUnderWay(c: AppContext, underWay: SignInUnderWay & { to: string }): void {
  setOwnCookie(c, cookie, { value: toBase64Url(JSON.stringify(underWay)), maxAgeS })
}

/** What this browser kept; undefined when it kept nothing that can be used. */
export function takeUnderWay(c: AppContext): z.output<typeof UnderWay> | undefined {
  const text = fromBase64Url(ownCookie(c, cookie) ?? '')
  if (!text) return undefined
  try {
    return UnderWay.safeParse(JSON.parse(text)).data
  } catch {
    // A cookie that somebody edited counts as none.
    return undefined
  }
}

/** Each attempt gets one answer: neither it nor its code is accepted again. */
export function forgetUnderWay(c: AppContext): void {
  setOwnCookie(c, cookie, { value: '', maxAgeS: 0 })
}
