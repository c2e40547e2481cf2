import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { readAs } from '../../core/explain.ts'
import { list, misset, readNumber } from './read-settings.ts'
import type { Given, SettingName } from './setting-table.ts'
import type { Settings } from './settings.ts'
import type { ClaimedGroups, OidcSettings, ProxySettings, TokenIssuer } from './sign-in.ts'

type SignInSettings = Pick<
  Settings,
  | 'oidc'
  | 'tokenIssuers'
  | 'cloudflareAccess'
  | 'proxy'
  | 'sessionIdleMs'
  | 'sessionMaxMs'
  | 'rateLimit'
  | 'storageQuotaBytes'
>

const hourMs = 3_600_000
const hoursMax = 24 * 366

/** The settings of signing in. @throws SettingError naming the setting and what is expected */
export function readSignIn(given: Given): SignInSettings {
  const oidc = readOidc(given)
  return {
    oidc,
    tokenIssuers: [...providersTokens(given, oidc), ...readTokenIssuers(given)],
    cloudflareAccess: readCloudflareAccess(given),
    proxy: readProxy(given),
    sessionIdleMs: readHours(given, 'session-idle-hours'),
    sessionMaxMs: readHours(given, 'session-hours'),
    rateLimit: readNumber(given, 'rate-limit', 1_000_000),
    storageQuotaBytes: readNumber(given, 'storage-quota', Number.MAX_SAFE_INTEGER),
  }
}

function readHours(given: Given, name: SettingName): number {
  const hours = readNumber(given, name, hoursMax)
  if (hours === 0) throw misset(name, '0', `a number from 1 to ${hoursMax}`)
  return hours * hourMs
}

function readOidc(given: Given): OidcSettings | undefined {
  const issuer = given('oidc-issuer')
  const clientId = given('oidc-client-id')
  if (issuer === undefined) {
    if (clientId !== undefined) throw misset('oidc-client-id', clientId, 'oidc-issuer beside it')
    return undefined
  }
  checkIssuerUrl('oidc-issuer', issuer)
  if (clientId === undefined) throw misset('oidc-issuer', issuer, 'oidc-client-id beside it')
  const scopes = given('oidc-scopes') ?? ''
  if (!scopes.split(/\s+/).includes('openid')) {
    throw misset('oidc-scopes', scopes, 'openid among the scopes')
  }
  return {
    issuer,
    clientId,
    clientSecret: given('oidc-client-secret'),
    name: given('oidc-name') ?? '',
    scopes,
    usernameClaim: given('oidc-username-claim') ?? '',
    groups: { claim: given('oidc-groups-claim'), map: readGroupMap(given) },
    adminGroup: given('oidc-admin-group'),
  }
}

/** The provider's people may come with a JWT in place of a session. */
function providersTokens(given: Given, oidc: OidcSettings | undefined): TokenIssuer[] {
  const audiences = list(given('oidc-audiences'))
  if (audiences.length === 0) return []
  if (!oidc) throw misset('oidc-audiences', audiences.join(','), 'oidc-issuer beside it')
  const { issuer, usernameClaim, groups, adminGroup } = oidc
  const name = `{${usernameClaim}}`
  return [{ ...anyToken, issuer, audiences, kind: 'user', name, groups, adminGroup }]
}

/** The defaults of an issuer of tokens. */
const anyToken = {
  jwksUri: undefined,
  jwks: undefined,
  require: {},
  everybodyIn: [],
  groups: { claim: undefined, map: undefined },
  adminGroup: undefined,
} satisfies Partial<TokenIssuer>

const Globs = z.union([z.string(), z.array(z.string()).min(1)])

const IssuerShape = z.strictObject({
  issuer: z.string().min(1),
  audience: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  jwks_uri: z.string().optional(),
  jwks: z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) }).optional(),
  kind: z.enum(['service', 'user']).default('service'),
  name: z.string().regex(/\{[^{}]+\}/, 'it names no claim in braces, such as {sub}'),
  /** Required, since a public issuer makes tokens for anybody and for any audience. */
  require: z.record(z.string(), Globs),
  groups: z.array(z.string()).default([]),
  groups_claim: z.string().optional(),
  group_map: z.record(z.string(), z.string()).optional(),
})

function readTokenIssuers(given: Given): TokenIssuer[] {
  const text = given('jwt-issuers')
  if (text === undefined) return []
  const read = readAs(z.array(IssuerShape), parsedJson('jwt-issuers', text))
  if ('problem' in read) {
    throw misset('jwt-issuers', text, `another ${read.field}: ${read.problem}`)
  }
  return read.value.map((entry) => {
    checkIssuerUrl('jwt-issuers', entry.jwks_uri ?? (entry.jwks ? undefined : entry.issuer))
    return {
      issuer: entry.issuer,
      audiences: [entry.audience].flat(),
      jwksUri: entry.jwks_uri,
      jwks: entry.jwks,
      kind: entry.kind,
      name: entry.name,
      require: Object.fromEntries(
        Object.entries(entry.require).map(([claim, globs]) => [claim, [globs].flat()]),
      ),
      groups: { claim: entry.groups_claim, map: entry.group_map },
      everybodyIn: entry.groups,
      adminGroup: undefined,
    }
  })
}

function readCloudflareAccess(given: Given): TokenIssuer | undefined {
  const team = given('cf-access-team')
  const audiences = list(given('cf-access-aud'))
  if (team === undefined) {
    if (audiences.length > 0) throw misset('cf-access-aud', audiences.join(), 'cf-access-team too')
    return undefined
  }
  if (audiences.length === 0) throw misset('cf-access-team', team, 'cf-access-aud beside it')
  const host = /^(?:https:\/\/)?([a-z\d-]+)(?:\.cloudflareaccess\.com)?\/?$/i.exec(team)?.[1]
  if (host === undefined) throw misset('cf-access-team', team, 'the name of a team')
  const issuer = `https://${host.toLowerCase()}.cloudflareaccess.com`
  const jwksUri = `${issuer}/cdn-cgi/access/certs`
  return { ...anyToken, issuer, audiences, jwksUri, kind: 'user', name: '{email}' }
}

function readProxy(given: Given): ProxySettings {
  const networks = given('trusted-proxies')
  const userHeader = given('proxy-user-header')?.toLowerCase()
  const groupsHeader = given('proxy-groups-header')?.toLowerCase()
  if (userHeader !== undefined && networks === undefined) {
    throw misset('proxy-user-header', userHeader, 'trusted-proxies beside it')
  }
  if (groupsHeader !== undefined && userHeader === undefined) {
    throw misset('proxy-groups-header', groupsHeader, 'proxy-user-header beside it')
  }
  const trusted = networks === undefined || networks === 'none' ? [] : list(networks)
  for (const network of trusted) {
    if (!ipaddr.isValid(network) && !ipaddr.isValidCIDR(network)) {
      throw misset('trusted-proxies', network, 'an address or a network such as 10.0.0.0/8')
    }
  }
  return { trusted, userHeader, groupsHeader }
}

function readGroupMap(given: Given): ClaimedGroups['map'] {
  const text = given('oidc-group-map')
  if (text === undefined) return undefined
  const result = z.record(z.string(), z.string()).safeParse(parsedJson('oidc-group-map', text))
  if (!result.success) throw misset('oidc-group-map', text, 'a JSON object of strings')
  return result.data
}

function parsedJson(name: SettingName, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw misset(name, text, 'JSON')
  }
}

/** Nobody must be able to swap keys in transit: https, or this machine itself. */
function checkIssuerUrl(name: SettingName, text: string | undefined): void {
  if (text === undefined) return
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:') return
  if (url?.protocol === 'http:' && isLoopback(url.hostname)) return
  throw misset(name, text, 'an https:// URL')
}

/** Whether plain http to `hostname` stays on this machine. */
export function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
