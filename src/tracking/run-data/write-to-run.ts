import { type SQL, sql } from 'drizzle-orm'
import { invalid, notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { isActiveRun, isRun } from '../runs/run.ts'

/**
 * Run `statements` in one batch, each of which is guarded by `isActiveRun` and so does nothing
 * when the run is gone or deleted.
 *
 * @returns the rows that each statement returned
 * @throws RESOURCE_DOES_NOT_EXIST no such run
 * @throws INVALID_PARAMETER_VALUE the run is deleted
 */
export async function writeToRun(
  ctx: Context,
  runId: string,
  statements: readonly SQL[],
): Promise<unknown[][]> {
  const [active, ...results] = await ctx.db.batch([
    sql`select 1 from runs where ${isActiveRun(ctx, runId)}`,
    ...statements,
  ])
  if (!active?.length) throw await notActive(ctx, runId)
  return results
}

/** Why a write to an active run found none. */
export async function notActive(ctx: Context, runId: string): Promise<Error> {
  const run = await ctx.db.first<{ lifecycle_stage: string }>(
    sql`select lifecycle_stage from runs where ${isRun(ctx, runId)}`,
  )
  if (!run) return notFound('Run', runId)
  return invalid(
    `The run ${runId} must be in the 'active' state. Current state is ${run.lifecycle_stage}.`,
  )
}
