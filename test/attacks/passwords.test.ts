import { sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { runtime } from '#platform'
import { hashPassword, unknownHash } from '../../src/access/accounts/password-hash.ts'
import { startSession } from '../../src/access/sign-in/sessions.ts'
import { anonymous } from '../../src/core/principal.ts'
import { passwordRounds } from '../../src/platform/password-turns.ts'
import { contextOf, makeAccount } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { admin, authServer } from '../support/auth-server.ts'
import { basic, client } from '../support/client.ts'

const own = 'a password of rita'

/** With the rounds of a real server. Rita's hash is of an older release, and she is signed in by everything there is. */
async function server() {
  const made = await authServer({ passwordRounds: passwordRounds[runtime] })
  const { platform } = made
  const older = await hashPassword({ ...platform, passwordRounds: 20_000 }, own)
  const rita = await makeAccount(platform, 'rita', { passwordHash: older })
  const token = (await made.token(admin, { for: 'rita' })).bearer
  const id = await startSession(contextOf(platform, anonymous), rita, {})
  const cookie = { cookie: `gatehouse_session=${id}`, 'sec-fetch-site': 'same-origin' }
  const web = client(made.app, cookie)
  const stored = async () => {
    const row = await platform.db.first(
      sql<{ hash: string }>`select password_hash as hash from accounts where name = 'rita'`,
    )
    return row?.hash ?? ''
  }
  return { ...made, older, stored, token, web }
}

const roundsOf = (hash: string) => Number(hash.split('$')[1])

/** The rounds of every slow hash that `work` makes. */
async function slowRounds(work: () => Promise<unknown>): Promise<number> {
  const slow = vi.spyOn(crypto.subtle, 'deriveBits')
  try {
    await work()
    return slow.mock.calls.reduce((sum, [how]) => sum + Number(Object(how).iterations), 0)
  } finally {
    slow.mockRestore()
  }
}

test('new passwords have as many rounds as the runtime should do', async () => {
  const { platform, mlflow, stored } = await server()
  expect(platform.passwordRounds).toBe(runtime === 'node' ? 600_000 : 100_000)
  const change = { username: 'rita', password: 'another of rita' }
  expect((await mlflow(admin, 'PATCH', 'users/update-password', change)).status).toBe(200)
  expect(roundsOf(await stored())).toBe(platform.passwordRounds)
})

test('signing in gives a hash of an older release more rounds, and ends no session and no token', async () => {
  const { older, platform, stored, token, web, whoami } = await server()
  expect((await whoami(basic('rita', 'wrong password'))).status).toBe(401)
  expect(await stored()).toBe(older)
  expect((await whoami(basic('rita', own))).status).toBe(200)
  const renewed = await stored()
  expect(roundsOf(renewed)).toBe(platform.passwordRounds)
  expect((await whoami(token)).json.name).toBe('rita')
  expect((await web.call('GET', '/api/v1/whoami')).json.name).toBe('rita')
  // Another process, which has seen nothing, takes the password by its new hash.
  expect((await whoami(basic('rita', own))).status).toBe(200)
  expect(await stored()).toBe(renewed)
})

test.each([
  ['a new password', (older: string) => older.replace(/\$[0-9a-f]{32}\$/, `$${'a'.repeat(32)}$`)],
  ['the same salt with fewer rounds', (older: string) => older.replace('$20000$', '$19999$')],
  ['the same salt with as many rounds', (older: string) => `${older.slice(0, -1)}x`],
  ['what is no hash', () => 'another'],
  ['no password at all', () => null],
])('%s ends sessions and tokens', async (_what, change) => {
  const { older, platform, token, web, whoami } = await server()
  const changed = change(older)
  await platform.db.all(sql`update accounts set password_hash = ${changed} where name = 'rita'`)
  expect((await whoami(token)).status).toBe(401)
  expect((await web.call('GET', '/api/v1/whoami')).status).toBe(401)
})

test('a wrong password takes as long with an old hash, a new one, and for nobody', async () => {
  const { platform, whoami } = await server()
  await whoami(admin)
  const rounds: number[] = []
  for (const name of ['rita', 'admin', 'nobody'])
    rounds.push(await slowRounds(() => whoami(basic(name, 'wrong password'))))
  expect(rounds).toEqual(Array(3).fill(platform.passwordRounds))
  expect(roundsOf(unknownHash(platform))).toBe(platform.passwordRounds)
})

test('a right password is hashed once in a process, and a changed one holds no longer', async () => {
  const { mlflow, platform, whoami } = await server()
  await whoami(basic('rita', own))
  // Something about access changes, and another application of the process is asked.
  await makeAccount(platform, 'ann')
  const other = appOf(() => ({ ...platform }))
  const ask = () =>
    client(other, { authorization: basic('rita', own) }).call('GET', '/api/v1/whoami')
  const { status } = await ask()
  expect(status).toBe(200)
  expect(await slowRounds(ask)).toBe(0)
  const change = { username: 'rita', password: 'another of rita' }
  await mlflow(admin, 'PATCH', 'users/update-password', change)
  expect((await whoami(basic('rita', own))).status).toBe(401)
  expect((await whoami(basic('rita', 'another of rita'))).status).toBe(200)
})
