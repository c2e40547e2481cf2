import { type SQL, sql } from 'drizzle-orm'
import type { Principal } from '../../core/principal.ts'
import { fixSql } from '../../db/compile.ts'

/** What a principal is made from: `principalColumns` of `accounts a`. */
export type PrincipalRow = {
  readonly id: number
  readonly kind: 'user' | 'service'
  readonly name: string
  readonly is_admin: number
  readonly password_hash: string | null
  /** A JSON list of group names. */
  readonly groups: string
  readonly is_denied_something: number
}

/** Condition that something is denied to the account: one probe of an index of denials alone. */
export function isDeniedSomething(account: SQL): SQL {
  return sql`exists (select 1 from role_holders h
    cross join role_permissions p on p.role = h.role and p.permission in ('DENY', 'NO_PERMISSIONS')
    where h.account = ${account})`
}

export const principalColumns = fixSql(sql<PrincipalRow>`
  a.id, a.kind, a.name, a.is_admin, a.password_hash,
  (select json_group_array(g.name) from group_members m join "groups" g on g.id = m."group"
    where m.account = a.id) as "groups",
  ${isDeniedSomething(sql`a.id`)} as is_denied_something`)

/** The groups that an issuer names for somebody. */
export type ExternalGroups = {
  /** By the names used here; they add to the groups that the account is a member of here. */
  readonly groups: readonly string[]
  /** The group whose members are administrators. */
  readonly adminGroup: string | undefined
}

/** The principal that an account stands for; its groups are sorted. */
export function principalFrom(row: PrincipalRow, claimed?: ExternalGroups): Principal {
  const { groups = [], adminGroup } = claimed ?? {}
  const ours: string[] = JSON.parse(row.groups)
  return {
    name: row.name,
    kind: row.kind,
    verified: true,
    groups: [...new Set([...ours, ...groups])].sort(),
    isAdmin: row.is_admin === 1 || (adminGroup !== undefined && groups.includes(adminGroup)),
    accountId: row.id,
    claimedGroups: groups,
    isDeniedNothing: row.is_denied_something === 0,
  }
}
