import { sql } from 'drizzle-orm'
import { generateKeyPair } from 'jose'
import { describe, expect, test, vi } from 'vitest'
import { readSignIn } from '../../../src/platform/settings/read-sign-in.ts'
import { givenBy } from '../../../src/platform/settings/setting-table.ts'
import { makeAccount } from '../../support/accounts.ts'
import { testServer } from '../../support/server.ts'
import { noonMs, testIssuer } from './issuer.ts'

type Issuer = Awaited<ReturnType<typeof testIssuer>>

/** GitHub Actions, as docs/sign-in.md sets it up. */
const github = {
  audience: 'gatehouse',
  name: 'github:{repository}',
  require: { repository_owner: 'acme', ref: ['refs/heads/main', 'refs/tags/v*'] },
  groups: ['ci'],
}
const pipeline = {
  sub: 'repo:acme/fraud:ref:refs/heads/main',
  repository: 'acme/fraud',
  repository_owner: 'acme',
  ref: 'refs/heads/main',
}

/** A server that takes the tokens of `issuer`, by entries as the operator writes them. */
async function server(
  issuer: Issuer,
  entries: readonly object[] = [github],
  clock = { ms: noonMs },
) {
  const list = entries.map((entry) => ({ issuer: issuer.url, ...entry }))
  const given = givenBy({ GATEHOUSE_JWT_ISSUERS: JSON.stringify(list) })
  const { platform } = await testServer()
  const settings = { ...platform.settings, ...readSignIn(given), auth: true }
  const { app } = await testServer({
    ...platform,
    settings,
    now: () => clock.ms,
    fetch: issuer.fetch,
  })
  const whoami = async (token: string, headers: Record<string, string> = {}) => {
    const res = await app.request('/api/v1/whoami', {
      headers: { authorization: `Bearer ${token}`, ...headers },
    })
    const json = (await res.json()) as Record<string, unknown>
    return { status: res.status, json, message: String(json.message) }
  }
  return { app, whoami, platform, clock }
}

test('a pipeline is a service by the name that its claims give, in the groups of its entry', async () => {
  const issuer = await testIssuer()
  const { whoami, platform } = await server(issuer)
  const { status, json } = await whoami(await issuer.sign(pipeline))
  expect(status).toBe(200)
  expect(json).toEqual({
    name: 'service:github:acme/fraud',
    kind: 'service',
    verified: true,
    groups: ['ci'],
  })
  await whoami(await issuer.sign({ ...pipeline, sub: 'another job of the same repository' }))
  expect(await platform.db.all(sql`select name, kind, is_admin from accounts`)).toEqual([
    { name: 'service:github:acme/fraud', kind: 'service', is_admin: 0 },
  ])
  expect(issuer.asked).toEqual([
    `${issuer.url}/.well-known/openid-configuration`,
    `${issuer.url}/keys`,
  ])
})

test('sixteen first requests at once make one account', async () => {
  const issuer = await testIssuer()
  const { whoami, platform } = await server(issuer)
  const token = await issuer.sign(pipeline)
  const answers = await Promise.all(Array.from({ length: 16 }, () => whoami(token)))
  expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200))
  expect(await platform.db.all(sql`select count(*) as n from accounts`)).toEqual([{ n: 1 }])
  expect(
    await platform.db.all(
      sql`select count(*) as n from audit_entries where action = 'account.signed_up'`,
    ),
  ).toEqual([{ n: 1 }])
})

describe('a token is refused', () => {
  const s = noonMs / 1000
  test.each([
    ['for another audience', { aud: 'elsewhere' }, "claim 'aud'"],
    ['that has expired', { exp: s - 31 }, 'expired'],
    ['that never expires', { exp: undefined }, "claim 'exp'"],
    ['that is not good yet', { nbf: s + 31 }, "claim 'nbf'"],
    ['of a stranger on the same issuer', { repository_owner: 'mallory' }, "'repository_owner'"],
    ['without a claim that is required', { ref: undefined }, "'ref'"],
    ['of a branch that is not listed', { ref: 'refs/heads/main2' }, "'ref'"],
    ['without the claim that names it', { repository: undefined }, "'repository'"],
    ['with a list for a name', { repository: ['acme/fraud'] as unknown as string }, "'repository'"],
  ])('%s', async (_what, change, message) => {
    const issuer = await testIssuer()
    const { whoami, platform } = await server(issuer)
    const res = await whoami(await issuer.sign({ ...pipeline, ...change }))
    expect(res.status).toBe(401)
    expect(res.message).toContain(message)
    expect(await platform.db.all(sql`select 1 from accounts`)).toEqual([])
  })

  test('that was changed after it was signed', async () => {
    const issuer = await testIssuer()
    const { whoami } = await server(issuer)
    const [header, , signature] = (await issuer.sign(pipeline)).split('.')
    const changed = encoded({
      ...pipeline,
      repository: 'acme/other',
      iss: issuer.url,
      aud: 'gatehouse',
      exp: s + 300,
    })
    const res = await whoami(`${header}.${changed}.${signature}`)
    expect(res.status).toBe(401)
    expect(res.message).toContain('signature')
  })

  test('without a signature, or signed with what everybody knows', async () => {
    const issuer = await testIssuer()
    const { whoami } = await server(issuer)
    const claims = { ...pipeline, iss: issuer.url, aud: 'gatehouse', exp: s + 300 }
    for (const alg of ['none', 'None', 'NONE']) {
      const res = await whoami(`${encoded({ alg })}.${encoded(claims)}.`)
      expect(res.status, alg).toBe(401)
    }
    const [key] = issuer.publicKeys().keys
    const secret = new TextEncoder().encode(JSON.stringify(key))
    const res = await whoami(await issuer.sign(pipeline, secret, 'HS256'))
    expect(res.status).toBe(401)
    expect(res.message).toContain('not signed by one of')
  })

  test('signed by a key of somebody else, or by one that it brings along', async () => {
    const issuer = await testIssuer()
    const { whoami } = await server(issuer)
    const { privateKey } = await generateKeyPair('ES256')
    expect((await whoami(await issuer.sign(pipeline, privateKey))).status).toBe(401)
    const mallory = await testIssuer('https://mallory.example')
    const theirs = await mallory.sign({ ...pipeline, iss: issuer.url })
    expect((await whoami(theirs)).status).toBe(401)
    expect((await whoami(await mallory.sign(pipeline))).status).toBe(401)
    expect(issuer.asked.filter((url) => url.includes('mallory'))).toEqual([])
  })

  test.each(['', 'x', 'a.b.c', '..', 'e30.e30.', `${'a'.repeat(20_000)}.b.c`])(
    'that is no token: %.20s',
    async (token) => {
      const issuer = await testIssuer()
      const { whoami } = await server(issuer)
      expect((await whoami(token)).status).toBe(401)
      expect(issuer.asked).toEqual([])
    },
  )
})

test('clocks may be half a minute apart', async () => {
  const issuer = await testIssuer()
  const { whoami } = await server(issuer)
  const s = noonMs / 1000
  expect((await whoami(await issuer.sign({ ...pipeline, exp: s - 29 }))).status).toBe(200)
  expect((await whoami(await issuer.sign({ ...pipeline, nbf: s + 29 }))).status).toBe(200)
})

test('after a change of keys the new ones are fetched, and not for every unknown key', async () => {
  const issuer = await testIssuer()
  const { whoami } = await server(issuer)
  const clock = vi.spyOn(Date, 'now')
  clock.mockReturnValue(noonMs)
  const old = await issuer.sign(pipeline)
  expect((await whoami(old)).status).toBe(200)
  await issuer.rotate()
  const fresh = await issuer.sign(pipeline)
  expect((await whoami(fresh)).status).toBe(401)
  clock.mockReturnValue(noonMs + 31_000)
  expect((await whoami(fresh)).status).toBe(200)
  expect((await whoami(old)).status).toBe(401)
  for (let i = 0; i < 5; i++) await whoami(old)
  expect(issuer.asked.filter((url) => url.endsWith('/keys'))).toHaveLength(2)
  clock.mockRestore()
})

test('while the keys cannot be had, callers are told to come back, and the issuer is left alone', async () => {
  const issuer = await testIssuer()
  const { whoami, clock } = await server(issuer)
  const log = vi.spyOn(console, 'error').mockReturnValue()
  issuer.setAway(true)
  const token = await issuer.sign(pipeline)
  for (let i = 0; i < 3; i++) expect((await whoami(token)).status).toBe(503)
  expect(issuer.asked).toHaveLength(1)
  issuer.setAway(false)
  clock.ms += 5000
  expect((await whoami(token)).status).toBe(200)
  log.mockRestore()
})

test('keys can stand in the setting, for an issuer that cannot be reached', async () => {
  const issuer = await testIssuer()
  const { whoami } = await server(issuer, [{ ...github, jwks: issuer.publicKeys() }])
  expect((await whoami(await issuer.sign(pipeline))).status).toBe(200)
  expect(issuer.asked).toEqual([])
})

test('of several entries of one issuer the first that accepts the token counts', async () => {
  const issuer = await testIssuer()
  const { whoami } = await server(issuer, [
    { ...github, require: { environment: 'production' }, groups: ['release'] },
    github,
  ])
  expect((await whoami(await issuer.sign(pipeline))).json.groups).toEqual(['ci'])
  const release = await issuer.sign({ ...pipeline, environment: 'production' })
  expect((await whoami(release)).json.groups).toEqual(['release'])
})

test('Kubernetes service accounts are named by claims within claims, and groups can be mapped', async () => {
  const issuer = await testIssuer()
  const { whoami } = await server(issuer, [
    {
      audience: 'gatehouse',
      name: 'k8s:{kubernetes.io.namespace}:{kubernetes.io.serviceaccount.name}',
      require: { 'kubernetes.io.namespace': 'ml-*' },
      groups_claim: 'kubernetes.io.namespace',
      group_map: { 'ml-training': 'trainers' },
    },
  ])
  const pod = (namespace: string) => ({
    sub: `system:serviceaccount:${namespace}:trainer`,
    'kubernetes.io': { namespace, serviceaccount: { name: 'trainer' } },
  })
  const { json } = await whoami(await issuer.sign(pod('ml-training')))
  expect(json).toMatchObject({ name: 'service:k8s:ml-training:trainer', groups: ['trainers'] })
  expect((await whoami(await issuer.sign(pod('default')))).status).toBe(401)
})

describe('nobody from outside', () => {
  const people = { audience: 'gatehouse', kind: 'user', name: '{preferred_username}', require: {} }

  test.each(['ada', 'Ada', 'аda', 'service:ada', 'operator', 'anonymous', 'a\u0000b', ' ada', ''])(
    'becomes an account that is here, by the name %j or one like it',
    async (name) => {
      const issuer = await testIssuer()
      const { whoami, platform } = await server(issuer, [people])
      await makeAccount(platform, 'ada', { isAdmin: true })
      const res = await whoami(await issuer.sign({ sub: 's-1', preferred_username: name }))
      expect([401, 403]).toContain(res.status)
      expect(await platform.db.all(sql`select 1 from identities`)).toEqual([])
    },
  )

  test('becomes the account of another issuer, or of another kind', async () => {
    const issuer = await testIssuer()
    const { whoami } = await server(issuer, [people, { ...github, require: {}, name: '{sub}' }])
    const first = await whoami(await issuer.sign({ sub: 's-1', preferred_username: 'bo' }))
    expect(first.json).toMatchObject({ name: 'bo', kind: 'user' })
    const second = await whoami(await issuer.sign({ sub: 's-2', preferred_username: 'bo' }))
    expect(second.status).toBe(403)
    expect(second.message).toContain('POST /api/v1/identities')
    // A service is known by its name, so that its subject is no person's.
    const service = await whoami(await issuer.sign({ sub: 's-1' }))
    expect(service.json).toMatchObject({ name: 'service:s-1', kind: 'service' })
  })

  test('is an administrator, in a group that they were not put in, or somebody by a header', async () => {
    const issuer = await testIssuer()
    const { whoami } = await server(issuer, [people])
    const token = await issuer.sign({ sub: 's-1', preferred_username: 'bo', groups: ['admins'] })
    const { json } = await whoami(token, { 'x-gatehouse-actor': 'admin' })
    expect(json).toEqual({ name: 'bo', kind: 'user', verified: true, groups: [] })
  })
})

function encoded(part: object): string {
  return btoa(JSON.stringify(part)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
