import { type SQL, sql } from 'drizzle-orm'
import { principalText } from '../core/principal.ts'
import type { Context } from '../platform/context.ts'
import { isRun } from './run.ts'

/**
 * Runs and logged models that a version was made of count their writes, so that one look tells
 * whether what is kept with the version may differ from them. These statements start the counting.
 */
export function countWritesStatements(
  ctx: Context,
  { runId, modelId }: { readonly runId: string | null; readonly modelId: string | null },
) {
  return {
    countRun: runId
      ? sql`update runs set registered_writes = 0
          where ${isRun(ctx, runId)} and registered_writes is null`
      : undefined,
    countModel: modelId
      ? sql`update logged_models set registered_writes = 0
          where model_id = ${modelId} and ${isInWorkspace(ctx)} and registered_writes is null`
      : undefined,
  }
}

/**
 * The statement that counts a write to some runs, and ends that they are ranked where it moves their metrics. It stands
 * in the batch of the write, before what is written.
 *
 * @param runs a condition on `runs`
 */
export function noteRunWrite(ctx: Context, runs: SQL, movesMetrics: boolean): SQL {
  if (!movesMetrics) {
    return sql`update runs set ${counted(ctx)} where ${runs} and registered_writes is not null`
  }
  return sql`update runs set registered_writes = registered_writes + 1,
      written_by = iif(registered_writes is null, null, ${principalText(ctx.principal)}),
      written_at_ms = iif(registered_writes is null, null, ${ctx.now()}),
      unranked_at_ms = coalesce(unranked_at_ms, ${ctx.now()})
    where ${runs} and (registered_writes is not null or unranked_at_ms is null)`
}

/** The same for logged models. @param guard a condition; absent: always */
export function noteModelWrites(ctx: Context, modelIds: readonly string[], guard = sql`1`): SQL {
  const ids = JSON.stringify([...new Set(modelIds)])
  return sql`update logged_models set ${counted(ctx)}
    where model_id in (select value from json_each(${ids})) and registered_writes is not null
      and ${isInWorkspace(ctx)} and ${guard}`
}

function isInWorkspace(ctx: Context): SQL {
  return sql`experiment in (select id from experiments where workspace = ${ctx.workspace})`
}

function counted(ctx: Context): SQL {
  return sql`registered_writes = registered_writes + 1,
    written_by = ${principalText(ctx.principal)}, written_at_ms = ${ctx.now()}`
}
