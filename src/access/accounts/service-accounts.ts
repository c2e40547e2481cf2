import { sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { createAccount, isSeenAccount, madeAgain } from './accounts.ts'
import { barStatements } from './barred.ts'
import { commitAccess } from './epoch.ts'
import { checkAccountName, servicePrefix } from './names.ts'

export type ServiceAccount = {
  readonly id: number
  /** Without its kind: `trainer`. */
  readonly name: string
  /** Its name as a principal: `service:trainer`. */
  readonly principal: string
  readonly createdAtMs: number
}

/** Service accounts by name, the first `count` of those after `after`. */
export async function listServiceAccounts(
  ctx: Context,
  after: string,
  count: number,
): Promise<ServiceAccount[]> {
  const rows = await ctx.db.all(sql<{ id: number; name: string; created_at_ms: number }>`
    select id, name, created_at_ms from accounts
    where kind = 'service' and name > ${servicePrefix + after} order by name limit ${count}`)
  return rows.map(({ id, name, created_at_ms }) => ({
    id,
    name: name.slice(servicePrefix.length),
    principal: name,
    createdAtMs: created_at_ms,
  }))
}

/**
 * Service accounts sign in only with access tokens.
 *
 * @throws INVALID_PARAMETER_VALUE, RESOURCE_ALREADY_EXISTS
 */
export async function createServiceAccount(ctx: Context, name: string): Promise<ServiceAccount> {
  checkAccountName(name, 'name')
  const principal = servicePrefix + name
  const made = await createAccount(ctx, {
    kind: 'service',
    name: principal,
    passwordHash: null,
    isAdmin: false,
  })
  if (!made) throw new Error('a service account was neither made nor refused')
  return { id: made.id, name, principal, createdAtMs: made.createdAtMs }
}

/** Delete the account, its tokens and its memberships, and bar whom it stands for. @throws RESOURCE_DOES_NOT_EXIST */
export async function deleteServiceAccount(
  ctx: Context,
  name: string,
  seen?: number,
): Promise<void> {
  const principal = servicePrefix + name
  const account = sql`a.name = ${principal} and ${isSeenAccount(seen)}`
  const { deleted } = await commitAccess(ctx, {
    entry: entryStatement(ctx, {
      action: 'service_account.deleted',
      from: sql`accounts a where ${account}`,
      before: sql`json_object('name', a.name)`,
    }),
    ...barStatements(ctx, account),
    deleted: sql`delete from accounts as a where ${account} returning 1`,
  })
  if (deleted.length > 0) return
  const there = await ctx.db.first(sql`select 1 from accounts where name = ${principal}`)
  throw there ? madeAgain(principal) : notFound('Service account', name)
}
