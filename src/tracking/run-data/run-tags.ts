import { type SQL, sql } from 'drizzle-orm'
import { absent } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkKey, truncate } from '../../core/names.ts'
import { boundStatement } from '../../db/bound.ts'
import { jsonRowsOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { isActive, isActiveRun, isOneOfRuns, type KeyValue } from '../run.ts'
import { writeToRun, writeToRuns } from './write-to-run.ts'

/** The tag that repeats a run's name. */
export const runNameTag = 'mlflow.runName'

/** Longer values are cut, as MLflow cuts them. */
export const tagValueCharsMax = 8000

/**
 * Set one tag. The tag `mlflow.runName` renames the run; an empty name changes nothing.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such run
 * @throws INVALID_PARAMETER_VALUE the run is deleted, or the key is not one MLflow takes
 */
export async function setRunTag(ctx: Context, runId: string, tag: KeyValue): Promise<void> {
  checkKey(tag.key, 'key')
  await writeToRun(ctx, runId, { tags: tagStatements(isActiveRun(ctx, runId), [tag]) })
}

/**
 * Set one tag of several runs: of all that are active, or of none.
 *
 * @returns how many these are
 * @throws INVALID_PARAMETER_VALUE the key is not one MLflow takes, or a run would have too much in sum
 */
export async function setRunTags(
  ctx: Context,
  runIds: readonly string[],
  tag: KeyValue,
): Promise<number> {
  checkKey(tag.key, 'key')
  const runs = isActive(isOneOfRuns(ctx, runIds))
  const { count } = await writeToRuns(ctx, runs, { tags: tagStatements(runs, [tag]) })
  return count
}

/**
 * Statements that set `tags` of active runs; of a key given twice the last value counts.
 *
 * @param runs a condition on `runs`
 */
export function tagStatements(runs: SQL, tags: readonly KeyValue[]): SQL[] {
  const byKey = new Map(tags.map(({ key, value }) => [key, truncate(value, tagValueCharsMax)]))
  const name = byKey.get(runNameTag)
  if (name === '') byKey.delete(runNameTag)
  if (byKey.size === 0) return []
  const statements = [
    sql`insert into run_tags (run, key, value)
      select runs.id, tag.value ->> 0, tag.value ->> 1
      from runs cross join json_each(${jsonRowsOf([...byKey])}) as tag
      where ${runs}
      on conflict (run, key) do update set value = excluded.value`,
    boundStatement('run_tags', 'run', sql`select runs.id from runs where ${runs}`),
  ]
  if (name) {
    statements.push(sql`update runs set name = ${name} where ${runs}`)
  }
  return statements
}

/**
 * Delete one tag. Without its tag `mlflow.runName` a run keeps its name.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such run, or it has no such tag
 */
export async function deleteRunTag(ctx: Context, runId: string, key: string): Promise<void> {
  const { deleted } = await writeToRun(ctx, runId, {
    deleted: sql`delete from run_tags where key = ${key}
      and run = (select runs.id from runs where ${isActiveRun(ctx, runId)}) returning key`,
  })
  if (deleted.length > 0) return
  throw absent(messages.noTag(key, `run with id ${runId}`))
}
