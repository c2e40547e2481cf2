import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { freshPlatform } from '#platform'
import { listen } from '../../../src/node.ts'
import type { Platform } from '../../../src/platform/context.ts'
import type { OidcSettings, TokenIssuer } from '../../../src/platform/settings/sign-in.ts'
import { makeAccount } from '../../support/accounts.ts'
import { Browser, type Page } from './browser.ts'
import {
  audience,
  clientId,
  clientSecret,
  machineId,
  machineSecret,
  type Person,
  startProvider,
} from './provider.ts'

const ada: Person = {
  sub: 'u-1',
  preferred_username: 'ada',
  email: 'ada@example.com',
  email_verified: true,
  groups: ['ML Leads', 'everybody'],
}
const people: readonly Person[] = [
  ada,
  { sub: 'u-2', preferred_username: 'root', groups: [] },
  { sub: 'u-3', preferred_username: 'bad:name', groups: [] },
  { sub: 'u-4', groups: [] },
]

/** The provider says at each start that it is not set up for production. */
beforeEach(() => {
  for (const level of ['warn', 'info'] as const) vi.spyOn(console, level).mockReturnValue()
})

const running: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
  vi.restoreAllMocks()
})

/** A provider and a server that takes its people. */
async function world(
  overrides: Partial<OidcSettings> = {},
  platformOverrides: Partial<Platform> = {},
  tokenIssuers: (issuer: string) => readonly TokenIssuer[] = () => [],
) {
  const provider = await startProvider(people)
  const base = await freshPlatform()
  const oidc: OidcSettings = {
    issuer: provider.issuer,
    clientId,
    clientSecret,
    name: 'Example Co',
    scopes: 'openid profile email',
    usernameClaim: 'preferred_username',
    groups: { claim: 'groups', map: undefined },
    adminGroup: undefined,
    ...overrides,
  }
  const platform: Platform = {
    ...base,
    ...platformOverrides,
    settings: { ...base.settings, auth: true, oidc, tokenIssuers: tokenIssuers(provider.issuer) },
  }
  const { server, url } = await listen(platform, { host: '127.0.0.1', port: 0 })
  await provider.open(`${url}/signin/callback`)
  running.push(
    () => provider.stop(),
    () =>
      new Promise<void>((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  )
  return { provider, platform, url, oidc }
}

/** Sign in at the provider's pages and consent; ends where its redirects lead. */
async function signIn(browser: Browser, url: string, login: string, to = ''): Promise<Page> {
  const loginPage = await browser.get(`${url}/signin/oidc${to}`)
  const consent = await browser.submit(loginPage, { login, password: 'x' })
  return browser.submit(consent)
}

/** The URL that the provider would send the browser back to, which it does not follow. */
async function answered(browser: Browser, url: string, login: string): Promise<string> {
  browser.stopAt = `${url}/signin/callback`
  const page = await signIn(browser, url, login)
  browser.stopAt = undefined
  return page.url
}

async function whoami(browser: Browser, url: string) {
  const page = await browser.get(`${url}/api/v1/whoami`)
  return page.status === 200 ? JSON.parse(page.text) : page.status
}

/** What the server logged as the reason of failures, which no page shows. */
function reasons() {
  const log = vi.spyOn(console, 'error').mockReturnValue()
  return () => log.mock.calls.map(([line]) => `${JSON.parse(line).error} ${JSON.parse(line).cause}`)
}

describe('signing in at the provider', () => {
  test('makes an account at first sight, and the page and the API know it then', async () => {
    const { url, platform } = await world()
    const browser = new Browser()
    expect((await browser.get(`${url}/signin`)).text).toContain('Sign in with Example Co')
    const page = await signIn(browser, url, 'u-1')
    expect(page).toMatchObject({ url: `${url}/`, status: 200 })
    expect(page.text).toContain('Signed in as <strong><bdi>ada</bdi></strong>')
    expect(await whoami(browser, url)).toEqual({
      name: 'ada',
      kind: 'user',
      verified: true,
      groups: ['ML Leads', 'everybody'],
    })
    const entries = await platform.db.all(
      sql`select action, json_extract(actor, '$.name') as actor, after from audit_entries order by seq`,
    )
    expect(entries).toEqual([
      {
        action: 'account.signed_up',
        actor: 'ada',
        after: expect.stringContaining('"subject":"u-1"'),
      },
      {
        action: 'session.started',
        actor: 'ada',
        after: expect.stringContaining('"account":"ada"'),
      },
    ])
    const session = browser.setCookies.find((cookie) => cookie.startsWith('gatehouse_session='))
    expect(session).toMatch(/HttpOnly/)
    expect(session).toMatch(/SameSite=Lax/)
    expect(session).toMatch(/Path=\//)
  })

  test('a second time finds the same account and rotates the session', async () => {
    const { url, platform } = await world()
    const browser = new Browser()
    await signIn(browser, url, 'u-1')
    const first = browser.cookies.get('127.0.0.1 gatehouse_session')
    await browser.get(`${url}/signin/oidc`)
    const second = browser.cookies.get('127.0.0.1 gatehouse_session')
    expect(second).not.toBe(first)
    expect(await platform.db.all(sql`select name from accounts`)).toEqual([{ name: 'ada' }])
    expect(await platform.db.all(sql`select 1 as one from sessions`)).toHaveLength(1)
  })

  test('leads to the page that was asked for, if it is one of ours', async () => {
    const { url } = await world()
    const page = await signIn(new Browser(), url, 'u-1', '?to=%2Fhealth')
    expect(page).toMatchObject({ url: `${url}/health`, status: 200 })
    for (const to of ['//evil.example/', 'https://evil.example/', '/\\evil.example', '/%09/evil']) {
      const browser = new Browser()
      const there = await signIn(browser, url, 'u-1', `?to=${encodeURIComponent(to)}`)
      expect(new URL(there.url).origin, to).toBe(url)
    }
  })

  test('maps groups, and makes an administrator of who is in the group for that', async () => {
    const { url } = await world({
      groups: { claim: 'groups', map: { 'ML Leads': 'admins' } },
      adminGroup: 'admins',
    })
    const browser = new Browser()
    await signIn(browser, url, 'u-1')
    expect(await whoami(browser, url)).toMatchObject({ groups: ['admins'] })
    expect((await browser.get(`${url}/api/v1/identities`)).status).toBe(200)
    const other = new Browser()
    await signIn(other, url, 'u-2')
    expect((await other.get(`${url}/api/v1/identities`)).status).toBe(403)
  })

  test('signing out ends the session for every holder of its cookie', async () => {
    const { url } = await world()
    const browser = new Browser()
    const page = await signIn(browser, url, 'u-1')
    const thief = new Browser()
    for (const [key, value] of browser.cookies) thief.cookies.set(key, value)
    expect(await whoami(thief, url)).toMatchObject({ name: 'ada' })
    expect((await browser.submit(page, {}, '/signout')).text).toContain('User name')
    expect(await whoami(browser, url)).toBe(401)
    expect(await whoami(thief, url)).toBe(401)
  })
})

describe('refused', () => {
  test.each([
    ['u-2', 'root', 'is that of another account'],
    ['u-3', 'bad:name', 'are not allowed'],
    ['u-4', '(none)', 'tells no'],
  ])('is %s, whose name here would be %s', async (login, _name, message) => {
    const { url, platform } = await world()
    await makeAccount(platform, 'root', { isAdmin: true })
    const browser = new Browser()
    const page = await signIn(browser, url, login)
    expect(page.status).toBe(403)
    expect(page.text).toContain(message)
    expect(await whoami(browser, url)).toBe(401)
  })

  test('is an answer to another state, none, or in another browser', async () => {
    reasons()
    const { url } = await world()
    const browser = new Browser()
    const callback = await answered(browser, url, 'u-1')
    const elsewhere = await new Browser().get(callback)
    expect(elsewhere.status).toBe(401)
    const other = new URL(callback)
    other.searchParams.set('state', 'another')
    expect((await browser.get(other.href)).status).toBe(401)
    // The one attempt that this browser had is spent.
    expect((await browser.get(callback)).status).toBe(401)
    expect(await whoami(browser, url)).toBe(401)
  })

  test('is a code that was used', async () => {
    reasons()
    const { url } = await world()
    const browser = new Browser()
    const callback = await answered(browser, url, 'u-1')
    const kept = new Map(browser.cookies)
    expect((await browser.get(callback)).text).toContain('<bdi>ada</bdi>')
    const replay = new Browser()
    for (const [key, value] of kept) replay.cookies.set(key, value)
    expect((await replay.get(callback)).status).toBe(401)
    expect(await whoami(replay, url)).toBe(401)
  })

  test('is a code from an attacker who has their own verifier', async () => {
    reasons()
    const { url } = await world()
    const victim = new Browser()
    const callback = new URL(await answered(victim, url, 'u-1'))
    const attacker = new Browser()
    const own = new URL(await answered(attacker, url, 'u-2'))
    own.searchParams.set('code', callback.searchParams.get('code') ?? '')
    expect((await attacker.get(own.href)).status).toBe(401)
    expect(await whoami(attacker, url)).toBe(401)
  })

  test('is what the provider itself refuses, and nothing of it shows', async () => {
    reasons()
    const { url } = await world()
    const browser = new Browser()
    const callback = new URL(await answered(browser, url, 'u-1'))
    const query = new URLSearchParams({
      error: 'access_denied',
      error_description: '<script>alert(1)</script>',
      state: callback.searchParams.get('state') ?? '',
      iss: callback.searchParams.get('iss') ?? '',
    })
    const page = await browser.get(`${url}/signin/callback?${query}`)
    expect(page.status).toBe(401)
    expect(page.text).not.toContain('script')
  })

  test('is an ID token that is good but answers another nonce', async () => {
    const logged = reasons()
    const { url } = await world()
    const browser = new Browser()
    const callback = await answered(browser, url, 'u-1')
    const key = '127.0.0.1 gatehouse_signin'
    const underWay = decoded(browser.cookies.get(key) ?? '')
    browser.cookies.set(key, encoded({ ...underWay, nonce: 'another' }))
    expect((await browser.get(callback)).status).toBe(401)
    expect(logged()).toEqual([expect.stringContaining('nonce')])
  })

  type Change = (claims: Record<string, unknown>, header: Record<string, unknown>) => void
  test.each<[string, Change, string]>([
    ['that was tampered with', (claims) => Object.assign(claims, { sub: 'u-2' }), 'signature'],
    ['for another client', (claims) => Object.assign(claims, { aud: 'another' }), 'aud'],
    ['that has expired', (claims) => Object.assign(claims, { exp: 1000 }), 'exp'],
    [
      'of another issuer',
      (claims) => Object.assign(claims, { iss: 'https://evil.example' }),
      'iss',
    ],
    ['without a signature', (_claims, header) => Object.assign(header, { alg: 'none' }), 'alg'],
    ['signed by a secret', (_claims, header) => Object.assign(header, { alg: 'HS256' }), 'alg'],
  ])('is an ID token %s', async (_what, change, reason) => {
    const logged = reasons()
    const { url } = await world({}, { fetch: tampering(change) })
    const browser = new Browser()
    const page = await signIn(browser, url, 'u-1')
    expect(page.status).toBe(401)
    expect(page.text).toContain('was not accepted')
    expect(logged()).toEqual([expect.stringContaining(reason)])
    expect(await whoami(browser, url)).toBe(401)
  })
})

test('while the provider is away, sign-in answers 503 and the rest of the server works', async () => {
  const logged = reasons()
  const { url, provider } = await world()
  await provider.stop()
  const page = await new Browser().get(`${url}/signin/oidc`)
  expect(page.status).toBe(503)
  expect(page.text).toContain('does not answer')
  expect(logged().join()).toContain('fetch failed')
  expect((await fetch(`${url}/health`)).status).toBe(200)
})

test("a machine's access token of the provider is taken, until somebody changes it", async () => {
  const { url, provider } = await world({}, {}, (issuer) => [
    {
      issuer,
      audiences: [audience],
      jwksUri: undefined,
      jwks: undefined,
      kind: 'service',
      name: 'machine:{client_id}',
      require: { client_id: [machineId] },
      groups: { claim: undefined, map: undefined },
      everybodyIn: ['trainers'],
      adminGroup: undefined,
    },
  ])
  const answer = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${machineId}:${machineSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const { access_token: token } = await answer.json()
  const ask = (jwt: string) =>
    fetch(`${url}/api/v1/whoami`, { headers: { authorization: `Bearer ${jwt}` } })
  expect(await (await ask(token)).json()).toEqual({
    name: `service:machine:${machineId}`,
    kind: 'service',
    verified: true,
    groups: ['trainers'],
  })
  const [header, claims, signature] = token.split('.')
  const changed = encoded({ ...decoded(claims), client_id: 'another' })
  expect((await ask(`${header}.${changed}.${signature}`)).status).toBe(401)
})

/** The way to the provider, in the hands of somebody who changes ID tokens. */
function tampering(
  change: (claims: Record<string, unknown>, header: Record<string, unknown>) => void,
): Platform['fetch'] {
  return async (url, init) => {
    const answer = await fetch(url, init)
    const body = await answer.json()
    if (typeof body.id_token === 'string') {
      const [header, claims] = body.id_token.split('.').slice(0, 2).map(decoded)
      change(claims, header)
      const signature = header.alg === 'none' ? '' : body.id_token.split('.')[2]
      body.id_token = `${encoded(header)}.${encoded(claims)}.${signature}`
    }
    return new Response(JSON.stringify(body), answer)
  }
}

function decoded(part: string) {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
