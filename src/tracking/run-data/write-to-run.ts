import { type SQL, sql } from 'drizzle-orm'
import { absent, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { writeBounded } from '../../db/bound.ts'
import type { Batch, BatchRows } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { noteRunWrite } from '../registered-writes.ts'
import { isActiveRun, isRun } from '../run.ts'

/**
 * Run `statements` as one batch. Each of them must be guarded by `isActiveRun`, so that it does
 * nothing when the run is gone or deleted. Every change of a run goes through here: a run that a
 * version was made of counts it.
 *
 * @param statements those that write to `latest_metrics` are named `metrics`
 * @returns the rows of each statement under its name
 * @throws RESOURCE_DOES_NOT_EXIST no such run
 * @throws INVALID_PARAMETER_VALUE the run is deleted, or would have too much in sum
 */
export async function writeToRun<const Q extends Batch>(
  ctx: Context,
  runId: string,
  statements: Q,
): Promise<BatchRows<Q>> {
  const { count, rows } = await writeToRuns(ctx, isActiveRun(ctx, runId), statements)
  if (count === 0) throw await inactiveRunErrorOf(ctx, runId)
  return rows
}

/**
 * As `writeToRun`, for several.
 *
 * @param runs a condition on `runs` that each statement has: active ones of the caller's workspace
 * @returns also how many there are
 */
export async function writeToRuns<const Q extends Batch>(
  ctx: Context,
  runs: SQL,
  statements: Q,
): Promise<{ readonly count: number; readonly rows: BatchRows<Q> }> {
  const { metrics } = statements
  const movesMetrics = metrics !== undefined && !(Array.isArray(metrics) && metrics.length === 0)
  const write = ctx.db.batch<Batch & { active: SQL }>({
    active: sql`select 1 from runs where ${runs}`,
    counted: noteRunWrite(ctx, runs, movesMetrics),
    ...statements,
  })
  const { active, counted, ...rows } = await writeBounded(write)
  // What is left are the rows of the caller's own statements.
  return { count: active.length, rows: rows as BatchRows<Q> }
}

/** The error of a write that found no active run: the run is not there, or it is deleted. */
export async function inactiveRunErrorOf(ctx: Context, runId: string): Promise<Error> {
  const run = await ctx.db.first(
    sql<{ lifecycle_stage: string }>`select lifecycle_stage from runs where ${isRun(ctx, runId)}`,
  )
  if (!run) return absent(messages.noRun(runId))
  return invalid(`${messages.notInState(`run ${runId}`)}. Current state is ${run.lifecycle_stage}.`)
}
