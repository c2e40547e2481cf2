import { sql } from 'drizzle-orm'
import { commit, entryStatement } from '../audit/commit.ts'
import { conflict } from '../core/error.ts'
import { writeBounded } from '../db/bound.ts'
import { type Batch, type BatchRows, ConstraintError } from '../db/database.ts'
import type { Context } from '../platform/context.ts'
import { refuseMoreDatasets } from '../tracking/run-data/inputs.ts'
import type { ImportedKind } from './imported-items.ts'

/**
 * Write one batch with its entry in the audit log.
 *
 * @throws RESOURCE_CONFLICT something of it was taken at that moment
 * @throws INVALID_PARAMETER_VALUE tags, params, metrics or datasets of one of them would be too much in sum
 */
export async function writeImport<const Q extends Batch>(
  ctx: Context,
  source: string,
  {
    kind,
    count,
    statements,
  }: { readonly kind: ImportedKind; readonly count: number; readonly statements: Q },
): Promise<BatchRows<Q>> {
  const entry = entryStatement(ctx, {
    action: 'tracking.imported',
    from: sql`(select 1) where ${count} > 0`,
    after: sql`json_object('source', ${source}, 'kind', ${kind}, 'count', ${count})`,
  })
  try {
    const write = writeBounded(commit(ctx, { ...statements, entry }))
    const { entry: _entry, ...rows } = await refuseMoreDatasets(write)
    // What is left are the rows of `statements`.
    return rows as unknown as BatchRows<Q>
  } catch (err) {
    if (!(err instanceof ConstraintError)) throw err
    throw conflict(`Something of it was taken while it was imported (${err.subject}); try again`)
  }
}
