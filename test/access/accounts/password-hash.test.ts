import { expect, test } from 'vitest'
import { freshPlatform, runtime } from '#platform'
import {
  checkPassword,
  hashPassword,
  matchPassword,
  randomPassword,
  unknownHash,
} from '../../../src/access/accounts/password-hash.ts'
import { passwordRounds } from '../../../src/platform/password-turns.ts'

const platform = { ...(await freshPlatform()), passwordRounds: passwordRounds[runtime] }

test('a hash says how it was made and holds its own password alone', async () => {
  const hash = await hashPassword(platform, 'a long password')
  const rounds = runtime === 'node' ? 600_000 : 100_000
  expect(hash).toMatch(/^pbkdf2-sha256\$\d+\$[0-9a-f]{32}\$[0-9a-f]{64}$/)
  expect(hash.split('$')[1]).toBe(String(rounds))
  expect(await matchPassword(platform, 'a long password', hash)).toBe(true)
  expect(await matchPassword(platform, 'a long passworD', hash)).toBe(false)
  expect(await hashPassword(platform, 'a long password'), 'salted').not.toBe(hash)
})

test('a hash of other parameters is compared by its own', async () => {
  // PBKDF2-HMAC-SHA256, RFC 7914 section 11: password "Password", salt "NaCl", 80,000 iterations.
  const hash =
    'pbkdf2-sha256$80000$4e61436c$4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56'
  expect(await matchPassword(platform, 'Password', hash)).toBe(true)
  expect(await matchPassword(platform, 'password', hash)).toBe(false)
})

test('what stands for an unknown account costs as much as a real hash and matches nothing', async () => {
  expect(unknownHash(platform).split('$')[1]).toBe(
    (await hashPassword(platform, 'a long password')).split('$')[1],
  )
  expect(await matchPassword(platform, '', unknownHash(platform))).toBe(false)
})

test('a password that nobody chose is one that may be had', () => {
  expect(() => checkPassword(randomPassword())).not.toThrow()
  expect(randomPassword()).not.toBe(randomPassword())
})

test.each([
  ['', 'empty'],
  ['elevenchars', 'of eleven characters'],
  ['🔑'.repeat(11), 'of eleven characters, each of two code units'],
  ['a long password\n', 'with a line break'],
  ['a long\0password', 'with NUL'],
  ['half a character \ud800', 'with half a character'],
  ['x'.repeat(257), 'of 257 characters'],
  [`gh_${'a'.repeat(64)}`, 'that reads as a token'],
])('the password %j is refused: one %s', (password) => {
  expect(() => checkPassword(password)).toThrow(
    expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE' }),
  )
})
