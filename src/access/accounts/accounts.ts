import { type SQL, sql } from 'drizzle-orm'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Principal } from '../../core/principal.ts'
import { fixSql } from '../../db/compile.ts'
import type { Context } from '../../platform/context.ts'

/** What `accountColumns` of `accounts a` hands out. */
export type AccountRow = {
  readonly id: number
  readonly kind: 'user' | 'service'
  readonly name: string
  readonly is_admin: number
  readonly password_hash: string | null
  /** A JSON list of group names, by name. */
  readonly groups: string
  readonly is_denied_something: number
}

/** Condition that something is denied to the account: one probe of an index that holds nothing else. */
export function isDeniedSomething(account: SQL): SQL {
  return sql`exists (select 1 from role_holders h
    cross join role_permissions p on p.role = h.role and p.permission in ('DENY', 'NO_PERMISSIONS')
    where h.account = ${account})`
}

/** An account with the groups it is in. */
export const accountColumns: SQL = fixSql(sql`a.id, a.kind, a.name, a.is_admin, a.password_hash,
  (select json_group_array(name) from (select g.name from group_members m join "groups" g
    on g.id = m."group" where m.account = a.id order by g.name)) as "groups",
  ${isDeniedSomething(sql`a.id`)} as is_denied_something`)

/** The principal that an account stands for. */
export function principalOf(row: AccountRow, token?: Principal['token']): Principal {
  return {
    name: row.name,
    kind: row.kind,
    verified: true,
    groups: JSON.parse(row.groups),
    isAdmin: row.is_admin === 1,
    accountId: row.id,
    isDeniedNothing: row.is_denied_something === 0,
    ...(token && { token }),
  }
}

export type Account = { readonly id: number; readonly name: string; readonly isAdmin: boolean }

/** @throws RESOURCE_DOES_NOT_EXIST nobody has this name */
export async function getAccount(ctx: Context, name: string): Promise<Account> {
  const row = await ctx.db.first<{ id: number; name: string; is_admin: number }>(
    sql`select id, name, is_admin from accounts where name = ${name}`,
  )
  if (row) return { id: row.id, name: row.name, isAdmin: row.is_admin === 1 }
  throw new RegistryError(
    'RESOURCE_DOES_NOT_EXIST',
    `User with username=${excerpt(name)} not found`,
  )
}
