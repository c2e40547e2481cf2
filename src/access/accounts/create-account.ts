import { type SQL, sql } from 'drizzle-orm'
import type { Action } from '../../audit/actions.ts'
import { entryStatement } from '../../audit/commit.ts'
import { excerpt, RegistryError } from '../../core/error.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { commitAccess } from './epoch.ts'
import { nameKey } from './look-alikes.ts'
import { servicePrefix } from './names.ts'

export type NewAccount = {
  readonly kind: 'user' | 'service'
  readonly name: string
  readonly passwordHash: string | null
  readonly isAdmin: boolean
}

export type Account = {
  readonly id: number
  readonly name: string
  readonly isAdmin: boolean
  readonly createdAtMs: number
}

/**
 * Add an account and its entry on the record.
 *
 * @param guard what must hold at the moment of writing
 * @returns the account; undefined where the guard did not hold
 * @throws RESOURCE_ALREADY_EXISTS the name is taken, or one that looks like it
 */
export async function createAccount(
  ctx: Context,
  { kind, name, passwordHash, isAdmin }: NewAccount,
  guard: SQL = sql`1`,
): Promise<Account | undefined> {
  const createdAtMs = ctx.now()
  const action: Action = kind === 'user' ? 'user.created' : 'service_account.created'
  try {
    const [, made] = await commitAccess(ctx, [
      entryStatement(ctx, {
        action,
        from: sql`(select ${name} as name, ${isAdmin} as is_admin) a where ${guard}`,
        after: kind === 'user' ? userJson : sql`json_object('name', a.name)`,
      }),
      sql`insert into accounts (kind, name, name_key, password_hash, is_admin, created_at_ms)
        select ${kind}, ${name}, ${accountKey(name)}, ${passwordHash}, ${isAdmin}, ${createdAtMs}
        where ${guard} returning id`,
    ])
    const row = made?.[0] as { id: number } | undefined
    return row && { id: row.id, name, isAdmin, createdAtMs }
  } catch (err) {
    if (err instanceof ConstraintError) throw await taken(ctx, kind, name)
    throw err
  }
}

/** A user `a` as entries of the record have it. */
export const userJson: SQL = sql.raw(
  "json_object('name', a.name, 'is_admin', json(iif(a.is_admin, 'true', 'false')))",
)

function accountKey(name: string): string {
  return name.startsWith(servicePrefix)
    ? servicePrefix + nameKey(name.slice(servicePrefix.length))
    : nameKey(name)
}

async function taken(ctx: Context, kind: string, name: string): Promise<RegistryError> {
  const other = await ctx.db.first<{ name: string }>(
    sql`select name from accounts where name_key = ${accountKey(name)}`,
  )
  const what =
    kind === 'user' ? `User (username=${excerpt(name)})` : `Service account '${excerpt(name)}'`
  return new RegistryError(
    'RESOURCE_ALREADY_EXISTS',
    other === undefined || other.name === name
      ? `${what} already exists.`
      : `${what} could be taken for '${other.name}', which already exists; choose another name`,
  )
}
