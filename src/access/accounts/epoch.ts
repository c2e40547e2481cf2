import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
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

/** Goes with every change of accounts, groups, tokens, roles and permissions. */
const accessChanged: SQL = sql.raw('update access_epoch set epoch = epoch + 1 where id = 1')

/** As `commit`, for a change that must hold from the next request on, in whichever process. */
export function commitAccess<const Q extends Batch>(
  ctx: Context,
  statements: Q,
): Promise<BatchRows<Q & { readonly accessChanged: SQL }>> {
  return commit(ctx, { ...statements, accessChanged })
}
