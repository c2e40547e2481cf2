import { createApp } from '../../src/app.ts'
import type { Principal } from '../../src/core/principal.ts'
import type { AppContext } from '../../src/http/app-env.ts'
import type { Platform } from '../../src/platform/context.ts'

type PlatformOf = (c: AppContext) => Platform

/** What a request to the one application brings along. */
type Asked = { readonly platformOf: PlatformOf; readonly principal: Principal | undefined }

/** One application for all tests: to make one takes as long as fifty requests. */
const one = createApp((c) => platformOf(c), { principalOf: (c) => askedOf(c).principal })

/** A server in this process, asked as `createApp` would be. @param principal who asks, if that is known */
export function appOf(platformOf: PlatformOf, principal?: Principal) {
  const asked: Asked = { platformOf, principal }
  return {
    routes: one.routes,
    request: (input: string | Request, init?: RequestInit): Response | Promise<Response> =>
      one.request(input, init, asked),
  }
}

function platformOf(c: AppContext): Platform {
  const platform = askedOf(c).platformOf(c)
  // Its limiter would count what other tests ask.
  if (platform.settings.rateLimit > 0)
    throw new Error('a rate limit needs an application of its own')
  return platform
}

/** What `appOf` hands over as the environment of the request. */
function askedOf(c: AppContext): Asked {
  return c.env as Asked
}
