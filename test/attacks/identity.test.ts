import { describe, expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { resolveIdentity } from '../../src/access/accounts/resolve-identity.ts'
import { deleteServiceAccount } from '../../src/access/accounts/service-accounts.ts'
import { startSession } from '../../src/access/sign-in/sessions.ts'
import { createApp } from '../../src/app.ts'
import { anonymous } from '../../src/core/principal.ts'
import { readSignIn } from '../../src/platform/settings/read-sign-in.ts'
import { givenBy } from '../../src/platform/settings/setting-table.ts'
import { testIssuer } from '../access/sign-in/issuer.ts'
import { contextOf, makeAccount, person } from '../support/accounts.ts'
import { admin, adminPassword, authServer, password } from '../support/auth-server.ts'
import { basic, client } from '../support/client.ts'
import { testServer } from '../support/server.ts'

const bearerOf = (made: { json: { token?: string } }) => `Bearer ${made.json.token}`

/** A server that takes the JWTs of an issuer too; `jwt` makes one for 20 seconds. */
async function server() {
  const issuer = await testIssuer()
  const entry = { kind: 'user', name: '{sub}', require: { iss: issuer.url } }
  const list = JSON.stringify([{ issuer: issuer.url, audience: 'gatehouse', ...entry }])
  const { settings } = await freshPlatform()
  const made = await authServer({
    settings: {
      ...settings,
      ...readSignIn(givenBy({ GATEHOUSE_JWT_ISSUERS: list })),
      auth: true,
      firstAdmin: { name: 'admin', password: adminPassword },
    },
    fetch: issuer.fetch,
  })
  const jwt = async (sub: string) => {
    const now = made.clock.ms / 1000
    return `Bearer ${await issuer.sign({ iat: now, exp: now + 20, sub })}`
  }
  /** A JWT of an administrator. */
  const adminJwt = async () => {
    const short = await jwt('ops')
    await made.whoami(short)
    const promoted = { username: 'ops', is_admin: true }
    await made.mlflow(admin, 'PATCH', 'users/update-admin', promoted)
    return short
  }
  /** The account's id of somebody who signs in so. */
  const accountId = async (authorization: string): Promise<number> =>
    (await made.mlflow(authorization, 'GET', 'users/current')).json.user.id
  /** Who is signed in to the web page as `name`; sends JSON by its cookie. */
  const session = async (name: string, authorization: string) => {
    const principal = person(name, { accountId: await accountId(authorization) })
    const id = await startSession(contextOf(made.platform, anonymous), principal, {})
    return client(made.app, { cookie: `gatehouse_session=${id}`, 'sec-fetch-site': 'same-origin' })
  }
  return { ...made, jwt, adminJwt, session }
}

describe('a credential ends with the one that made it', () => {
  test('a token that was made with a JWT of 20 seconds is over after them', async () => {
    const { call, clock, jwt, whoami } = await server()
    const short = await jwt('mallory')
    const made = await call(short, 'POST', '/api/v1/tokens', { name: 'for ever' })
    expect(made.status).toBe(201)
    expect(made.json.expires_at).toBe(clock.ms + 20_000)
    expect((await whoami(bearerOf(made))).status).toBe(200)
    const asked = { name: 'for ever', expires_in_days: 3650 }
    expect((await call(short, 'POST', '/api/v1/tokens', asked)).status).toBe(403)
    const again = await call(bearerOf(made), 'POST', '/api/v1/tokens', { name: 'and on' })
    expect(again.status).toBe(403)
    clock.pass(20_000)
    expect((await whoami(bearerOf(made))).status).toBe(401)
  })

  test('an administrator by JWT makes no lasting token for another account either', async () => {
    const { adminJwt, call, clock, whoami } = await server()
    await call(admin, 'POST', '/api/v1/service-accounts', { name: 'trainer' })
    const short = await adminJwt()
    const made = await call(short, 'POST', '/api/v1/tokens', { name: 't', for: 'service:trainer' })
    expect(made.status).toBe(201)
    clock.pass(20_000)
    expect((await whoami(bearerOf(made))).status).toBe(401)
  })

  test('a token that was made in a session ends when the session ends', async () => {
    const { session, user, whoami } = await server()
    const web = await session('rita', await user('rita'))
    const made = await web.call('POST', '/api/v1/tokens', { name: 't' })
    expect(made.status).toBe(201)
    expect((await whoami(bearerOf(made))).json.name).toBe('rita')
    expect((await web.call('POST', '/signout')).status).toBeLessThan(400)
    expect((await whoami(bearerOf(made))).status).toBe(401)
  })

  test('tokens that a token made are revoked with it', async () => {
    const { call, token, whoami } = await server()
    const leaked = await token(admin)
    const child = await token(leaked.bearer)
    const grandchild = await token(child.bearer)
    expect((await whoami(grandchild.bearer)).status).toBe(200)
    await call(admin, 'DELETE', `/api/v1/tokens/${leaked.id}`)
    for (const { bearer } of [leaked, child, grandchild])
      expect((await whoami(bearer)).status).toBe(401)
  })

  test('a signed URL lives no longer than the credential that asked for it', async () => {
    const { adminJwt, app, call, clock } = await server()
    const short = await adminJwt()
    const path = '/api/2.0/mlflow-artifacts'
    const begun = await call(short, 'POST', `${path}/mpu/create/0/r/artifacts/x.bin`, {
      path: 'x.bin',
      num_parts: 1,
    })
    expect(begun.status, begun.text).toBe(200)
    const { url } = begun.json.credentials[0]
    clock.pass(21_000)
    const put = await app.request(url, { method: 'PUT', body: 'x' })
    expect(put.status).toBe(403)
  })
})

describe('when a password changes, nothing of before signs in any more', () => {
  test.each([
    ['by an administrator', admin, { username: 'rita', password: 'another of rita' }],
    [
      'by oneself',
      undefined,
      { username: 'rita', password: 'another of rita', current_password: password },
    ],
  ])('%s', async (_by, who, change) => {
    const { call, mlflow, session, token, user, whoami } = await server()
    await call(admin, 'POST', '/api/v1/service-accounts', { name: 'trainer' })
    const rita = await user('rita')
    const service = await token(admin, { for: 'service:trainer' })
    const own = await token(rita)
    const child = await token(own.bearer)
    const web = await session('rita', rita)
    expect((await whoami(own.bearer)).status).toBe(200)
    const changed = await mlflow(who ?? rita, 'PATCH', 'users/update-password', change)
    expect(changed.status, changed.text).toBe(200)
    expect((await whoami(own.bearer)).status).toBe(401)
    expect((await whoami(child.bearer)).status).toBe(401)
    expect((await web.call('GET', '/api/v1/whoami')).status).toBe(401)
    expect((await whoami(rita)).status).toBe(401)
    // A service account's token is its own, whoever made it.
    expect((await whoami(service.bearer)).status).toBe(200)
  })

  test('nor when the account is deleted, nor for who takes its name', async () => {
    const { mlflow, session, token, user, whoami } = await server()
    const rita = await user('rita')
    const own = await token(rita)
    const web = await session('rita', rita)
    await mlflow(admin, 'DELETE', 'users/delete', { username: 'rita' })
    await user('rita')
    expect((await whoami(own.bearer)).status).toBe(401)
    expect((await web.call('GET', '/api/v1/whoami')).status).toBe(401)
  })
})

describe('whose account was ended does not sign up again by signing in', () => {
  const list = '/api/v1/barred-identities'

  test('when the account of a person was deleted, until an administrator admits them', async () => {
    const { call, jwt, mlflow, whoami } = await server()
    expect((await whoami(await jwt('mallory'))).status).toBe(200)
    await mlflow(admin, 'DELETE', 'users/delete', { username: 'mallory' })
    const again = await whoami(await jwt('mallory'))
    expect(again.status, again.text).toBe(403)
    expect(again.json.message).toContain('gatehouse identities admit')
    expect((await mlflow(admin, 'GET', 'users/list')).text).not.toContain('"mallory"')
    // The name is free for others, and whoever has it is not let in by that.
    await mlflow(admin, 'POST', 'users/create', { username: 'mallory', password })
    expect((await whoami(await jwt('mallory'))).status).toBe(403)
    await mlflow(admin, 'DELETE', 'users/delete', { username: 'mallory' })
    expect((await whoami(await jwt('ann'))).status).toBe(200)
    const { items } = (await call(admin, 'GET', list)).json
    expect(items).toMatchObject([{ subject: 'mallory', account: 'mallory', barred_by: 'admin' }])
    expect((await call(admin, 'DELETE', `${list}/${items[0].id}`)).status).toBe(200)
    expect((await whoami(await jwt('mallory'))).status).toBe(200)
    const actions = await auditOf(call)
    expect(actions.filter((action) => action.startsWith('identity.'))).toEqual([
      'identity.barred',
      'identity.admitted',
    ])
  })

  test('when the account is deleted while they sign in, sixteen times at once', async () => {
    const { jwt, mlflow, whoami } = await server()
    await whoami(await jwt('mallory'))
    const own = await jwt('mallory')
    const signIns = Array.from({ length: 16 }, () => whoami(own))
    await Promise.all([
      ...signIns,
      mlflow(admin, 'DELETE', 'users/delete', { username: 'mallory' }),
      ...Array.from({ length: 16 }, () => whoami(own)),
    ])
    expect((await whoami(own)).status).toBe(403)
  })

  test('when a link was removed, until an administrator links them again', async () => {
    const { call, jwt, whoami } = await server()
    await whoami(await jwt('mallory'))
    const { items } = (await call(admin, 'GET', '/api/v1/identities')).json
    await call(admin, 'DELETE', `/api/v1/identities/${items[0].id}`)
    expect((await whoami(await jwt('mallory'))).status).toBe(403)
    const { issuer, subject } = items[0]
    await call(admin, 'POST', '/api/v1/identities', { account: 'mallory', issuer, subject })
    expect((await whoami(await jwt('mallory'))).json.name).toBe('mallory')
    expect((await call(admin, 'GET', list)).json.items).toEqual([])
  })

  test('when a service account from outside was deleted', async () => {
    const { platform } = await server()
    const ctx = contextOf(platform)
    const pipeline = {
      ...{ issuer: 'https://ci.example', subject: 'service:ci', kind: 'service' as const },
      ...{ name: 'ci', groups: [], adminGroup: undefined },
    }
    await resolveIdentity(ctx, pipeline)
    await deleteServiceAccount(ctx, 'ci')
    await expect(resolveIdentity(ctx, pipeline)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
  })

  test('and only administrators let them in again', async () => {
    const { call, jwt, mlflow, user } = await server()
    await whoamiOf(call, await jwt('mallory'))
    await mlflow(admin, 'DELETE', 'users/delete', { username: 'mallory' })
    const rita = await user('rita')
    expect((await call(rita, 'GET', list)).status).toBe(403)
    expect((await call(rita, 'DELETE', `${list}/1`)).status).toBe(403)
    expect((await call(undefined, 'DELETE', `${list}/1`)).status).toBe(401)
    expect((await whoamiOf(call, await jwt('mallory'))).status).toBe(403)
  })

  type Ask = Awaited<ReturnType<typeof server>>['call']
  const whoamiOf = (call: Ask, who: string) => call(who, 'GET', '/api/v1/whoami')
  const auditOf = async (call: Ask): Promise<string[]> =>
    (await call(admin, 'GET', '/api/v1/audit')).json.items
      .map(({ action }: { action: string }) => action)
      .toReversed()
})

describe('a name that the server uses itself is free for nobody', () => {
  const taken = [
    'gatehouse',
    'Gatehouse',
    'gаtehouse',
    'gateh0use',
    'ａｎｏｎｙｍｏｕｓ',
    'operator',
  ]

  test.each([...taken, 'admin', 'аdmin', 'ADM1N'])('%s', async (name) => {
    const { call, jwt, mlflow, whoami } = await server()
    const made = await mlflow(admin, 'POST', 'users/create', { username: name, password })
    expect(made.status, made.text).toBe(400)
    // A service is told apart by its prefix; `service:admin` is no administrator.
    const service = await call(admin, 'POST', '/api/v1/service-accounts', { name })
    expect(service.status, service.text).toBe(taken.includes(name) ? 400 : 201)
    const outside = await whoami(await jwt(name))
    expect(outside.status, outside.text).toBe(403)
  })

  test.each(['gatehouse', 'GATEH0USE', 'operator', 'service:gatehouse'])(
    '%s is not claimed by a header either',
    async (name) => {
      const { app } = await testServer()
      const who = await client(app, { 'x-gatehouse-actor': name }).call('GET', '/api/v1/whoami')
      expect(who.json).toMatchObject({ name: expect.not.stringMatching(/gate|oper/i) })
    },
  )

  test('the first administrator is called as the settings say', async () => {
    const { whoami } = await server()
    expect((await whoami(admin)).json.name).toBe('admin')
  })

  test('the name of an administrator who is gone is not free either', async () => {
    const { mlflow, user } = await server()
    const other = await user('root')
    await mlflow(admin, 'PATCH', 'users/update-admin', { username: 'root', is_admin: true })
    expect((await mlflow(other, 'DELETE', 'users/delete', { username: 'admin' })).status).toBe(200)
    const asked = { username: 'admin', password }
    const made = await mlflow(other, 'POST', 'users/create', asked)
    expect(made.status).toBe(400)
    expect(made.json.error_code).toBe('INVALID_PARAMETER_VALUE')
  })
})

test('wrong passwords are throttled whatever X-Forwarded-For says, from this machine too', async () => {
  const { platform } = await server()
  const app = createApp((c) => {
    c.set('peer', '127.0.0.1')
    return platform
  })
  const statuses: number[] = []
  for (let i = 0; i < 11; i++) {
    const guess = {
      authorization: basic('admin', `wrong ${i}`),
      'x-forwarded-for': `198.51.100.${i}`,
    }
    statuses.push((await client(app, guess).call('GET', '/api/v1/whoami')).status)
  }
  expect(statuses).toEqual([...Array(10).fill(401), 429])
})

test.each([
  ['POST', '/api/v1/grants', { principal: 'user:mallory', action: 'approve', models: '*' }],
  ['POST', '/api/v1/tokens', { name: 't', for: 'mallory' }],
  ['PUT', '/api/v1/groups/reviewers', { members: [] }],
  ['POST', '/api/v1/service-accounts', { name: 'trainer' }],
  ['POST', '/api/v1/identities', { account: 'mallory', issuer: 'https://i.example', subject: 'm' }],
  ['POST', '/api/2.0/mlflow/users/create', { username: 'eve', password }],
  ['POST', '/api/3.0/mlflow/roles/create', { name: 'r', workspace: 'default' }],
  [
    'POST',
    '/api/3.0/mlflow/users/permissions/grant',
    {
      username: 'mallory',
      resource_type: 'experiment',
      resource_id: '0',
      resource_pattern: '0',
      permission: 'MANAGE',
    },
  ],
])('with access control off nobody plants rights by %s %s', async (method, path, body) => {
  const { platform, call } = await testServer()
  await makeAccount(platform, 'mallory')
  const refused = await call(method, path, body)
  expect(refused.status, refused.text).toBe(403)
  expect(refused.json.message).toMatch(/access control is off/i)
})
