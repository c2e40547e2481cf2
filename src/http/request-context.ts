import type { MiddlewareHandler } from 'hono'
import { isReservedName } from '../access/accounts/names.ts'
import { cutText } from '../core/error.ts'
import { anonymous, type Principal } from '../core/principal.ts'
import type { Platform } from '../platform/context.ts'
import type { AppContext, AppEnv } from './app-env.ts'
import { RateLimiter } from './guards/rate-limiter.ts'
import { clientAddress, serverUrl } from './guards/reached.ts'

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
    c.set('ctx', {
      ...platform,
      principal: known?.(c) ?? principalOf(c, platform),
      workspace: 'default',
      requestId,
      serverUrl: () => serverUrl(c),
      userAgent: cutText(c.req.header('user-agent') ?? '', 255) || undefined,
      clientAddress: clientAddress(c, platform.settings),
      permissionReads: new Map(),
    })
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
 * Nobody can claim a name that the server itself uses in the audit log.
 */
function principalOf(c: AppContext, { settings }: Platform): Principal {
  if (settings.auth) return anonymous
  const claimed = c.req.header('x-gatehouse-actor')
  return claimed && !isReservedName(claimed)
    ? { ...anonymous, name: cutText(claimed, 255) }
    : anonymous
}
