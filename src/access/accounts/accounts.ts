import { type SQL, sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { conflict, excerpt, invalid, RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { fixSql } from '../../db/compile.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { commitAccess } from './epoch.ts'
import { accountKey, checkAccountName, isAdminName } from './names.ts'

/** A user or a service account. */
export type Account = {
  /** MLflow's user id. */
  readonly id: number
  /** As its principal is called: `ada`, `service:trainer`. */
  readonly name: string
  readonly isAdmin: boolean
  readonly createdAtMs: number
}

export type NewAccount = {
  readonly kind: 'user' | 'service'
  readonly name: string
  /** Null: the account cannot sign in with a password. */
  readonly passwordHash: string | null
  readonly isAdmin: boolean
}

type Row = { readonly id: number; name: string; is_admin: number; created_at_ms: number }

const columns = fixSql(sql<Row>`a.id, a.name, a.is_admin, a.created_at_ms`)

/** A select of accounts, for `accountFrom`. @param which condition on `accounts a`, and the order */
export function accountSelect(which: SQL): SQL<Row> {
  return sql<Row>`select ${columns} from accounts a where ${which}`
}

export function accountFrom(row: Row): Account {
  return {
    id: row.id,
    name: row.name,
    isAdmin: row.is_admin === 1,
    createdAtMs: row.created_at_ms,
  }
}

/** @throws RESOURCE_DOES_NOT_EXIST nobody has this name */
export async function getAccount(ctx: Context, name: string): Promise<Account> {
  const row = await ctx.db.first(accountSelect(sql`a.name = ${name}`))
  if (!row) throw userNotFound(name)
  return accountFrom(row)
}

/** In MLflow's words, which name every account a user. */
export function userNotFound(name: string): RegistryError {
  return new RegistryError('RESOURCE_DOES_NOT_EXIST', messages.noUser(name))
}

/**
 * The statement that inserts an account and returns it, for `accountFrom`. It makes every account,
 * so names are folded the same way for all.
 *
 * @param guard what must hold at the moment of writing
 */
export function insertAccountStatement(
  ctx: Context,
  { kind, name, passwordHash, isAdmin }: NewAccount,
  guard: SQL = sql`1`,
): SQL<Row> {
  return sql<Row>`
    insert into accounts (kind, name, name_key, password_hash, is_admin, created_at_ms)
    select ${kind}, ${name}, ${accountKey(name)}, ${passwordHash}, ${isAdmin}, ${ctx.now()}
    where ${guard} returning id, name, is_admin, created_at_ms`
}

/**
 * Add an account and its audit entry.
 *
 * @param guard what must hold at the moment of writing
 * @returns undefined: the guard did not hold
 * @throws RESOURCE_ALREADY_EXISTS the name is taken, or one that looks like it
 */
export async function createAccount(
  ctx: Context,
  account: NewAccount,
  guard: SQL = sql`1`,
): Promise<Account | undefined> {
  const { kind, name, isAdmin } = account
  try {
    const { inserted } = await commitAccess(ctx, {
      entry: entryStatement(ctx, {
        action: kind === 'user' ? 'user.created' : 'service_account.created',
        from: sql`(select ${name} as name, ${isAdmin} as is_admin) a where ${guard}`,
        after: kind === 'user' ? userJson : sql`json_object('name', a.name)`,
      }),
      inserted: insertAccountStatement(ctx, account, guard),
    })
    return inserted.map(accountFrom)[0]
  } catch (err) {
    if (err instanceof ConstraintError) throw await nameTaken(ctx, kind, name)
    throw err
  }
}

/**
 * Refuses a name that no request can give to a user: what `checkAccountName` refuses, and `admin`,
 * which only the settings can give, to the first administrator.
 *
 * @param field the request's parameter, for the message
 * @throws INVALID_PARAMETER_VALUE; RESOURCE_ALREADY_EXISTS the administrator is there
 */
export async function checkUserName(ctx: Context, name: string, field: string): Promise<void> {
  checkAccountName(name, field)
  if (!isAdminName(name)) return
  if ((await findAccountLike(ctx, name)) !== undefined) throw await nameTaken(ctx, 'user', name)
  throw invalid(
    `Invalid name '${excerpt(name)}' in '${field}': it is the first administrator's, whom the settings make; choose another`,
  )
}

/** The name of the account that has this one, or one that reads the same. */
export async function findAccountLike(ctx: Context, name: string): Promise<string | undefined> {
  const like = sql<{ name: string }>`select name from accounts where name_key = ${accountKey(name)}`
  return (await ctx.db.first(like))?.name
}

/** The user `a` as audit entries show it. */
export const userJson: SQL = sql.raw(
  "json_object('name', a.name, 'is_admin', json(iif(a.is_admin, 'true', 'false')))",
)

async function nameTaken(
  ctx: Context,
  kind: NewAccount['kind'],
  name: string,
): Promise<RegistryError> {
  const other = await findAccountLike(ctx, name)
  const what =
    kind === 'user' ? `User (username=${excerpt(name)})` : `Service account '${excerpt(name)}'`
  return new RegistryError(
    'RESOURCE_ALREADY_EXISTS',
    other === undefined || other === name
      ? `${what} already exists.`
      : `${what} could be taken for '${other}', which already exists; choose another name`,
  )
}

/**
 * Condition on `a` that it is the account which the caller saw, since a name may be somebody else's by
 * now.
 *
 * @param seen its id; undefined: whoever has the name
 */
export function isSeenAccount(seen: number | undefined): SQL {
  return seen === undefined ? sql`true` : sql`a.id = ${seen}`
}

/** 409 for an account that was made again under its name. */
export function madeAgain(name: string): Error {
  return conflict(
    `'${excerpt(name)}' was deleted and made again meanwhile, so it is somebody else; look at it again`,
  )
}
