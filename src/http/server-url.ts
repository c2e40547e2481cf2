import type { AppContext } from './app-env.ts'
import { rawPath } from './target.ts'

/** How the client reached us: scheme and prefix too, where a proxy in front ends TLS or adds a path. */
export function serverUrl(c: AppContext): string {
  const url = new URL(c.req.url)
  const scheme = c.req.header('x-forwarded-proto')?.split(',')[0]?.trim().toLowerCase()
  const origin = scheme === 'https' ? `https://${url.host}` : url.origin
  return origin + rawPath(c).replace(/\/(ajax-)?api\/.*$/s, '')
}
