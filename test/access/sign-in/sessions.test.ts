import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { startSession } from '../../../src/access/sign-in/sessions.ts'
import { anonymous } from '../../../src/core/principal.ts'
import type { Settings } from '../../../src/platform/settings/settings.ts'
import { contextOf, makeAccount } from '../../support/accounts.ts'
import { client } from '../../support/client.ts'
import { testServer } from '../../support/server.ts'
import { noonMs } from './issuer.ts'

const hourMs = 3_600_000

/** A server on which ada is signed in to the web page. */
async function signedIn(overrides: Partial<Settings> = {}) {
  const clock = { ms: noonMs }
  const { platform } = await testServer()
  const settings = { ...platform.settings, auth: true, ...overrides }
  const { app } = await testServer({ ...platform, settings, now: () => clock.ms })
  const principal = await makeAccount(platform, 'ada', { password: 'a password of ada' })
  const ctx = contextOf({ ...platform, settings, now: () => clock.ms }, anonymous)
  const start = (issuer?: string, claimed: string[] = []) =>
    startSession(ctx, principal, { issuer, claimed })
  const ask = (id: string, method = 'GET', path = '/api/v1/whoami', headers = {}) =>
    app.request(path, { method, headers: { cookie: `gatehouse_session=${id}`, ...headers } })
  return { app, ask, start, clock, db: platform.db, id: await start() }
}

test('a session is who signed in, and the table does not hold its id', async () => {
  const { ask, id, db } = await signedIn()
  expect(await (await ask(id)).json()).toMatchObject({ name: 'ada', kind: 'user', verified: true })
  const rows = await db.all(sql`select * from sessions`)
  expect(JSON.stringify(rows)).not.toContain(id)
  expect((await ask(id.replace(/^./, (c) => (c === '0' ? '1' : '0')))).status).toBe(401)
  expect((await ask('')).status).toBe(401)
  expect((await ask('%00; gatehouse_session=x')).status).toBe(401)
})

describe('a session ends at once', () => {
  test.each([
    ['its account is deleted', sql`delete from accounts`],
    ["its account's password is changed", sql`update accounts set password_hash = 'another'`],
    ["its account's password is taken away", sql`update accounts set password_hash = null`],
  ])('when %s', async (_what, change) => {
    const { ask, id, db } = await signedIn()
    expect((await ask(id)).status).toBe(200)
    await db.all(change)
    expect((await ask(id)).status).toBe(401)
    expect(await db.all(sql`select 1 from sessions`)).toEqual([])
  })

  test('when the provider that vouched for it is no longer set up', async () => {
    const { ask, start } = await signedIn()
    expect((await ask(await start('https://former.example'))).status).toBe(401)
  })
})

test('a session goes on while its account changes otherwise, and an administrator is one at once', async () => {
  const { ask, id, db } = await signedIn()
  expect((await ask(id, 'GET', '/api/v1/identities')).status).toBe(403)
  await db.all(sql`update accounts set is_admin = 1`)
  expect((await ask(id, 'GET', '/api/v1/identities')).status).toBe(200)
})

test('a session ends unused after its idle time, and used after its whole time', async () => {
  const { ask, id, start, clock, db } = await signedIn({
    sessionIdleMs: 2 * hourMs,
    sessionMaxMs: 5 * hourMs,
  })
  const unused = await start()
  for (const hours of [1.9, 3.7, 4.9]) {
    clock.ms = noonMs + hours * hourMs
    expect((await ask(id)).status, `${hours} h`).toBe(200)
  }
  expect((await ask(unused)).status).toBe(401)
  clock.ms = noonMs + 5.1 * hourMs
  expect((await ask(id)).status).toBe(401)
  await start()
  expect(await db.all(sql`select count(*) as n from sessions`)).toEqual([{ n: 1 }])
})

test('a session is written to once a minute at most', async () => {
  const { ask, id, clock, db } = await signedIn()
  const seen = async () =>
    (await db.first<{ seen_at_ms: number }>(sql`select seen_at_ms from sessions`))?.seen_at_ms
  clock.ms += 59_000
  await ask(id)
  expect(await seen()).toBe(noonMs)
  clock.ms += 1000
  await ask(id)
  expect(await seen()).toBe(noonMs + 60_000)
})

test('credentials sent on purpose win over a session', async () => {
  const { ask, id } = await signedIn()
  const headers = { authorization: 'Bearer something-wrong' }
  expect((await ask(id, 'GET', '/api/v1/whoami', headers)).status).toBe(401)
})

describe('a change asked for by session', () => {
  const create = '/api/2.0/mlflow/experiments/create'
  const host = 'gatehouse.example'

  test.each<[string, Record<string, string>, number]>([
    ['neither Origin nor Sec-Fetch-Site', {}, 403],
    ['its own origin', { origin: 'http://gatehouse.example' }, 200],
    ['its own origin under another scheme', { origin: 'https://gatehouse.example' }, 403],
    ['its own origin on another port', { origin: 'http://gatehouse.example:8080' }, 403],
    ['a page of this machine', { origin: 'http://localhost:3000' }, 403],
    ['a configured origin', { origin: 'https://notebooks.example' }, 200],
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['the origin null', { origin: 'null' }, 403],
    ['Sec-Fetch-Site: same-origin', { 'sec-fetch-site': 'same-origin' }, 200],
    ['Sec-Fetch-Site: none', { 'sec-fetch-site': 'none' }, 200],
    ['Sec-Fetch-Site: same-site', { 'sec-fetch-site': 'same-site' }, 403],
    ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('with %s is answered as it must be', async (_what, headers, status) => {
    const { app, id, db } = await signedIn({
      allowedHosts: [host],
      corsOrigins: ['https://notebooks.example'],
    })
    await db.all(sql`update accounts set is_admin = 1`)
    const cookie = `gatehouse_session=${id}`
    const { call } = client(app, { host, cookie, ...headers })
    const res = await call('POST', `http://${host}${create}`, { name: 'x' })
    expect(res.status).toBe(status)
  })

  test('is refused from any origin even where any may call without a session', async () => {
    const { ask, id } = await signedIn({ corsOrigins: ['*'] })
    for (const origin of ['https://evil.example', 'http://localhost:3000']) {
      expect((await ask(id, 'POST', create, { origin })).status).toBe(403)
    }
  })

  test('is refused for signing out too, and then the session goes on', async () => {
    const { ask, id } = await signedIn()
    expect((await ask(id, 'POST', '/signout')).status).toBe(403)
    expect((await ask(id, 'POST', '/signout', { origin: 'https://evil.example' })).status).toBe(403)
    expect((await ask(id)).status).toBe(200)
    const own = { origin: 'http://localhost' }
    const res = await ask(id, 'POST', '/signout', own)
    expect(res.status).toBe(303)
    expect(res.headers.get('set-cookie')).toMatch(
      /^gatehouse_session=; Max-Age=0; Path=\/; HttpOnly/,
    )
    expect((await ask(id)).status).toBe(401)
  })
})

test('answers to a configured origin may be read with its session, and to no other', async () => {
  const { ask, id } = await signedIn({ corsOrigins: ['https://notebooks.example'] })
  const ours = await ask(id, 'GET', '/api/v1/whoami', { origin: 'https://notebooks.example' })
  expect(ours.headers.get('access-control-allow-origin')).toBe('https://notebooks.example')
  expect(ours.headers.get('access-control-allow-credentials')).toBe('true')
  const theirs = await ask(id, 'GET', '/api/v1/whoami', { origin: 'https://evil.example' })
  expect(theirs.headers.get('access-control-allow-origin')).toBeNull()
  expect(theirs.headers.get('access-control-allow-credentials')).toBeNull()
})

test('under TLS only the cookie that no neighbouring host can set counts', async () => {
  const { app, id } = await signedIn()
  const url = 'https://localhost/api/v1/whoami'
  const ask = (cookie: string) => app.request(url, { headers: { cookie } })
  expect((await ask(`__Host-gatehouse_session=${id}`)).status).toBe(200)
  expect((await ask(`gatehouse_session=${id}`)).status).toBe(401)
})
