import { sql } from 'drizzle-orm'
import type { Permission } from '../access/permissions/levels.ts'
import { hasOnEverything, requirePermission } from '../access/permissions/require.ts'
import type { Context } from '../platform/context.ts'
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
