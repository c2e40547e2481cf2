import type { MiddlewareHandler } from 'hono'
import { isReservedName } from '../access/accounts/names.ts'
import { cutText } from '../core/error.ts'
import { anonymous, type Principal } from '../core/principal.ts'
import type { Context, Platform } from '../platform/context.ts'
import type { AppContext, AppEnv } from './app-env.ts'
import { RateLimiter } from './guards/rate-limiter.ts'
import { clientAddress, serverUrl } from './guards/reached.ts'
import { claimedNameOf } from './session-cookie.ts'

/**
 * Gives each request its Context: the platform, the principal, and an id. Every answer, errors too,
 * carries the id and the headers that keep browsers from guessing types and from framing.
 */
export function requestContext(
  platformOf: (c: AppContext) => Platform,
  known?: (c: AppContext) => Principal | undefined,
): MiddlewareHandler<AppEnv> {
  const limiter = new RateLimiter()
  return async (c, next) => {
    const platform = platformOf(c)
    const requestId = platform.randomId()
    const knownAs = known?.(c)
    const ctx: Context = {
      ...platform,
      principal: knownAs ?? anonymous,
      workspace: 'default',
      requestId,
      serverUrl: () => serverUrl(c),
      userAgent: cutText(c.req.header('user-agent') ?? '', 255) || undefined,
      clientAddress: clientAddress(c, platform.settings),
      permissionReads: new Map(),
    }
    c.set('ctx', ctx)
    if (!knownAs && !platform.settings.auth) c.set('ctx', { ...ctx, principal: claimantOf(c) })
    c.set('takeTurn', (caller) => limiter.take(platform, caller))
    await next()
    const { headers } = c.res
    const { frameOptions } = platform.settings
    headers.set('X-Request-Id', requestId)
    headers.set('X-Content-Type-Options', 'nosniff')
    if (frameOptions !== 'NONE') headers.set('X-Frame-Options', frameOptions)
  }
}

/**
 * With access control off, a caller may claim a name; it is recorded as claimed and never verified.
 * Nobody can claim a name that the server itself uses in the audit log. The context has to be there:
 * it tells how the request came, and by that the name of the cookie.
 */
function claimantOf(c: AppContext): Principal {
  const claimed = claimedNameOf(c)
  return claimed && !isReservedName(claimed) && !/\p{Cc}/u.test(claimed)
    ? { ...anonymous, name: cutText(claimed, 255) }
    : anonymous
}
