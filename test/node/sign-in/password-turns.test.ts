import { sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { freshPlatform } from '#platform'
import { matchPassword } from '../../../src/access/accounts/password-hash.ts'
import { RequestLimitError } from '../../../src/core/error.ts'
import { passwordTurns } from '../../../src/platform/password-turns.ts'
import { admin, authServer } from '../../support/auth-server.ts'
import { basic } from '../../support/client.ts'

const several = <T>(count: number, of: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => of(i))

test('two work at a time, 32 wait their turn in order, and one more is refused', async () => {
  const takeTurn = passwordTurns()
  const begun: number[] = []
  const ends: (() => void)[] = []
  const work = several(34, (i) =>
    takeTurn(() => {
      begun.push(i)
      return new Promise<void>((end) => ends.push(end))
    }),
  )
  await expect(takeTurn(async () => {})).rejects.toThrow(RequestLimitError)
  expect(begun).toEqual([0, 1])
  for (let i = 0; i < 34; i++) {
    expect(begun).toHaveLength(Math.min(i + 2, 34))
    ends[i]?.()
    await work[i]
  }
  expect(begun).toEqual(several(34, (i) => i))
})

test('work that fails leaves its turn to others', async () => {
  const takeTurn = passwordTurns()
  const failing = several(10, () => takeTurn(() => Promise.reject(new Error('broken'))))
  for (const { status } of await Promise.allSettled(failing)) expect(status).toBe('rejected')
  expect(await takeTurn(async () => 'done')).toBe('done')
})

test('fifty wrong passwords at once hold up nobody who has signed in', async () => {
  const { as, token, platform, mlflow } = await authServer({ passwordRounds: 200_000 })
  const { bearer } = await token(admin)
  let isOver = false
  const wrong = Promise.all(
    several(50, (i) => mlflow(basic(`name${i}`, 'a wrong password'), 'GET', 'users/current')),
  ).finally(() => {
    isOver = true
  })
  const path = '/api/2.0/mlflow-artifacts/artifacts/a'
  for (const authorization of [bearer, admin]) {
    const written = await as(authorization).send('PUT', path, 'text')
    expect(written.status).toBe(200)
    expect(await (await as(authorization).send('GET', path)).text()).toBe('text')
  }
  expect(isOver).toBe(false)
  const answers = await wrong
  const refused = answers.filter(({ status }) => status === 429)
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(50 - refused.length)
  expect(refused.length).toBeGreaterThanOrEqual(50 - 34)
  for (const { headers, json } of refused) {
    expect(headers.get('retry-after')).toBe('2')
    expect(json.error_code).toBe('REQUEST_LIMIT_EXCEEDED')
  }
  const failures = await platform.db.all(sql`select key from sign_in_failures`)
  // One for each name that was tried, and one for the address.
  expect(failures).toHaveLength(50 - refused.length + 1)
})

test('many who come at once with one right password cost two slow hashes', async () => {
  const platform = { ...(await freshPlatform()), passwordRounds: 100_000 }
  // PBKDF2-HMAC-SHA256, RFC 7914 section 11: password "Password", salt "NaCl", 80,000 iterations.
  const hash =
    'pbkdf2-sha256$80000$4e61436c$4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56'
  const slow = vi.spyOn(crypto.subtle, 'deriveBits')
  try {
    const matches = await Promise.all(several(30, () => matchPassword(platform, 'Password', hash)))
    expect(matches).toEqual(Array(30).fill(true))
    expect(slow.mock.calls.length).toBeLessThanOrEqual(2)
  } finally {
    slow.mockRestore()
  }
})
