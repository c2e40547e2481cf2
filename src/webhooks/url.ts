import ipaddr from 'ipaddr.js'
import { excerpt, invalid, type RegistryError } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import type { Platform } from '../platform/context.ts'
import { OutboundError } from '../platform/outbound.ts'
import type { WebhookSettings } from '../platform/settings/settings.ts'

const urlCharsMax = 2000

/**
 * The URL that a webhook is to have, checked as far as possible in advance: its scheme, its host,
 * and the addresses that the host has now. A delivery checks the address that it connects to.
 *
 * @throws INVALID_PARAMETER_VALUE the URL is refused; the message says why and what to set
 */
export async function checkUrl(platform: Platform, text: string): Promise<URL> {
  const { webhooks } = platform.settings
  const url = allowedUrl(text, webhooks)
  if (mayBePrivate(url, webhooks)) return url
  const host = hostOf(url)
  // A literal address was checked with the URL.
  if (ipaddr.isValid(host)) return url
  const addresses = await resolveHost(platform, host)
  if (!addresses.every(isPublicAddress)) throw notPublic(host)
  return url
}

/**
 * The URL of an existing webhook, checked without a look-up.
 *
 * @throws INVALID_PARAMETER_VALUE the present settings refuse it
 */
export function allowedUrl(text: string, settings: WebhookSettings): URL {
  if (text.trim() === '') throw invalid(messages.blankUrl)
  const url = parseUrl(text)
  const scheme = url ? url.protocol.slice(0, -1) : schemeOf(text)
  const usable = url !== undefined && /^https?$/.test(scheme)
  if (!url && settings.schemes.includes(scheme)) throw unreadable(text)
  if (!usable || !(settings.schemes.includes(scheme) || isListed(url, settings))) {
    const allowed = settings.schemes.join(', ')
    throw invalid(`${messages.wrongScheme(scheme)}. Allowed schemes are: ${allowed}.`)
  }
  if (!hasHost(text)) throw unreadable(text)
  const host = hostOf(url)
  if (mayBePrivate(url, settings)) return url
  const refused = ipaddr.isValid(host) ? !isPublicAddress(host) : isLocalName(host)
  if (refused) throw notPublic(host)
  return url
}

/** Whether a request to `url` may go to `address`, checked when the connection is made. */
export function mayConnect(url: URL, address: string, settings: WebhookSettings): boolean {
  return mayBePrivate(url, settings) || isPublicAddress(address)
}

/**
 * Whether an address belongs to the public Internet. An IPv6 address that wraps an IPv4 one
 * (mapped, compatible, NAT64, 6to4, Teredo) never counts as public: receivers do not need one.
 *
 * @param address as text; text that is not an address is not public
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  // Public IPv6 addresses are all in 2000::/3.
  return parsed instanceof ipaddr.IPv4 || ((parsed.parts[0] ?? 0) & 0xe000) === 0x2000
}

/** Names for the machine itself or the local network, whatever they resolve to. */
function isLocalName(host: string): boolean {
  return (
    !host.includes('.') ||
    /(^|\.)(localhost|local|internal|intranet|lan|home|corp|private|home\.arpa|localdomain)$/.test(
      host,
    )
  )
}

/** The scheme of a text that is no URL; empty where there is none. */
function schemeOf(text: string): string {
  return /^\s*([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase() ?? ''
}

/** What browsers take for a host behind three slashes is a path for other clients. */
function hasHost(text: string): boolean {
  return /^\s*[a-z]+:\/\/[^/?#\s]/i.test(text)
}

function unreadable(text: string): RegistryError {
  if (text.length > urlCharsMax) {
    return invalid(`Webhook URL has more than ${urlCharsMax} characters`)
  }
  return invalid(
    hasHost(text)
      ? `${messages.wrongUrl(text)}: its host or port cannot be read`
      : `${messages.urlWithoutHost}, such as https://example.com/hook`,
  )
}

/** Scheme, host and port: all that logs may have of a URL, since its path may be a secret. */
export function originOf(text: string): string {
  return parseUrl(text)?.origin ?? ''
}

/** URLs are parsed as browsers do: every spelling of an IPv4 address comes out as the usual one. */
function parseUrl(text: string): URL | undefined {
  return text.length <= urlCharsMax && URL.canParse(text) ? new URL(text) : undefined
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '')
}

function mayBePrivate(url: URL, settings: WebhookSettings): boolean {
  return settings.allowPrivate || isListed(url, settings)
}

function isListed(url: URL, { hosts }: WebhookSettings): boolean {
  return hosts.includes(url.hostname) || hosts.includes(`${url.hostname}:${portOf(url)}`)
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80')
}

async function resolveHost(platform: Platform, host: string): Promise<readonly string[]> {
  try {
    return (await platform.outbound.resolve(host)) ?? []
  } catch (err) {
    if (!(err instanceof OutboundError)) throw err
    throw invalid(`${messages.unknownHost(host)}: ${err.message}`)
  }
}

function notPublic(host: string): RegistryError {
  return invalid(
    `${messages.privateAddress}: '${excerpt(host)}' does. ` +
      'The setting webhook-hosts allows chosen hosts for development.',
  )
}
