import { type SQL, sql } from 'drizzle-orm'
import type { Principal } from '../core/principal.ts'

/** What `accountColumns` of `accounts a` hands out. */
export type AccountRow = {
  readonly id: number
  readonly kind: 'user' | 'service'
  readonly name: string
  readonly is_admin: number
  readonly password_hash: string | null
  /** A JSON list of group names, by name. */
  readonly groups: string
}

/** An account with the groups it is in. */
export const accountColumns: SQL = sql.raw(`a.id, a.kind, a.name, a.is_admin, a.password_hash,
  (select json_group_array(name) from (select g.name from group_members m join "groups" g
    on g.id = m."group" where m.account = a.id order by g.name)) as "groups"`)

/** The principal that an account stands for. */
export function principalOf(row: AccountRow, token?: Principal['token']): Principal {
  return {
    name: row.name,
    kind: row.kind,
    verified: true,
    groups: JSON.parse(row.groups),
    isAdmin: row.is_admin === 1,
    accountId: row.id,
    ...(token && { token }),
  }
}
