import { sql } from 'drizzle-orm'
import type { Int64 } from '../../core/int64.ts'
import { truncate } from '../../core/names.ts'
import { int64Param } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import {
  isActiveRun,
  isOneOfRuns,
  type RunInfo,
  type RunRow,
  type RunStatus,
  runColumns,
  runInfoFromRow,
} from '../run.ts'
import { runNameTag, tagStatements, tagValueCharsMax } from '../run-data/run-tags.ts'
import { inactiveRunErrorOf, writeToRun } from '../run-data/write-to-run.ts'

export type RunChange = {
  readonly status?: RunStatus | undefined
  /** Unix milliseconds; 0 removes the end time. */
  readonly endTimeMs?: Int64 | undefined
  /** The empty string changes nothing. */
  readonly name?: string | undefined
}

/**
 * Change those fields of a run that are given. A new name changes its tag `mlflow.runName` too.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such run
 * @throws INVALID_PARAMETER_VALUE the run is deleted
 */
export async function updateRun(ctx: Context, runId: string, change: RunChange): Promise<RunInfo> {
  const { status, endTimeMs } = change
  const name = change.name ? truncate(change.name, tagValueCharsMax) : undefined
  const keepsEnd = endTimeMs === undefined
  const endTime = keepsEnd ? sql`end_time_ms` : endTimeMs ? int64Param(endTimeMs) : sql`null`
  const update = sql<RunRow>`update runs set status = coalesce(${status ?? null}, status),
      end_time_ms = ${endTime}${
        // An index has the name: it is written only where there is a new one.
        name === undefined ? sql`` : sql`, name = ${name}`
      }
    where ${isActiveRun(ctx, runId)} returning ${runColumns}`
  const tags = name === undefined ? [] : [{ key: runNameTag, value: name }]
  const { updated } = await writeToRun(ctx, runId, {
    updated: update,
    tags: tagStatements(isActiveRun(ctx, runId), tags),
  })
  const [row] = updated
  if (!row) throw await inactiveRunErrorOf(ctx, runId)
  return runInfoFromRow(row)
}

/** Mark a run deleted; no error where it is deleted already. @throws RESOURCE_DOES_NOT_EXIST */
export async function deleteRun(ctx: Context, runId: string): Promise<void> {
  if ((await deleteRuns(ctx, [runId])) === 0) throw await inactiveRunErrorOf(ctx, runId)
}

/** As `deleteRun`, of several at once. @returns how many there are; those that are not are passed over */
export async function deleteRuns(ctx: Context, runIds: readonly string[]): Promise<number> {
  const deleted = await ctx.db.all(sql`update runs set lifecycle_stage = 'deleted',
      deleted_at_ms = coalesce(deleted_at_ms, ${ctx.now()})
    where ${isOneOfRuns(ctx, runIds)} returning id`)
  return deleted.length
}

/** Make a run active again; no error where it is active. @throws RESOURCE_DOES_NOT_EXIST */
export async function restoreRun(ctx: Context, runId: string): Promise<void> {
  if ((await restoreRuns(ctx, [runId])) === 0) throw await inactiveRunErrorOf(ctx, runId)
}

/** As `restoreRun`, of several at once. @returns how many there are; those that are not are passed over */
export async function restoreRuns(ctx: Context, runIds: readonly string[]): Promise<number> {
  const restored = await ctx.db.all(sql`
    update runs set lifecycle_stage = 'active', deleted_at_ms = null
    where ${isOneOfRuns(ctx, runIds)} returning id`)
  return restored.length
}
