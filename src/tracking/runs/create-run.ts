import { sql } from 'drizzle-orm'
import { excerpt, invalid } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import { messages } from '../../core/messages.ts'
import { checkLength, keyCharsMax, truncate } from '../../core/names.ts'
import { boundStatement, writeBounded } from '../../db/bound.ts'
import { int64Param, jsonRowsOf } from '../../db/sql.ts'
import { type Context, principalName } from '../../platform/context.ts'
import { artifactUriColumn } from '../experiments/artifact-location.ts'
import { getExperiment, inactiveExperiment } from '../experiments/experiment.ts'
import { refuseRepeatedKeys } from '../key-values.ts'
import { makeRandomName } from '../random-name.ts'
import { type KeyValue, type RunInfo, type RunRow, runColumns, runInfoFromRow } from '../run.ts'
import { runNameTag, tagValueCharsMax } from '../run-data/run-tags.ts'

export const userIdCharsMax = 256

export type NewRun = {
  readonly experimentId: number
  /** Absent or empty: the value of the tag `mlflow.runName`, else a random name. */
  readonly name?: string | undefined
  readonly userId?: string | undefined
  /** Unix milliseconds; MLflow stores 0 when absent. */
  readonly startTimeMs?: Int64 | undefined
  readonly tags: readonly KeyValue[]
}

/**
 * Start a run. Its name is also its tag `mlflow.runName`.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 * @throws INVALID_PARAMETER_VALUE the experiment is deleted, or a tag is given twice or too long, or all are
 */
export async function createRun(
  ctx: Context,
  run: NewRun,
): Promise<{ readonly info: RunInfo; readonly tags: readonly KeyValue[] }> {
  const tags = addNameTag(ctx, run)
  const name = tags.at(-1)?.value ?? ''
  const userId = run.userId || (principalName(ctx) ?? '')
  checkLength(userId, userIdCharsMax, 'user_id')
  const runId = ctx.randomId()
  const write = ctx.db.batch({
    created: sql<RunRow>`insert into runs (run_id, experiment, name, user_id, status, start_time_ms, artifact_uri,
        lifecycle_stage)
      select ${runId}, id, ${name}, ${userId}, 'RUNNING', ${int64Param(run.startTimeMs ?? 0)},
        ${artifactUriColumn(ctx, `/${runId}/artifacts`)}, 'active'
      from experiments
      where id = ${run.experimentId} and workspace = ${ctx.workspace} and lifecycle_stage = 'active'
      returning ${runColumns}`,
    tags: sql`insert into run_tags (run, key, value)
      select runs.id, tag.value ->> 0, tag.value ->> 1
      from runs, json_each(${jsonRowsOf(tags.map((tag) => [tag.key, tag.value]))}) as tag
      where run_id = ${runId}`,
    bound: boundStatement('run_tags', 'run', sql`select id from runs where run_id = ${runId}`),
  })
  const { created } = await writeBounded(write)
  const [row] = created
  if (row) return { info: runInfoFromRow(row), tags }
  const experiment = await getExperiment(ctx, run.experimentId)
  throw inactiveExperiment(experiment.id)
}

/** The run's tags as they are stored; the one with its name comes last. */
function addNameTag(ctx: Context, run: NewRun): KeyValue[] {
  for (const { key } of run.tags) checkTagKey(key)
  refuseRepeatedKeys('tags', run.tags)
  const tagged = run.tags.find((tag) => tag.key === runNameTag)?.value
  if (run.name && tagged && run.name !== tagged) {
    throw invalid(
      `${messages.twoRunNames}, and differ (run_name='${excerpt(run.name)}', mlflow.runName='${excerpt(tagged)}'); give only one of them`,
    )
  }
  const name = run.name || tagged || makeRandomName(ctx.randomId())
  const others = run.tags.filter((tag) => tag.key !== runNameTag)
  return [...others, { key: runNameTag, value: name }].map(({ key, value }) => ({
    key,
    value: truncate(value, tagValueCharsMax),
  }))
}

/** MLflow takes keys here that runs/set-tag refuses, and clients send such keys. */
function checkTagKey(key: string): void {
  if (key === '') throw invalid(messages.missing('tags.key'))
  checkLength(key, keyCharsMax, 'key')
}
