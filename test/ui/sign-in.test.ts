import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { OidcSettings } from '../../src/platform/settings/sign-in.ts'
import { returnPath } from '../../src/ui/shell/return-path.ts'
import { testIssuer } from '../access/sign-in/issuer.ts'
import { testServer } from '../support/server.ts'

const oidc: OidcSettings = {
  issuer: 'https://issuer.example',
  clientId: 'gatehouse',
  clientSecret: 'a secret',
  name: 'Example <Co>',
  scopes: 'openid profile',
  usernameClaim: 'preferred_username',
  groups: { claim: undefined, map: undefined },
  adminGroup: undefined,
}

async function server(overrides: { oidc?: OidcSettings; fetch?: typeof fetch } = {}) {
  const { platform } = await testServer()
  const settings = { ...platform.settings, auth: true, oidc: { ...oidc, ...overrides.oidc } }
  return testServer({ ...platform, ...overrides, settings })
}

describe('the page', () => {
  test('runs no script, loads nothing from elsewhere, and cannot be framed', async () => {
    const { app } = await server()
    const res = await app.request('/signin?to=%22%3E%3Cscript%3E')
    expect(res.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'nonce-[0-9a-f]{32}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'$/,
    )
    expect(res.headers.get('cache-control')).toBe('no-store')
    const text = await res.text()
    expect(text).toMatch(/^<!doctype html><html lang="en">/)
    expect(text).not.toMatch(/<script|javascript:| on\w+=| style=/i)
    expect(text).toContain('Sign in with Example &lt;Co&gt;')
    expect(text).toContain('name="to" value="/"')
  })

  test('says when there is nothing to sign in to', async () => {
    const { app } = await testServer()
    expect(await (await app.request('/signin')).text()).toContain('Access control is off')
    expect((await app.request('/signin/oidc')).status).toBe(404)
    expect((await app.request('/signin/callback')).status).toBe(404)
  })

  test('has its links under the path that a proxy adds', async () => {
    const { platform } = await server()
    const app = createApp(() => platform, { prefixOf: () => '/mlflow' })
    const text = await (await app.request('/mlflow/signin')).text()
    expect(text).toContain('action="/mlflow/signin"')
    expect(text).toContain('href="/mlflow/signin/oidc?')
    const out = await app.request('/mlflow/signout', { method: 'POST' })
    expect(out.headers.get('location')).toBe('/mlflow/signin')
  })
})

describe('a name and a password', () => {
  const form = (fields: Record<string, string>, headers: Record<string, string> = {}) => ({
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  })

  test.each([
    { username: 'ada', password: 'wrong-password-1' },
    { username: '', password: '' },
    { username: 'a:b', password: 'x' },
    { username: '<script>alert(1)</script>', password: 'é\u0000' },
    { username: 'ada', password: `gh_${'0'.repeat(64)}` },
    {} as Record<string, string>,
  ])('that are wrong get the form again and no session: %j', async (fields) => {
    const { app } = await server()
    const res = await app.request('/signin', form(fields))
    expect(res.status).toBe(401)
    const text = await res.text()
    expect(text).toContain('The user name or the password is wrong')
    const typed = (fields.username ?? '').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    expect(text).toContain(`name="username" value="${typed}"`)
    expect(text).not.toContain('<script')
    expect(res.headers.getSetCookie()).toEqual([])
  })

  test('are not taken from a page of another site, nor from a body without end', async () => {
    const { app } = await server()
    const foreign = await app.request('/signin', form({}, { origin: 'https://evil.example' }))
    expect(foreign.status).toBe(403)
    const huge = await app.request('/signin', form({ username: 'a'.repeat(30_000) }))
    expect(huge.status).toBe(413)
  })
})

test('signing in at a provider works by code, state, nonce and PKCE', async () => {
  const issuer = await testIssuer()
  let nonce = ''
  const sent: URLSearchParams[] = []
  const answer = async (url: string, init: RequestInit) => {
    if (url.endsWith('/.well-known/openid-configuration')) {
      return Response.json({
        issuer: issuer.url,
        jwks_uri: `${issuer.url}/keys`,
        authorization_endpoint: `${issuer.url}/authorize`,
        token_endpoint: `${issuer.url}/token`,
        id_token_signing_alg_values_supported: ['ES256'],
      })
    }
    if (!url.endsWith('/token')) return issuer.fetch(url)
    sent.push(new URLSearchParams(String(init.body)))
    const now = Math.floor(Date.now() / 1000)
    const claims = { sub: 's-1', preferred_username: 'ada', nonce, iat: now, exp: now + 60 }
    return Response.json({
      access_token: 'x',
      token_type: 'bearer',
      id_token: await issuer.sign(claims),
    })
  }
  const { app } = await server({ fetch: answer as typeof fetch })
  const begun = await app.request('https://localhost/signin/oidc?to=/api/v1/whoami')
  const asked = new URL(begun.headers.get('location') ?? '').searchParams
  expect(Object.fromEntries(asked)).toMatchObject({
    response_type: 'code',
    client_id: 'gatehouse',
    redirect_uri: 'https://localhost/signin/callback',
    scope: 'openid profile',
    code_challenge_method: 'S256',
  })
  const [underWay = ''] = begun.headers.getSetCookie()
  expect(underWay).toMatch(/^__Host-gatehouse_signin=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  nonce = asked.get('nonce') ?? ''
  const back = await app.request(
    `https://localhost/signin/callback?code=c-1&state=${asked.get('state')}`,
    { headers: { cookie: underWay.split(';')[0] ?? '' } },
  )
  expect(back.status).toBe(303)
  expect(back.headers.get('location')).toBe('/api/v1/whoami')
  expect(sent[0]?.get('code')).toBe('c-1')
  expect(sent[0]?.get('code_verifier')).toMatch(/^[\w-]{43}$/)
  const [spent, session = ''] = back.headers.getSetCookie()
  expect(spent).toMatch(/^__Host-gatehouse_signin=; Max-Age=0/)
  expect(session).toMatch(
    /^__Host-gatehouse_session=[0-9a-f]{64}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
  const headers = { cookie: session.split(';')[0] ?? '' }
  const whoami = await app.request('https://localhost/api/v1/whoami', { headers })
  expect(await whoami.json()).toMatchObject({ name: 'ada', verified: true })
})

test.each([
  ['/models/a%20b?x=1', '/models/a%20b?x=1'],
  ['/', '/'],
  [undefined, '/'],
  ['', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/\t/evil.example', '/'],
  ['/a\r\nSet-Cookie: x', '/'],
  [`/${'a'.repeat(3000)}`, '/'],
])('asked to return to %j, people land at %s', (asked, path) => {
  expect(returnPath(asked)).toBe(path)
})
