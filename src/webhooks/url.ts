import ipaddr from 'ipaddr.js'
import { excerpt, invalid, type RegistryError } from '../core/error.ts'
import type { Platform } from '../platform/context.ts'
import { OutboundError } from '../platform/outbound.ts'
import type { WebhookSettings } from '../platform/settings/settings.ts'
import { isLocalName, isPublicAddress } from './address.ts'

const urlCharsMax = 2000

/**
 * The URL that a webhook is to have, checked as far as it can be ahead: its scheme, its host, and
 * the addresses that the host has now. A delivery checks again, on the address it connects to.
 *
 * @throws INVALID_PARAMETER_VALUE the URL is refused; the message says why and what to set
 */
export async function checkUrl(platform: Platform, text: string): Promise<URL> {
  const { webhooks } = platform.settings
  const url = allowedUrl(text, webhooks)
  if (mayBePrivate(url, webhooks)) return url
  const host = hostOf(url)
  // A literal address was judged with the URL.
  if (ipaddr.isValid(host)) return url
  const addresses = await resolved(platform, host)
  if (!addresses.every(isPublicAddress)) throw notPublic(host)
  return url
}

/**
 * The URL of a webhook that is there, judged without a look-up.
 *
 * @throws INVALID_PARAMETER_VALUE by the settings of today it is refused
 */
export function allowedUrl(text: string, settings: WebhookSettings): URL {
  const url = parseUrl(text)
  const scheme = url?.protocol.slice(0, -1) ?? ''
  const usable = url !== undefined && /^https?$/.test(scheme)
  if (!usable || !(settings.schemes.includes(scheme) || isListed(url, settings))) {
    const allowed = settings.schemes.join(', ')
    throw invalid(
      `Invalid webhook URL scheme: '${excerpt(scheme)}'. Allowed schemes are: ${allowed}.`,
    )
  }
  const host = hostOf(url)
  if (mayBePrivate(url, settings)) return url
  const refused = ipaddr.isValid(host) ? !isPublicAddress(host) : isLocalName(host)
  if (refused) throw notPublic(host)
  return url
}

/** Whether a request to `url` may go to `address`: judged where the connection is made. */
export function mayConnect(url: URL, address: string, settings: WebhookSettings): boolean {
  return mayBePrivate(url, settings) || isPublicAddress(address)
}

/** Scheme, host and port: what the record and the log may hold of a URL, whose path may be a secret. */
export function originOf(text: string): string {
  return parseUrl(text)?.origin ?? ''
}

/** URLs are parsed as browsers do: every spelling of an IPv4 address comes out as the usual one. */
function parseUrl(text: string): URL | undefined {
  if (text.length > urlCharsMax) {
    throw invalid(`Webhook URL has more than ${urlCharsMax} characters`)
  }
  return URL.canParse(text) ? new URL(text) : undefined
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

async function resolved(platform: Platform, host: string): Promise<readonly string[]> {
  try {
    return (await platform.outbound.resolve(host)) ?? []
  } catch (err) {
    if (!(err instanceof OutboundError)) throw err
    throw invalid(`Cannot resolve Webhook URL hostname '${excerpt(host)}': ${err.message}`)
  }
}

function notPublic(host: string): RegistryError {
  return invalid(
    `Webhook URL must not resolve to a non-public IP address: '${excerpt(host)}' does. ` +
      'The setting webhook-hosts allows chosen hosts for development.',
  )
}
