import { type SQL, sql } from 'drizzle-orm'
import { modelEntriesSql } from '../../audit/entry.ts'
import { conflict } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { statusWrites } from '../../registry/versions/approval.ts'
import { type CountedRows, countedPlaces, countedReads } from '../approval-status.ts'
import { newestRevision, policiesFromRows } from '../policies/policies.ts'
import type { Policy } from '../policies/policy.ts'
import { guardDatabase, isAborted } from '../upkeep/guard-database.ts'
import { expiryWrite } from '../upkeep/settling.ts'
import { supersedeSettled, withStatementsAfter } from '../upkeep/superseding.ts'

const attemptsMax = 5

/**
 * Run a change that policies may forbid. The policies are read, and what `change` writes is written
 * only if meanwhile no policy changed and the model got no audit entry. Otherwise `change` runs
 * again. So all of it happens before such a change, or all of it after.
 *
 * @param of.name of the model that the change is about
 * @param of.newName its name afterwards, if the change gives it another
 * @param change looks at the policies and throws PERMISSION_DENIED for what they forbid, or runs a
 *   verb of the registry with the context that it gets, whose every batch is guarded
 * @throws RESOURCE_CONFLICT the model kept changing
 */
export async function runUnderPolicies<T>(
  ctx: Context,
  { name, newName }: { readonly name: string; readonly newName?: string },
  change: (guarded: Context, policies: readonly Policy[]) => Promise<T>,
): Promise<T> {
  const newestEntry = sql`(select coalesce(max(e.seq), 0) from ${modelEntriesSql('e')}
    where e.registered_model = (select id from registered_models
      where workspace = ${ctx.workspace} and name = ${name}))`
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const model = sql`select id from registered_models
      where workspace = ${ctx.workspace} and name = ${name}`
    const { states, ...read } = await ctx.db.batch({
      ...countedReads(ctx, model),
      states: sql<{ revision: number; entry: number; model: number | null }>`
        select ${newestRevision} as revision, ${newestEntry} as entry, (${model}) as model`,
    })
    const policies = policiesFromRows(read.policies)
    const [state] = states
    if (!state) throw new Error('a select without a table has one row')
    const sameRevision = sql`${newestRevision} = ${state.revision}`
    // Without policies nothing was judged, so other changes of the model do not matter.
    const guard =
      policies.length === 0
        ? sameRevision
        : sql`${sameRevision} and ${newestEntry} = ${state.entry}`
    try {
      const guarded = { ...ctx, db: guardDatabase(ctx.db, guard) }
      const settled =
        state.model === null ? [] : settledStatements(ctx, state.model, { read, newName })
      return await change(withStatementsAfter(guarded, settled), policies)
    } catch (err) {
      if (!isAborted(err)) throw err
    }
  }
  throw conflict(`Model '${name}' kept changing meanwhile; try again`)
}

/** What a change of a model settles: requests, and which approvals and times count under its new name. */
function settledStatements(
  ctx: Context,
  model: number,
  { read, newName }: { readonly read: CountedRows; readonly newName: string | undefined },
): SQL[] {
  const settled = supersedeSettled(ctx, model, countedPlaces(read))
  if (newName === undefined) return settled
  const renamed = {
    ...read,
    models: [{ id: model, name: newName, workspace: ctx.workspace }],
  }
  const counted = countedPlaces(renamed)
  return [
    ...settled,
    ...statusWrites(counted.models, counted),
    expiryWrite(ctx, renamed, counted.guard),
  ]
}
