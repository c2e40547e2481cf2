import type { AppContext } from '../../http/app-env.ts'
import { ownCookie, setOwnCookie } from '../../http/session-cookie.ts'

/** How somebody wants pages to look in one browser. */
export type Preferences = {
  /** Undefined: as the system has it. */
  readonly theme: Theme | undefined
  /** Whether times are shown in the zone of the browser; else in UTC. */
  readonly isLocal: boolean
  /** Whether rows of tables stand close. */
  readonly isCompact: boolean
  /** Where a sign-in and the mark of the bar lead; undefined: home. */
  readonly start: StartPage | undefined
}

export type Theme = (typeof themes)[number]
export const themes = ['light', 'dark'] as const

/** Sections that somebody may begin with, by their path. */
export type StartPage = (typeof startPages)[number]
export const startPages = ['models', 'experiments', 'promotions', 'deployments', 'audit'] as const

const cookie = 'gatehouse_view'
const maxAgeS = 400 * 86_400

/** What this browser keeps; words that are unknown count as none. */
export function preferencesOf(c: AppContext): Preferences {
  const words = (ownCookie(c, cookie) ?? '').split('.')
  return {
    theme: themes.find((theme) => words.includes(theme)),
    isLocal: words.includes('local'),
    isCompact: words.includes('compact'),
    start: startPages.find((page) => words.includes(page)),
  }
}

/** Keep it in this browser for as long as browsers keep anything. */
export function keepPreferences(c: AppContext, preferences: Preferences): void {
  const { theme, isLocal, isCompact, start } = preferences
  const words = [theme, isLocal && 'local', isCompact && 'compact', start].filter(Boolean)
  setOwnCookie(c, cookie, { value: words.join('.'), maxAgeS: words.length > 0 ? maxAgeS : 0 })
}
