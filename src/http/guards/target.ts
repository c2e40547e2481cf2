import type { MiddlewareHandler } from 'hono'
import { excerpt, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { AppContext, AppEnv } from '../app-env.ts'

/**
 * What follows `marker` in the path of the request, percent-encoded as it was sent. Hono's own path
 * is partly decoded, and its URL has lost `..` segments, which must be seen so that they can be
 * refused.
 */
export function pathAfter(c: AppContext, marker: string): string {
  const path = rawPath(c)
  const at = path.indexOf(marker)
  if (at === -1) throw invalid(`The path of this request must have '${marker}' spelled out`)
  return path.slice(at + marker.length)
}

/** The path of the request as it was sent. */
export function rawPath(c: AppContext): string {
  const target = c.get('rawTarget') ?? c.req.url
  return target.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
}

/**
 * A query parameter that the request must have once.
 *
 * @throws INVALID_PARAMETER_VALUE it is missing, empty, or there more than once
 */
export function requiredQuery(c: AppContext, name: string): string {
  const value = optionalQuery(c, name)
  if (value === undefined) throw invalid(`${messages.unspecified(name)}.`)
  return value
}

/** As `requiredQuery`, but it may be missing; an empty value counts as missing. */
export function optionalQuery(c: AppContext, name: string): string | undefined {
  const values = c.req.queries(name) ?? []
  if (values.length > 1) throw invalid(`Parameter '${name}' is given ${values.length} times`)
  return values[0] === '' ? undefined : values[0]
}

/**
 * Refuses `..` segments and fragments in the target as it was sent. URL parsing resolves the
 * former, `%2e%2e` too, and drops the latter, so such a request would reach another path than it
 * named. workerd parses the URL before it hands a request over.
 */
export function refuseMisleadingTargets(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (c.get('rawTarget')?.includes('#')) {
      throw invalid("The request target has a fragment; encode a '#' as %23")
    }
    const path = rawPath(c)
    if (/(\/|%2f)(\.|%2e){2}(\/|%2f|$)/i.test(path)) {
      throw invalid(`${messages.wrongPath} '${excerpt(path)}': it has a '..' segment`)
    }
    await next()
  }
}
