import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { hashPassword } from '../../src/access/accounts/password-hash.ts'
import { makeAccount } from '../support/accounts.ts'
import { testServer } from '../support/server.ts'

const password = 'correct horse battery'

async function server() {
  const { platform } = await testServer()
  const started = await testServer({ ...platform, settings: { ...platform.settings, auth: true } })
  await makeAccount(platform, 'ada', { isAdmin: true, password })
  const signIn = (username: string, given: string, cookie = '') =>
    started.app.request('/signin', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', cookie },
      body: new URLSearchParams({ username, password: given, to: '/api/v1/whoami' }).toString(),
    })
  return { ...started, signIn }
}

test('name and password make a session that lasts as long as the password', async () => {
  const { app, signIn, platform } = await server()
  const res = await signIn('ada', password)
  expect(res.status).toBe(303)
  expect(res.headers.get('location')).toBe('/api/v1/whoami')
  const cookie = (res.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const whoami = () => app.request('/api/v1/whoami', { headers: { cookie } })
  expect(await (await whoami()).json()).toMatchObject({ name: 'ada', verified: true })
  const changed = await hashPassword(platform, 'another long password')
  await platform.db.batch({ changed: sql`update accounts set password_hash = ${changed}` })
  expect((await whoami()).status).toBe(401)
})

test('signing in again ends the session that the browser had', async () => {
  const { app, signIn } = await server()
  const cookieOf = (res: Response) => (res.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const first = cookieOf(await signIn('ada', password))
  const second = cookieOf(await signIn('ada', password, first))
  expect(second).not.toBe(first)
  const status = async (cookie: string) =>
    (await app.request('/api/v1/whoami', { headers: { cookie } })).status
  expect(await status(first)).toBe(401)
  expect(await status(second)).toBe(200)
})

test('wrong ones are throttled here as everywhere', async () => {
  const { signIn } = await server()
  const statuses = []
  for (let i = 0; i < 12; i++) statuses.push((await signIn('ada', `wrong password ${i}`)).status)
  expect(statuses[0]).toBe(401)
  const last = await signIn('ada', 'wrong password')
  expect(last.status).toBe(429)
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await last.text()).toContain('Too many failed attempts')
})
