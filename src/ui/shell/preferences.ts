import type { AppContext } from '../../http/app-env.ts'
import { ownCookie, setOwnCookie } from '../../http/session-cookie.ts'

/** How somebody wants pages to look in one browser. */
export type Preferences = {
  /** Undefined: as the system has it. */
  readonly theme: Theme | undefined
  /** Whether times are shown in the zone of the browser; else in UTC. */
  readonly isLocal: boolean
}

export type Theme = (typeof themes)[number]
export const themes = ['light', 'dark'] as const

const cookie = 'gatehouse_view'
const maxAgeS = 400 * 86_400

/** What this browser keeps; words that are unknown count as none. */
export function preferencesOf(c: AppContext): Preferences {
  const words = (ownCookie(c, cookie) ?? '').split('.')
  return { theme: themes.find((theme) => words.includes(theme)), isLocal: words.includes('local') }
}

/** Keep it in this browser for as long as browsers keep anything. */
export function keepPreferences(c: AppContext, { theme, isLocal }: Preferences): void {
  const words = [...(theme ? [theme] : []), ...(isLocal ? ['local'] : [])]
  setOwnCookie(c, cookie, { value: words.join('.'), maxAgeS: words.length > 0 ? maxAgeS : 0 })
}
