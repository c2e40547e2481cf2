import { describe, expect, test } from 'vitest'
import { readSignIn } from '../../src/platform/settings/read-sign-in.ts'
import { givenBy } from '../../src/platform/settings/setting-table.ts'
import { defaultSettings } from '../../src/platform/settings/settings.ts'

function read(variables: Record<string, string>) {
  const named = Object.entries(variables).map(([name, value]) => [`GATEHOUSE_${name}`, value])
  return readSignIn(givenBy(Object.fromEntries(named)))
}

const oidc = { OIDC_ISSUER: 'https://login.example.com', OIDC_CLIENT_ID: 'gatehouse' }
const issuer = { issuer: 'https://i.example', audience: 'a', name: '{sub}', require: {} }
const issuers = (change: object) => ({ JWT_ISSUERS: JSON.stringify([{ ...issuer, ...change }]) })

test('with nothing set, everything is as the defaults say', () => {
  expect(defaultSettings).toMatchObject(read({}))
})

test('what is set is read', () => {
  const settings = read({
    ...oidc,
    OIDC_AUDIENCES: 'api://a, b',
    OIDC_GROUP_MAP: '{"x": "y"}',
    TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    PROXY_USER_HEADER: 'X-User',
    SESSION_IDLE_HOURS: '1',
    STORAGE_QUOTA: '1000000000000',
    CF_ACCESS_TEAM: 'https://Acme.cloudflareaccess.com/',
    CF_ACCESS_AUD: 'tag',
    ...issuers({ require: { ref: 'refs/*' } }),
  })
  expect(settings).toMatchObject({
    oidc: { scopes: 'openid profile email', groups: { map: { x: 'y' } } },
    tokenIssuers: [
      { issuer: 'https://login.example.com', audiences: ['api://a', 'b'], kind: 'user' },
      {
        issuer: 'https://i.example',
        audiences: ['a'],
        kind: 'service',
        require: { ref: ['refs/*'] },
      },
    ],
    cloudflareAccess: { issuer: 'https://acme.cloudflareaccess.com', audiences: ['tag'] },
    proxy: { trusted: ['10.0.0.0/8', '::1'], userHeader: 'x-user' },
    sessionIdleMs: 3_600_000,
    storageQuotaBytes: 1e12,
  })
  expect(read({ TRUSTED_PROXIES: 'none' }).proxy.trusted).toEqual([])
  expect(read({ ...oidc, OIDC_ISSUER: 'http://localhost:8080/realm' }).oidc?.issuer).toContain(
    '8080',
  )
})

describe('refused with a line that names the setting', () => {
  test.each<[Record<string, string>, string]>([
    [{ OIDC_ISSUER: 'https://login.example.com' }, 'oidc-client-id beside it'],
    [{ OIDC_CLIENT_ID: 'x' }, 'oidc-issuer beside it'],
    [{ ...oidc, OIDC_ISSUER: 'http://login.example.com' }, 'https:// URL'],
    [{ ...oidc, OIDC_ISSUER: 'http://localhost.example.com' }, 'https:// URL'],
    [{ ...oidc, OIDC_ISSUER: 'login.example.com' }, 'https:// URL'],
    [{ ...oidc, OIDC_SCOPES: 'profile' }, 'openid among'],
    [{ ...oidc, OIDC_GROUP_MAP: '[1]' }, 'object of strings'],
    [{ ...oidc, OIDC_GROUP_MAP: '{' }, 'oidc-group-map'],
    [{ OIDC_AUDIENCES: 'x' }, 'oidc-issuer beside it'],
    [{ JWT_ISSUERS: '{}' }, 'jwt-issuers'],
    [{ JWT_ISSUERS: 'x' }, 'expected JSON'],
    [issuers({ issuer: 'http://i.example' }), 'https:// URL'],
    [issuers({ jwks_uri: 'http://i.example' }), 'https:// URL'],
    [issuers({ require: undefined }), 'require'],
    [issuers({ name: 'everybody' }), 'names no claim'],
    [issuers({ audience: [] }), 'audience'],
    [issuers({ audiences: 'a' }), 'audiences'],
    [issuers({ kind: 'admin' }), 'kind'],
    [issuers({ jwks: { keys: [] } }), 'keys'],
    [{ CF_ACCESS_TEAM: 'acme' }, 'cf-access-aud beside it'],
    [{ CF_ACCESS_AUD: 'tag' }, 'cf-access-team too'],
    [{ CF_ACCESS_TEAM: 'evil.example/', CF_ACCESS_AUD: 'tag' }, 'name of a team'],
    [{ TRUSTED_PROXIES: 'proxy.example' }, 'an address or a network'],
    [{ TRUSTED_PROXIES: '10.0.0.0/40' }, 'an address or a network'],
    [{ PROXY_USER_HEADER: 'X-User' }, 'trusted-proxies beside it'],
    [{ PROXY_GROUPS_HEADER: 'X-Groups' }, 'proxy-user-header beside it'],
    [{ SESSION_HOURS: '0' }, 'from 1 to'],
    [{ RATE_LIMIT: '-1' }, 'rate-limit'],
    [{ STORAGE_QUOTA: '1 GB' }, 'storage-quota'],
  ])('%j', (variables, message) => {
    expect(() => read(variables)).toThrow(message)
  })
})
