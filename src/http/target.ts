import { invalid } from '../core/error.ts'
import type { AppContext } from './app-env.ts'

/**
 * What follows `marker` in the path of the request, percent-encoded as it was sent. Hono's own
 * path is partly decoded, and its URL has lost `..` segments, which must be seen to be refused.
 */
export function pathAfter(c: AppContext, marker: string): string {
  const path = rawPath(c)
  const at = path.indexOf(marker)
  if (at === -1) throw invalid(`The path of this request must have '${marker}' spelled out`)
  return path.slice(at + marker.length)
}

/** The path of the request as it was sent; bytes that should have been encoded, encoded. */
export function rawPath(c: AppContext): string {
  const target = c.var.rawTarget ?? c.req.url
  const path = target.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  // Node hands out bytes past ASCII as Latin-1 characters.
  return path.replace(/[\u0080-\u00ff]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
}

/**
 * A query parameter that the request must have once.
 *
 * @throws INVALID_PARAMETER_VALUE it is missing, empty, or there more than once
 */
export function requiredQuery(c: AppContext, name: string): string {
  const value = optionalQuery(c, name)
  if (value === undefined) throw invalid(`Request must specify ${name}.`)
  return value
}

/** As `requiredQuery`, where it may be missing; the empty value is none. */
export function optionalQuery(c: AppContext, name: string): string | undefined {
  const values = c.req.queries(name) ?? []
  if (values.length > 1) throw invalid(`Parameter '${name}' is given ${values.length} times`)
  return values[0] === '' ? undefined : values[0]
}
