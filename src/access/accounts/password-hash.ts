import { fromHex, randomBytes, toHex } from '../../core/bytes.ts'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import type { Platform } from '../../platform/context.ts'
import { hashText } from '../../platform/hash.ts'
import { looksLikeToken } from './tokens.ts'

const charsMin = 12
const charsMax = 256

/** Refuses a text that may not be a password. @throws INVALID_PARAMETER_VALUE */
export function checkPassword(password: string): void {
  checkLength(password, charsMax, 'password')
  if ([...password].length < charsMin) {
    throw invalid(`${messages.shortPassword(charsMin)}.`)
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

type Hashing = Pick<Platform, 'passwordRounds' | 'sha256' | 'takePasswordTurn'>

/**
 * PBKDF2 with SHA-256 and a new salt, as `pbkdf2-sha256$<rounds>$<salt>$<hash>`, salt and hash in hex.
 * A hash says how it was made, so that later ones may be made differently.
 *
 * @throws RequestLimitError too many hashes are being made
 */
export async function hashPassword(on: Hashing, password: string): Promise<string> {
  const made = await writeHash(on, password, randomBytes(16))
  // Whoever set a password often signs in with it next.
  await rememberMatch(on, password, made)
  return made
}

/**
 * The hash with this runtime's rounds where `stored`, which is of the same password, has fewer;
 * undefined where it need not be made anew. It keeps the salt: by a new salt the triggers of
 * `accounts` tell that the password is another, and end its sessions and tokens.
 *
 * @throws RequestLimitError too many hashes are being made
 */
export async function renewHash(
  on: Hashing,
  password: string,
  stored: string,
): Promise<string | undefined> {
  const { rounds, salt } = readHash(stored)
  if (rounds >= on.passwordRounds) return undefined
  const renewed = await writeHash(on, password, salt)
  await rememberMatch(on, password, renewed)
  return renewed
}

async function writeHash(
  { passwordRounds, takePasswordTurn }: Hashing,
  password: string,
  salt: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const bits = await takePasswordTurn(() => deriveBits(password, salt, passwordRounds))
  return `pbkdf2-sha256$${passwordRounds}$${toHex(salt)}$${toHex(bits)}`
}

/**
 * Whether `password` is what `stored` was made from. A wrong one takes as long as if the hash had this
 * runtime's rounds, as an unknown account has: time does not tell who is there. A right one that this
 * process has seen before is found again at once.
 *
 * @throws RequestLimitError too many hashes are being made
 */
export async function matchPassword(
  on: Hashing,
  password: string,
  stored: string,
): Promise<boolean> {
  const { rounds, salt, hash } = readHash(stored)
  const key = await matchKey(on, password, stored)
  if (matches.has(key)) return true
  return on.takePasswordTurn(async () => {
    // Of many requests with one password the first has found it out for the others.
    if (matches.has(key)) return true
    if (areEqual(await deriveBits(password, salt, rounds), hash)) {
      await rememberMatch(on, password, stored)
      return true
    }
    if (rounds < on.passwordRounds) await deriveBits(password, salt, on.passwordRounds - rounds)
    return false
  })
}

function readHash(stored: string) {
  const [, rounds, salt, hash] =
    /^pbkdf2-sha256\$(\d+)\$([0-9a-f]+)\$([0-9a-f]+)$/.exec(stored) ?? []
  if (rounds === undefined || salt === undefined || hash === undefined) {
    throw new Error('a stored password hash is of no known form')
  }
  return { rounds: Number(rounds), salt: fromHex(salt), hash: fromHex(hash) }
}

/** What a password is compared with if the account has none, so that it takes the same time. */
export function unknownHash({ passwordRounds }: Pick<Platform, 'passwordRounds'>): string {
  return `pbkdf2-sha256$${passwordRounds}$${'00'.repeat(16)}$${'00'.repeat(32)}`
}

/**
 * Passwords that matched, each with the hash it matched: a changed password has another hash, so that
 * nothing here holds for it. Only keyed hashes are kept, and the key never leaves this process.
 */
const matches = new Set<string>()
const matchesMax = 1000
let processKey: string | undefined

function matchKey(on: Hashing, password: string, stored: string): Promise<string> {
  // Workers allow no random numbers before the first request.
  processKey ??= toHex(randomBytes(32))
  return hashText(on, processKey + JSON.stringify([password, stored]))
}

async function rememberMatch(on: Hashing, password: string, stored: string): Promise<void> {
  const oldest = matches.values().next()
  if (matches.size >= matchesMax && !oldest.done) matches.delete(oldest.value)
  matches.add(await matchKey(on, password, stored))
}

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
