import { sql } from 'drizzle-orm'
import { includes, type Permission } from '../access/permissions/levels.ts'
import { mayAll, readLevels } from '../access/permissions/permitted.ts'
import { hasOnEverything, requirePermission } from '../access/permissions/require.ts'
import { denied } from '../access/permissions/rights.ts'
import { excerpt } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { datasetNotFound } from './evaluation/dataset.ts'
import { traceNotFound } from './trace.ts'

/**
 * A trace belongs to its experiment, and so do the permissions on it.
 *
 * @throws PERMISSION_DENIED the caller lacks the permission on the experiment
 * @throws RESOURCE_DOES_NOT_EXIST no such trace
 */
export async function requireTrace(
  ctx: Context,
  traceId: string,
  needed: Permission,
): Promise<void> {
  if (await hasOnEverything(ctx, needed)) return
  if ((await requireEach(ctx, [traceId], needed)).length === 0) throw traceNotFound(traceId)
}

/** As `requireTrace` of several; one that is not there needs no permission. */
export async function requireTraces(
  ctx: Context,
  traceIds: readonly string[],
  needed: Permission,
): Promise<void> {
  if (traceIds.length === 0 || (await hasOnEverything(ctx, needed))) return
  await requireEach(ctx, traceIds, needed)
}

function requireEach(ctx: Context, traceIds: readonly string[], needed: Permission) {
  const ids = JSON.stringify([...new Set(traceIds)])
  return requirePermission(ctx, {
    permission: needed,
    owner: 'experiment',
    on: sql`select t.experiment as id, t.trace_id as name, 0 as is_prompt
      from json_each(${ids}) wanted cross join traces t
        on t.workspace = ${ctx.workspace} and t.trace_id = wanted.value`,
    what: 'the experiment of trace',
  })
}

/** Require a permission on experiments; one that is not there needs none. */
export async function requireOnExperiments(
  ctx: Context,
  ids: readonly number[],
  needed: Permission,
): Promise<void> {
  if (ids.length === 0 || (await hasOnEverything(ctx, needed))) return
  await requirePermission(ctx, {
    permission: needed,
    owner: 'experiment',
    on: sql`select e.id, cast(e.id as text) as name, 0 as is_prompt
      from json_each(${JSON.stringify([...new Set(ids)])}) wanted
      cross join experiments e on e.id = wanted.value where e.workspace = ${ctx.workspace}`,
    what: 'experiment',
  })
}

/**
 * A dataset belongs to its experiments, and may hold what any of them logged: reading and changing it take the
 * permission on all of them. In no experiment it is its maker's.
 *
 * @throws PERMISSION_DENIED
 * @throws RESOURCE_DOES_NOT_EXIST no such dataset
 */
export async function requireEvalDataset(
  ctx: Context,
  datasetId: string,
  needed: Permission,
): Promise<void> {
  if (!(await mayOnEvalDataset(ctx, datasetId, needed))) throw datasetNotFound(datasetId)
}

/** As `requireEvalDataset`. @returns false: there is no such dataset */
export async function mayOnEvalDataset(
  ctx: Context,
  datasetId: string,
  needed: Permission,
): Promise<boolean> {
  if (mayAll(ctx)) return true
  const dataset = await ctx.db.first(sql<{ id: number; account: number | null }>`
    select id, account from eval_datasets
    where workspace = ${ctx.workspace} and dataset_id = ${datasetId}`)
  if (!dataset) return false
  const levels = await readLevels(ctx, {
    owner: 'experiment',
    on: sql`select x.experiment as id, cast(x.experiment as text) as name, 0 as is_prompt
      from eval_dataset_experiments x where x.dataset = ${dataset.id}`,
  })
  const isLet = levels.every(({ level }) => includes(level, needed))
  const { accountId } = ctx.principal
  const isMaker = accountId !== undefined && dataset.account === accountId
  if (levels.length > 0 ? isLet : isMaker) return true
  throw denied(ctx, `${needed} on the experiments of dataset '${excerpt(datasetId)}' is needed`)
}
