import { sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { admin, adminPassword, authServer, password } from '../../support/auth-server.ts'
import { basic } from '../../support/client.ts'

test('the first administrator signs in with the password of the settings', async () => {
  const { whoami } = await authServer()
  expect((await whoami(admin)).json).toEqual({
    name: 'admin',
    kind: 'user',
    verified: true,
    groups: [],
  })
})

test.each([
  ['no credentials', undefined],
  ['a wrong password', basic('admin', 'wrong password')],
  ['an unknown user', basic('nobody', adminPassword)],
  ['another spelling of the name', basic('Admin', adminPassword)],
  ['no colon', `Basic ${btoa('admin')}`],
  ['bytes that are no UTF-8', `Basic ${btoa('\xff\xfe:x')}`],
  ['no base64', 'Basic ***'],
  ['an empty scheme', 'Basic'],
  ['an unknown scheme', 'Digest username="admin"'],
  ['an unknown bearer', 'Bearer x'],
  ['a token that nobody made', `Bearer gh_${'0'.repeat(64)}`],
])('%s is answered 401 with a realm', async (_, authorization) => {
  const { whoami } = await authServer()
  const { status, json, headers } = await whoami(authorization)
  expect(status).toBe(401)
  expect(json.error_code).toBe('UNAUTHENTICATED')
  expect(headers.get('www-authenticate')).toBe('Basic realm="gatehouse"')
})

test('no header makes somebody of a caller without credentials', async () => {
  const { app } = await authServer()
  const headers = {
    'x-gatehouse-actor': 'admin',
    'x-forwarded-user': 'admin',
    'remote-user': 'admin',
  }
  expect((await app.request('/api/v1/whoami', { headers })).status).toBe(401)
})

test('an unknown user and a wrong password are refused in the same words', async () => {
  const { whoami } = await authServer()
  const [unknown, wrong] = [
    await whoami(basic('nobody', 'wrong password')),
    await whoami(basic('admin', 'wrong password')),
  ]
  expect(unknown.json).toEqual(wrong.json)
})

test('an unknown user and a wrong password cost the same slow hash', async () => {
  const { platform, whoami } = await authServer()
  await whoami(admin)
  const slow = vi.spyOn(crypto.subtle, 'deriveBits')
  const rounds = []
  try {
    for (const name of ['nobody', 'admin', '']) {
      slow.mockClear()
      await whoami(basic(name, 'wrong password'))
      rounds.push(slow.mock.calls.map(([how]) => Object(how).iterations))
    }
  } finally {
    slow.mockRestore()
  }
  expect(rounds).toEqual(Array(3).fill([platform.passwordRounds]))
})

test('a new password holds, and the old one no longer, from the next request on', async () => {
  const { user, mlflow, whoami } = await authServer()
  const rita = await user('rita')
  expect((await whoami(rita)).status).toBe(200)
  const change = { username: 'rita', password: 'another password' }
  expect((await mlflow(admin, 'PATCH', 'users/update-password', change)).status).toBe(200)
  expect((await whoami(rita)).status).toBe(401)
  expect((await whoami(basic('rita', 'another password'))).status).toBe(200)
})

test('a deleted user is out at once, and one made anew under the name is another', async () => {
  const { user, mlflow, whoami } = await authServer()
  const rita = await user('rita')
  const before = (await mlflow(rita, 'GET', 'users/current')).json
  await mlflow(admin, 'DELETE', 'users/delete', { username: 'rita' })
  expect((await whoami(rita)).status).toBe(401)
  await user('rita')
  const after = (await mlflow(rita, 'GET', 'users/current')).json
  expect(after.user.id).not.toBe(before.user.id)
})

test('the eleventh wrong password of a name from an address is answered 429, others are not', async () => {
  const { client, clock, user, whoami } = await authServer()
  const rita = await user('rita')
  for (let i = 0; i < 10; i++) expect((await whoami(basic('rita', `wrong ${i}`))).status).toBe(401)
  const refused = await whoami(basic('rita', 'wrong again'))
  expect(refused.status).toBe(429)
  expect(refused.json.error_code).toBe('REQUEST_LIMIT_EXCEEDED')
  expect(refused.headers.get('retry-after')).toBe('300')
  expect((await whoami(rita)).status, 'the right one, not seen before').toBe(429)
  expect((await whoami(admin)).status, 'another name').toBe(200)
  client.address = '203.0.113.8'
  expect((await whoami(rita)).status, 'another address').toBe(200)
  client.address = '203.0.113.7'
  expect((await whoami(rita)).status, 'the right one, known to hold').toBe(200)
  clock.ms += 300_000
  expect((await whoami(basic('rita', 'wrong'))).status).toBe(401)
})

test('unknown names are throttled alike', async () => {
  const { whoami } = await authServer()
  const statuses = []
  for (let i = 0; i < 12; i++) statuses.push((await whoami(basic('nobody', `wrong ${i}`))).status)
  expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
})

test('of sixteen wrong passwords at once ten are tried', async () => {
  const { whoami } = await authServer()
  await whoami(admin)
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, i) => whoami(basic('admin', `wrong password ${i}`))),
  )
  const statuses = answers.map(({ status }) => status).sort()
  expect(statuses).toEqual([...Array(10).fill(401), ...Array(6).fill(429)])
})

test('sixteen requests at once with the right password are all let in', async () => {
  const { whoami } = await authServer()
  const answers = await Promise.all(Array.from({ length: 16 }, () => whoami(admin)))
  expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200))
})

test('a success clears the failures of the name', async () => {
  const { user, whoami } = await authServer()
  await user('rita')
  for (let i = 0; i < 9; i++) await whoami(basic('rita', `wrong ${i}`))
  expect((await whoami(basic('rita', password))).status).toBe(200)
  for (let i = 0; i < 10; i++) expect((await whoami(basic('rita', `wrong ${i}`))).status).toBe(401)
})

test('all names of an IPv6 network share the bound of an address', async () => {
  const { client, platform, whoami } = await authServer()
  client.address = '2001:db8:1:2::1'
  await whoami(basic('a', 'wrong'))
  await platform.db.all(sql`update sign_in_failures set failures = 200 where failures = 1`)
  client.address = '2001:db8:1:2:3:4:5:6'
  expect((await whoami(basic('b', 'wrong'))).status).toBe(429)
  client.address = '2001:db8:1:3::1'
  expect((await whoami(basic('b', 'wrong'))).status).toBe(401)
})

test('neither names nor passwords that failed are kept', async () => {
  const { platform, whoami } = await authServer()
  await whoami(basic('my secret password', 'typed into the wrong field'))
  const rows = await platform.db.all<{ key: string }>(sql`select key from sign_in_failures`)
  expect(rows).toHaveLength(2)
  for (const { key } of rows) expect(key).toMatch(/^[0-9a-f]{64}$/)
})
