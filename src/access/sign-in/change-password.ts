import { sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { invalid, RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import { isSeenAccount, madeAgain } from '../accounts/accounts.ts'
import { commitAccess } from '../accounts/epoch.ts'
import { checkPassword, hashPassword } from '../accounts/password-hash.ts'
import { isSelf } from '../accounts/require-admin.ts'
import { getUser } from '../accounts/users.ts'
import { verifyPassword } from './by-password.ts'

export type PasswordChange = {
  readonly password: string
  /** The old one; needed when the caller is that user. */
  readonly current: string | undefined
  /** The id of the account that the caller saw under the name; undefined: whoever has it. */
  readonly seen?: number | undefined
}

/**
 * Give a user another password. Users who change their own must give the old one, so that a browser
 * left open or a token is not enough.
 *
 * @throws INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST; RESOURCE_CONFLICT another account has the name by now
 */
export async function changePassword(
  ctx: Context,
  name: string,
  { password, current, seen }: PasswordChange,
): Promise<void> {
  if (isSelf(ctx, name)) await checkCurrent(ctx, name, { password, current })
  checkPassword(password)
  const hash = await hashPassword(ctx, password)
  const account = sql`a.name = ${name} and a.kind = 'user' and ${isSeenAccount(seen)}`
  const { changed } = await commitAccess(ctx, {
    entry: entryStatement(ctx, {
      action: 'user.password_changed',
      from: sql`accounts a where ${account}`,
      after: sql`json_object('name', a.name)`,
    }),
    changed: sql`update accounts as a set password_hash = ${hash} where ${account} returning 1`,
  })
  if (changed.length > 0) return
  await getUser(ctx, name)
  throw madeAgain(name)
}

async function checkCurrent(
  ctx: Context,
  name: string,
  { password, current }: PasswordChange,
): Promise<void> {
  if (!current) {
    throw invalid(`${messages.currentPasswordMissing}: give current_password`)
  }
  try {
    await verifyPassword(ctx, { user: name, address: ctx.clientAddress }, current)
  } catch (err) {
    // A 401 would say that the request's own credentials are wrong.
    const isWrong = err instanceof RegistryError && err.code === 'UNAUTHENTICATED'
    throw isWrong ? invalid(`${messages.currentPasswordWrong}.`, { cause: err }) : err
  }
  if (password === current) {
    throw invalid(`${messages.samePassword}.`)
  }
}
