import { createAccount } from '../../src/access/accounts/accounts.ts'
import { hashPassword } from '../../src/access/accounts/password-hash.ts'
import { operator, type Principal } from '../../src/core/principal.ts'
import type { Context, Platform } from '../../src/platform/context.ts'

/** What a verb gets when a test calls it without a request. */
export function contextOf(platform: Platform, principal: Principal = operator): Context {
  return { ...platform, principal, workspace: 'default', requestId: 'r' }
}

/** Who signed in under this name; `service:...` is a service account. */
export function person(name: string, more: Partial<Principal> = {}): Principal {
  const kind = name.startsWith('service:') ? 'service' : 'user'
  return { name, kind, verified: true, groups: [], isAdmin: false, ...more }
}

/** Rounds of a slow hash where a test is not about how slow it is; `passwordRounds` has those of servers. */
export const fewRounds = 2000

const hashes = new Map<string, Promise<string>>()

/** A hash of a password that many tests sign in with: made once, since it takes long on purpose. */
export function hashOnce(platform: Platform, password: string): Promise<string> {
  const key = `${platform.passwordRounds} ${password}`
  const hash = hashes.get(key) ?? hashPassword(platform, password)
  hashes.set(key, hash)
  return hash
}

/**
 * Make an account, as whoever holds the database does.
 *
 * @returns who signs in with it
 */
export async function makeAccount(
  platform: Platform,
  name: string,
  {
    isAdmin = false,
    password,
    passwordHash,
  }: { isAdmin?: boolean; password?: string; passwordHash?: string } = {},
): Promise<Principal> {
  const { kind } = person(name)
  const account = await createAccount(contextOf(platform), {
    kind: kind === 'service' ? 'service' : 'user',
    name,
    passwordHash:
      passwordHash ?? (password === undefined ? null : await hashPassword(platform, password)),
    isAdmin,
  })
  if (!account) throw new Error(`there is no account ${name}`)
  return person(name, { isAdmin, accountId: account.id })
}
