import { sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { excerpt, RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import {
  type Account,
  accountFrom,
  accountSelect,
  checkUserName,
  createAccount,
  isSeenAccount,
  madeAgain,
  userJson,
  userNotFound,
} from './accounts.ts'
import { barStatements } from './barred.ts'
import { commitAccess } from './epoch.ts'
import { checkPassword, hashPassword } from './password-hash.ts'
import { isSelf } from './require-admin.ts'

/** All users, oldest first; service accounts are not users. */
export async function listUsers(ctx: Context): Promise<Account[]> {
  const rows = await ctx.db.all(accountSelect(sql`a.kind = 'user' order by a.id`))
  return rows.map(accountFrom)
}

/**
 * Users whose name holds a text, oldest first; letters of ASCII in any case.
 *
 * @param page.after an `Account.id`, or 0
 */
export async function findUsersAfter(
  ctx: Context,
  words: string,
  page: { readonly after: number; readonly count: number },
): Promise<Account[]> {
  const rows = await ctx.db.all(
    accountSelect(sql`a.kind = 'user' and a.id > ${page.after}
      and instr(lower(a.name), lower(${words})) > 0 order by a.id limit ${page.count}`),
  )
  return rows.map(accountFrom)
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function getUser(ctx: Context, name: string): Promise<Account> {
  const row = await ctx.db.first(accountSelect(sql`a.kind = 'user' and a.name = ${name}`))
  if (!row) throw userNotFound(name)
  return accountFrom(row)
}

/** Whether an account can sign in with a password. */
export async function hasPassword(ctx: Context, accountId: number): Promise<boolean> {
  const row = await ctx.db.first(
    sql`select 1 from accounts where id = ${accountId} and password_hash is not null`,
  )
  return row !== undefined
}

/** @throws INVALID_PARAMETER_VALUE, RESOURCE_ALREADY_EXISTS */
export async function createUser(ctx: Context, name: string, password: string): Promise<Account> {
  await checkUserName(ctx, name, 'username')
  checkPassword(password)
  const passwordHash = await hashPassword(ctx, password)
  const user = await createAccount(ctx, { kind: 'user', name, passwordHash, isAdmin: false })
  if (!user) throw new Error('a user was neither made nor refused')
  return user
}

/** @throws RESOURCE_DOES_NOT_EXIST; RESOURCE_CONFLICT it is the last administrator */
export async function setAdmin(
  ctx: Context,
  name: string,
  { isAdmin, seen }: { readonly isAdmin: boolean; readonly seen?: number | undefined },
): Promise<void> {
  const guard = sql`a.name = ${name} and a.kind = 'user' and ${isSeenAccount(seen)}
    and (${isAdmin} or ${notLastAdmin})`
  const { changed } = await commitAccess(ctx, {
    entry: entryStatement(ctx, {
      action: 'user.admin_changed',
      from: sql`accounts a where ${guard} and a.is_admin != ${isAdmin}`,
      before: userJson,
      after: sql`json_object('name', a.name, 'is_admin', json(${String(isAdmin)}))`,
    }),
    changed: sql`update accounts as a set is_admin = ${isAdmin} where ${guard} returning 1`,
  })
  if (changed.length === 0) throw await explainKept(ctx, name, seen)
}

/**
 * Delete a user with tokens and memberships, and bar whom outside issuers took for it. As in MLflow,
 * nobody may delete themselves.
 *
 * @param seen the id of the account that the caller saw under the name
 * @throws BAD_REQUEST, RESOURCE_DOES_NOT_EXIST; RESOURCE_CONFLICT it is the last administrator, or another
 *   account has the name by now
 */
export async function deleteUser(ctx: Context, name: string, seen?: number): Promise<void> {
  if (isSelf(ctx, name)) {
    throw new RegistryError('BAD_REQUEST', `${messages.ownAccount}: another administrator can`)
  }
  const guard = sql`a.name = ${name} and a.kind = 'user' and ${isSeenAccount(seen)} and ${notLastAdmin}`
  const { deleted } = await commitAccess(ctx, {
    entry: entryStatement(ctx, {
      action: 'user.deleted',
      from: sql`accounts a where ${guard}`,
      before: userJson,
    }),
    ...barStatements(ctx, guard),
    deleted: sql`delete from accounts as a where ${guard} returning 1`,
  })
  if (deleted.length === 0) throw await explainKept(ctx, name, seen)
}

/**
 * Condition on `a`, at the moment of writing: if two administrators remove each other, one stays.
 */
const notLastAdmin = sql.raw(
  '(a.is_admin = 0 or exists (select 1 from accounts o where o.is_admin = 1 and o.id != a.id))',
)

async function explainKept(ctx: Context, name: string, seen: number | undefined): Promise<Error> {
  const { id } = await getUser(ctx, name)
  if (seen !== undefined && seen !== id) return madeAgain(name)
  return new RegistryError(
    'RESOURCE_CONFLICT',
    `'${excerpt(name)}' is the last administrator; make another one first`,
  )
}
