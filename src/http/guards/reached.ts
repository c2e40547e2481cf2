import ipaddr from 'ipaddr.js'
import type { Settings } from '../../platform/settings/settings.ts'
import type { AppContext } from '../app-env.ts'
import { parseHost } from './host-list.ts'
import { rawPath } from './target.ts'

/** More hops than any chain of proxies has. */
const hopsMax = 30

/**
 * Whether the other end of the socket is one of `networks`. On Workers there is no socket, and
 * so this is false.
 */
export function isPeerIn(c: AppContext, networks: readonly string[]): boolean {
  const peer = c.get('peer')
  return peer !== undefined && isIn(peer, networks)
}

/**
 * Where the request came from: the nearest address that is not a trusted proxy. Whatever precedes
 * it in X-Forwarded-For is the client's own claim.
 */
export function clientAddress(c: AppContext, { proxy }: Settings): string | undefined {
  const [peer, known] = [c.get('peer'), c.get('clientAddress')]
  if (peer === undefined || !isPeerIn(c, proxy.trusted)) return plain(known ?? peer)
  const hops = (c.req.header('x-forwarded-for') ?? '').split(',').slice(-hopsMax).reverse()
  let nearest = plain(peer)
  for (const hop of hops) {
    const address = plain(hop.trim())
    if (address === undefined) break
    nearest = address
    if (!isIn(address, proxy.trusted)) break
  }
  return nearest
}

/** Whether the client's connection is TLS, ended here or by a proxy that is trusted or that `public-url` tells of. */
export function isTls(c: AppContext): boolean {
  const { publicUrl } = c.get('ctx').settings
  if (publicUrl !== undefined) return publicUrl.startsWith('https:')
  const forwarded = forwardedAs(c, 'proto')?.toLowerCase()
  return forwarded === 'https' || (forwarded === undefined && c.req.url.startsWith('https:'))
}

/** What a trusted proxy says in X-Forwarded-`what`; undefined from everybody else. */
function forwardedAs(c: AppContext, what: 'proto' | 'host' | 'prefix'): string | undefined {
  if (!isPeerIn(c, c.get('ctx').settings.proxy.trusted)) return undefined
  return c.req.header(`x-forwarded-${what}`)?.split(',')[0]?.trim()
}

/** The host and port that the client used: from the Host header, or from a trusted proxy. */
export function hostAsked(c: AppContext): string | undefined {
  return forwardedHost(c) ?? c.req.header('host')
}

/** The host that a trusted proxy names; it may be the client's own claim, which some proxies pass on. */
export function forwardedHost(c: AppContext): string | undefined {
  const forwarded = forwardedAs(c, 'host')
  if (forwarded === undefined || !parseHost(forwarded)) return undefined
  return URL.canParse(`http://${forwarded}`) ? forwarded : undefined
}

/** The path prefix that a trusted proxy removed, as its header says, without a slash at its end. */
function strippedPrefix(c: AppContext): string {
  const forwarded = forwardedAs(c, 'prefix') ?? ''
  return /^(\/[\w.~-]+)+\/?$/.test(forwarded) && !/\/\.{1,2}(\/|$)/.test(forwarded)
    ? forwarded.replace(/\/$/, '')
    : ''
}

/**
 * The URL by which the client reached this server. Scheme, host and a removed path prefix are as a
 * trusted proxy names them; a prefix that a proxy left on is read from the request.
 *
 * @param route what follows the prefix in the path of this request
 */
export function reachedAt(c: AppContext, route: RegExp): string {
  const { host } = new URL(`http://${hostAsked(c) ?? new URL(c.req.url).host}`)
  const path = rawPath(c)
  // `/workspaces/team-a` is served as the home page, whose route is a slash.
  const isHome = c.get('isWorkspaceInPath') && c.req.path === '/' && !path.endsWith('/')
  const whole = isHome ? path : path.replace(route, '')
  const before = c.get('isBelowMlflowPage') ? whole.replace(/\/mlflow-ui$/, '') : whole
  const left = c.get('isWorkspaceInPath') ? before.replace(/\/workspaces\/[^/]*$/, '') : before
  const stripped = strippedPrefix(c)
  // Some proxies name a prefix and leave it on the path too.
  const prefix = left === stripped || left.startsWith(`${stripped}/`) ? left : stripped + left
  return `${isTls(c) ? 'https' : 'http'}://${host}${prefix}`
}

/**
 * The URL of this server without a slash at its end: the setting `public-url`, else as the client reached
 * it. A path that somebody else could have made up never gets into it.
 */
export function serverUrl(c: AppContext): string {
  const { publicUrl } = c.get('ctx').settings
  if (publicUrl !== undefined) return publicUrl
  const { path } = c.req
  const url = reachedAt(c, isApiPath(path) ? /\/(ajax-)?api\/.*$/s : segmentsAtEnd(path))
  const { origin, pathname } = new URL(url)
  return /^(\/[\w.~-]+)+$/.test(pathname) ? origin + pathname : origin
}

/** Where a path prefix begins, if a proxy adds one: `/mlflow`, else empty. */
export function serverPrefix(c: AppContext): string {
  return new URL(serverUrl(c)).pathname.replace(/\/$/, '')
}

/** Whether programs ask there, and people only by chance. */
export function isApiPath(path: string): boolean {
  return /^\/(ajax-)?api\//.test(path)
}

/** As many segments at the end of a path as the route of a page has. */
function segmentsAtEnd(route: string): RegExp {
  return new RegExp(`(/[^/]*){${route.split('/').length - 1}}$`)
}

function isIn(text: string, networks: readonly string[]): boolean {
  const address = parsed(text)
  return (
    address !== undefined &&
    rangesOf(networks).some(
      ({ base, bits }) => base.kind() === address.kind() && address.match(base, bits),
    )
  )
}

type Range = { readonly base: ipaddr.IPv4 | ipaddr.IPv6; readonly bits: number }

/** The key is the settings' own list: parsing it costs more than a request should. */
const knownRanges = new WeakMap<readonly string[], readonly Range[]>()

function rangesOf(networks: readonly string[]): readonly Range[] {
  const known = knownRanges.get(networks)
  if (known) return known
  const ranges = networks.map((network) => {
    if (!ipaddr.isValidCIDR(network)) {
      const base = ipaddr.process(network)
      return { base, bits: byteLength(base) * 8 }
    }
    const [base, bits] = ipaddr.parseCIDR(network)
    return { base, bits }
  })
  knownRanges.set(networks, ranges)
  return ranges
}

function byteLength(address: ipaddr.IPv4 | ipaddr.IPv6): number {
  return address.toByteArray().length
}

/** An address in the form that is compared and shown: IPv4 within IPv6 becomes IPv4. */
function plain(text: string | undefined): string | undefined {
  return text === undefined ? undefined : parsed(text)?.toString()
}

function parsed(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // ipaddr.js takes octal, hex and short forms too, which no proxy writes.
  const isPlain = ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)
  return isPlain ? ipaddr.process(text) : undefined
}
