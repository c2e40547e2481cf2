import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { RegistryError } from '../../core/error.ts'
import { fixSql } from '../../db/compile.ts'
import type { Batch, BatchRows } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'

const epochQuery = fixSql(sql<{ epoch: number }>`select epoch from access_epoch where id = 1`)

/** A number that grows with every change of who callers are and what is denied to them. */
export async function readAccessEpoch(ctx: Pick<Context, 'db'>): Promise<number> {
  const row = await ctx.db.first(epochQuery)
  if (!row) throw new Error('access_epoch has no row')
  return row.epoch
}

/** Part of every change of accounts, groups, tokens, roles and permissions. */
export const accessChanged: SQL = sql.raw('update access_epoch set epoch = epoch + 1 where id = 1')

/**
 * As `commit`, for a change of who may sign in or do what. The change takes effect with the next
 * request, in every process. With access control off only the operator may make such a change, so
 * that nobody can plant rights before it is switched on.
 *
 * @throws PERMISSION_DENIED access control is off
 */
export function commitAccess<const Q extends Batch>(
  ctx: Context,
  statements: Q,
): Promise<BatchRows<Q & { readonly accessChanged: SQL }>> {
  if (!ctx.settings.auth && !ctx.principal.isAdmin) {
    throw new RegistryError(
      'PERMISSION_DENIED',
      'Access control is off, so accounts, tokens, roles, permissions and grants cannot be changed by requests: use the `gatehouse` command on the database, or start the server with --auth',
    )
  }
  return commit(ctx, { ...statements, accessChanged })
}
