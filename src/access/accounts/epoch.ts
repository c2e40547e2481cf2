import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { isList } from '../../db/batch.ts'
import { fixSql } from '../../db/compile.ts'
import type { Batch, BatchRows } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'

const epochQuery = fixSql(sql<{ epoch: number }>`select epoch from access_epoch where id = 1`)

/** Changes whenever anything does that decides who a caller is: what was read under one holds while it does. */
export async function readAccessEpoch(ctx: Context): Promise<number> {
  const row = await ctx.db.first(epochQuery)
  if (!row) throw new Error('access_epoch has no row')
  return row.epoch
}

/** Of accounts, groups, memberships, tokens and rights: whatever decides what a caller may. */
const accessChanged: SQL = sql.raw('update access_epoch set epoch = epoch + 1 where id = 1')

/** As `commit`, for a change that must hold from the next request on, in whichever process. */
export async function commitAccess<const Q extends Batch>(
  ctx: Context,
  statements: Q,
): Promise<BatchRows<Q>>
export async function commitAccess(ctx: Context, statements: readonly SQL[]): Promise<unknown[][]>
export async function commitAccess(
  ctx: Context,
  statements: Batch | readonly SQL[],
): Promise<unknown> {
  if (!isList(statements)) return commit(ctx, { ...statements, accessChanged })
  const rows = await commit(ctx, [...statements, accessChanged])
  return rows.slice(0, -1)
}
