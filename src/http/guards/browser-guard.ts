import type { MiddlewareHandler } from 'hono'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Settings } from '../../platform/settings/settings.ts'
import type { AppContext, AppEnv } from '../app-env.ts'
import { sessionOf } from '../session-cookie.ts'
import { hostAllowed, isLocal, parseHost } from './host-list.ts'
import { forwardedHost, hostAsked, reachedAt } from './reached.ts'

const safeMethods = ['GET', 'HEAD', 'OPTIONS']

/** Probes use an address and no name. These paths tell nothing that a foreign page could use. */
const hostExempt = ['/health', '/version', '/ready']

/**
 * What protects people whose browser can reach the server: only known Host headers are answered,
 * and no page of another site may change anything. CORS headers go to configured origins alone.
 */
export function browserGuard(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { settings } = c.get('ctx')
    refuseForeignHost(c, settings)
    const origin = c.req.header('origin')
    if (!safeMethods.includes(c.req.method)) refuseForeignPage(c, settings, origin)
    if (c.req.method === 'OPTIONS') c.res = c.body(null, 204)
    else await next()
    if (origin !== undefined && isConfigured(settings, origin)) allowOrigin(c, settings, origin)
  }
}

function refuseForeignHost(c: AppContext, settings: Settings): void {
  if (hostExempt.includes(c.req.path)) return
  // Without a list of the operator's, the host that a trusted proxy names is taken as it is.
  const forwarded = settings.allowedHosts.length > 0 ? forwardedHost(c) : undefined
  const given = [c.req.header('host'), forwarded]
  const host = given.find((one) => one !== undefined && !isAnswered(settings, one))
  if (host === undefined) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `This server does not answer to the host '${excerpt(host)}'; see its setting allowed-hosts`,
  )
}

/** Whether requests may name this host: the setting allows it, or it is that of `public-url`. */
function isAnswered({ allowedHosts, publicUrl }: Settings, host: string): boolean {
  if (publicUrl !== undefined && new URL(publicUrl).host === host.toLowerCase()) return true
  return hostAllowed(allowedHosts, host)
}

function refuseForeignPage(c: AppContext, settings: Settings, origin: string | undefined): void {
  if (origin !== undefined && isConfigured(settings, origin)) return
  const isForeign =
    origin !== undefined && origin !== ownOrigin(c) && !isOwnOrigin(origin, hostAsked(c))
  if (!isForeign && c.req.header('sec-fetch-site') !== 'cross-site') return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `Pages of '${excerpt(origin ?? 'another site')}' may not change anything here; see the setting cors-allowed-origins`,
  )
}

/**
 * Credentials that a browser adds by itself say who its user is, not that the user wants the
 * change. So a change with such credentials must come from a page of this server or of a configured
 * origin. Any other page of localhost is refused and, with a session, so is one that the browser
 * does not name.
 *
 * @throws PERMISSION_DENIED the change comes from another page
 */
export function refuseForeignUse(c: AppContext): void {
  if (safeMethods.includes(c.req.method)) return
  const { settings } = c.get('ctx')
  const origin = c.req.header('origin')
  const authorization = c.req.header('authorization')
  if (authorization !== undefined) {
    refuseRememberedBasic(c, authorization)
    return
  }
  if (origin !== undefined) {
    if (settings.corsOrigins.includes(origin) || origin === ownOrigin(c)) return
  } else {
    const site = c.req.header('sec-fetch-site')
    if (site === 'same-origin' || site === 'none') return
    if (site === undefined && sessionOf(c) === undefined) return
  }
  throw new RegistryError(
    'PERMISSION_DENIED',
    `A change that is asked for by session must come from a page of ${ownOrigin(c)}, not of '${excerpt(origin ?? '')}'. Outside of browsers use a token; behind a proxy that ends TLS see the setting trusted-proxies`,
  )
}

/**
 * Browsers remember a name and a password that they asked for, and send them with requests of pages
 * on other ports too. No such page can set the header itself, unless its origin is configured.
 */
function refuseRememberedBasic(c: AppContext, authorization: string): void {
  const origin = c.req.header('origin')
  if (origin === undefined || !/^basic /i.test(authorization)) return
  if (isConfigured(c.get('ctx').settings, origin) || isExactOrigin(c, origin)) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `Pages of '${excerpt(origin)}' may not use the password that this browser knows; see the setting cors-allowed-origins`,
  )
}

/**
 * A sign-in must be sent by the form of this very server: another page, on another port of this
 * machine too, could sign people in to an account of its own. Browsers say where a form was; what is
 * no browser says nothing.
 *
 * @throws PERMISSION_DENIED
 */
export function refuseForeignForm(c: AppContext): void {
  const site = c.req.header('sec-fetch-site')
  const origin = c.req.header('origin') ?? originOf(c.req.header('referer'))
  const isOwn =
    site === undefined ? origin === undefined || isExactOrigin(c, origin) : site === 'same-origin'
  if (isOwn) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    'That sign-in was sent by a page of another server; sign in here, if you want to',
  )
}

function originOf(referer: string | undefined): string | undefined {
  if (referer === undefined) return undefined
  return URL.parse(referer)?.origin ?? 'null'
}

/** A page of this server and this port, whatever scheme a proxy in front gives it. */
function isExactOrigin(c: AppContext, origin: string): boolean {
  if (origin === ownOrigin(c)) return true
  return /^https?:\/\/(.+)$/i.exec(origin)?.[1] === hostAsked(c)
}

/** Scheme and host by which the browser knows this server. */
function ownOrigin(c: AppContext): string {
  return new URL(c.get('ctx').settings.publicUrl ?? reachedAt(c, /.*$/s)).origin
}

/** A page of this server, whatever scheme a proxy in front gives it, or a local page. */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  const authority = /^https?:\/\/(.+)$/i.exec(origin)?.[1]
  const from = authority === undefined ? undefined : parseHost(authority)
  if (!from) return false
  return (isLocal(from.host) && from.host !== '0.0.0.0') || authority === host
}

function isConfigured(settings: Settings, origin: string): boolean {
  return settings.corsOrigins.includes('*') || settings.corsOrigins.includes(origin)
}

/** With `*`, credentials are never allowed, so browsers send no cookies. */
function allowOrigin(c: AppContext, settings: Settings, origin: string): void {
  const { headers } = c.res
  if (settings.corsOrigins.includes('*')) {
    headers.set('Access-Control-Allow-Origin', '*')
  } else {
    headers.set('Access-Control-Allow-Origin', origin)
    headers.set('Access-Control-Allow-Credentials', 'true')
    headers.append('Vary', 'Origin')
  }
  if (c.req.method !== 'OPTIONS') return
  headers.set('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE')
  const wanted = c.req.header('access-control-request-headers')
  if (wanted && /^[\w\-, ]{1,1000}$/.test(wanted)) {
    headers.set('Access-Control-Allow-Headers', wanted)
  }
}
