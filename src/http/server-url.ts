import type { AppContext } from './app-env.ts'
import { reachedAt } from './guards/reached.ts'

/** How the client reached us: scheme and prefix too, where a proxy in front ends TLS or adds a path. */
export function serverUrl(c: AppContext): string {
  return reachedAt(c, /\/(ajax-)?api\/.*$/s)
}
