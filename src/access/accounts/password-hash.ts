import { fromHex, randomBytes, toHex } from '../../core/bytes.ts'
import { invalid } from '../../core/error.ts'
import { checkLength } from '../../core/names.ts'
import { looksLikeToken } from './tokens.ts'

const charsMin = 12
const charsMax = 256

/** The most that Workers allow in production; a local workerd has no limit. */
const iterations = 100_000

/** Refuses a text that may not be a password. @throws INVALID_PARAMETER_VALUE */
export function checkPassword(password: string): void {
  checkLength(password, charsMax, 'password')
  if ([...password].length < charsMin) {
    throw invalid(`Password must be at least ${charsMin} characters.`)
  }
  if (/\p{Cc}|\p{Cs}/u.test(password)) {
    throw invalid('The password has control characters; leave them out')
  }
  if (looksLikeToken(password)) {
    throw invalid('The password has the form of an access token; choose another')
  }
}

/** A random password: 128 bits, in groups that can be copied by hand. */
export function randomPassword(): string {
  return (toHex(randomBytes(16)).match(/.{8}/g) ?? []).join('-')
}

/**
 * PBKDF2 with SHA-256 and a new salt, as `pbkdf2-sha256$<iterations>$<salt>$<hash>`, salt and hash
 * in hex. A hash says how it was made, so that later ones may be made differently.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return `pbkdf2-sha256$${iterations}$${toHex(salt)}$${toHex(await deriveBits(password, salt, iterations))}`
}

/** Whether `password` is what `stored` was made from; takes the same time for a wrong one. */
export async function matchPassword(password: string, stored: string): Promise<boolean> {
  const [, rounds, salt, hash] =
    /^pbkdf2-sha256\$(\d+)\$([0-9a-f]+)\$([0-9a-f]+)$/.exec(stored) ?? []
  if (rounds === undefined || salt === undefined || hash === undefined) {
    throw new Error('a stored password hash is of no known form')
  }
  return areEqual(await deriveBits(password, fromHex(salt), Number(rounds)), fromHex(hash))
}

/** What a password is compared with if the account has none, so that it takes the same time. */
export const unknownHash = `pbkdf2-sha256$${iterations}$${'00'.repeat(16)}$${'00'.repeat(32)}`

async function deriveBits(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  rounds: number,
): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(password)
  const key = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits'])
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, 256))
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.byteLength ^ b.byteLength
  for (const [i, byte] of a.entries()) difference |= byte ^ (b[i] ?? 0)
  return difference === 0
}
