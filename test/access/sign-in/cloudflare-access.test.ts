import { expect, test } from 'vitest'
import { readSignIn } from '../../../src/platform/settings/read-sign-in.ts'
import { givenBy } from '../../../src/platform/settings/setting-table.ts'
import { testServer } from '../../support/server.ts'
import { noonMs, testIssuer } from './issuer.ts'

async function behindAccess() {
  const issuer = await testIssuer('https://acme.cloudflareaccess.com')
  const given = givenBy({
    GATEHOUSE_CF_ACCESS_TEAM: 'acme',
    GATEHOUSE_CF_ACCESS_AUD: 'tag-1, tag-2',
  })
  const { platform } = await testServer()
  const settings = { ...platform.settings, ...readSignIn(given), auth: true }
  const { app } = await testServer({
    ...platform,
    settings,
    now: () => noonMs,
    fetch: issuer.fetch,
  })
  const whoami = async (assertion: string) => {
    const headers = { 'cf-access-jwt-assertion': assertion }
    const res = await app.request('/api/v1/whoami', { headers })
    return { status: res.status, json: await res.json() }
  }
  return { issuer, whoami }
}

const ada = { aud: ['tag-2'], sub: 'id-1', email: 'ada@example.com' }

test('who came through Cloudflare Access is known by the address that it vouches for', async () => {
  const { issuer, whoami } = await behindAccess()
  expect((await whoami(await issuer.sign(ada))).json).toEqual({
    name: 'ada@example.com',
    kind: 'user',
    verified: true,
    groups: [],
  })
  expect(issuer.asked).toEqual(['https://acme.cloudflareaccess.com/cdn-cgi/access/certs'])
})

test('a service token of Access is a service', async () => {
  const { issuer, whoami } = await behindAccess()
  const token = await issuer.sign({ aud: ['tag-1'], sub: '', common_name: 'abc.access' })
  expect((await whoami(token)).json).toMatchObject({ name: 'service:abc.access', kind: 'service' })
})

test('an assertion for another application, of another team, or that expired is refused', async () => {
  const { issuer, whoami } = await behindAccess()
  const other = await testIssuer('https://mallory.cloudflareaccess.com')
  const wrong = [
    await issuer.sign({ ...ada, aud: ['tag-3'] }),
    await issuer.sign({ ...ada, exp: noonMs / 1000 - 60 }),
    await other.sign(ada),
    await other.sign({ ...ada, iss: issuer.url }),
    'ada@example.com',
  ]
  for (const assertion of wrong) expect((await whoami(assertion)).status).toBe(401)
})

test('the header is nobody where Access is not set up', async () => {
  const { issuer } = await behindAccess()
  const { platform } = await testServer()
  const { app } = await testServer({ settings: { ...platform.settings, auth: true } })
  const headers = { 'cf-access-jwt-assertion': await issuer.sign(ada) }
  expect((await app.request('/api/v1/whoami', { headers })).status).toBe(401)
})
