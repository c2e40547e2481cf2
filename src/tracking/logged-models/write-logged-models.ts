import { type SQL, sql } from 'drizzle-orm'
import { absent, excerpt, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { boundStatement, writeBounded } from '../../db/bound.ts'
import { ConstraintError } from '../../db/database.ts'
import { jsonListWithSql, jsonRowsOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { artifactUriColumn } from '../experiments/artifact-location.ts'
import { getExperiment, inactiveExperiment } from '../experiments/experiment.ts'
import { checkKeyValues, refuseRepeatedKeys } from '../key-values.ts'
import { pythonJsonOf } from '../python-json.ts'
import { makeRandomName } from '../random-name.ts'
import { noteModelWrites } from '../registered-writes.ts'
import type { KeyValue } from '../run.ts'
import { checkLoggedModelName, type LoggedModel, type LoggedModelStatus } from './logged-model.ts'
import {
  getLoggedModel,
  isLoggedModel,
  type LoggedModelRow,
  loggedModelColumns,
  loggedModelFromRow,
  loggedModelNotFound,
} from './read-logged-models.ts'

export type NewLoggedModel = {
  readonly experimentId: number
  /** Undefined or empty: a random name. */
  readonly name: string | undefined
  readonly modelType: string
  readonly sourceRunId: string
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
}

/**
 * Make a logged model, PENDING until its files are there.
 *
 * @throws INVALID_PARAMETER_VALUE a name, key or value that is not allowed, a key given twice, or
 *   the experiment is deleted
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 */
export async function createLoggedModel(
  ctx: Context,
  wanted: NewLoggedModel,
): Promise<LoggedModel> {
  if (wanted.name) checkLoggedModelName(wanted.name)
  for (const what of ['params', 'tags'] as const) {
    checkKeyValues(what, wanted[what])
    refuseRepeatedKeys(what, wanted[what])
  }
  const modelId = `m-${ctx.randomId()}`
  const name = wanted.name || makeRandomName(ctx.randomId())
  const now = ctx.now()
  const { created } = await ctx.db.batch({
    created: sql<LoggedModelRow>`insert into logged_models (model_id, experiment, name, artifact_uri, status, model_type,
        source_run_id, lifecycle_stage, created_at_ms, updated_at_ms)
      select ${modelId}, id, ${name}, ${artifactUriColumn(ctx, `/models/${modelId}/artifacts`)},
        'LOGGED_MODEL_PENDING', ${wanted.modelType}, ${wanted.sourceRunId}, 'active', ${now}, ${now}
      from experiments where id = ${wanted.experimentId} and workspace = ${ctx.workspace}
        and lifecycle_stage = 'active'
      returning ${loggedModelColumns}`,
    params: insertStatement(sql`logged_model_params`, sql`model_id = ${modelId}`, wanted.params),
    tags: insertStatement(sql`logged_model_tags`, sql`model_id = ${modelId}`, wanted.tags),
  })
  const [row] = created
  if (!row) {
    const experiment = await getExperiment(ctx, wanted.experimentId)
    throw inactiveExperiment(experiment.id)
  }
  return {
    ...loggedModelFromRow(row),
    params: wanted.params.toSorted(byKey),
    tags: wanted.tags.toSorted(byKey),
  }
}

/**
 * Set the status that tells whether the model's files arrived. A deleted model may be finalized too,
 * as in MLflow 3.17.2.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 */
export async function finalizeLoggedModel(
  ctx: Context,
  modelId: string,
  status: LoggedModelStatus,
): Promise<LoggedModel> {
  await ctx.db.all(sql`update logged_models set status = ${status}, updated_at_ms = ${ctx.now()}
    where ${isLoggedModel(ctx, modelId)}`)
  return getLoggedModel(ctx, modelId, { deletedToo: true })
}

/**
 * Mark the model deleted; its rows and files stay. Deleting it again is no error.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 */
export async function deleteLoggedModel(ctx: Context, modelId: string): Promise<void> {
  const now = ctx.now()
  const found = await ctx.db.first(sql`update logged_models set lifecycle_stage = 'deleted',
      deleted_at_ms = coalesce(deleted_at_ms, ${now}), updated_at_ms = ${now}
    where ${isLoggedModel(ctx, modelId)} returning id`)
  if (!found) throw loggedModelNotFound(modelId)
}

/**
 * Add params. They are written once: the same value again changes nothing.
 *
 * @throws INVALID_PARAMETER_VALUE a param has another value already, or all are too much in sum; then
 *   none is added
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 */
export async function logLoggedModelParams(
  ctx: Context,
  modelId: string,
  params: readonly KeyValue[],
): Promise<void> {
  checkKeyValues('params', params)
  refuseRepeatedKeys('params', params)
  const model = isLoggedModel(ctx, modelId)
  try {
    const write = ctx.db.batch({
      found: sql`select id from logged_models where ${model}`,
      params: sql`${insertStatement(sql`logged_model_params`, model, params)}
        on conflict (logged_model, key) do update
        set value = case value when excluded.value then value end`,
      bound: boundOf('logged_model_params', model),
      counted: noteModelWrites(ctx, [modelId]),
    })
    const { found } = await writeBounded(write)
    if (found.length === 0) throw loggedModelNotFound(modelId)
  } catch (err) {
    // The upsert turns a value that would change into NULL, which the column refuses.
    if (!(err instanceof ConstraintError) || err.kind !== 'not null') throw err
    throw invalid(
      `${messages.paramsChanged} for model ID='${modelId}', with another value of one of ${excerpt(params.map(({ key }) => `'${key}'`).join(', '))}`,
    )
  }
}

/**
 * Set tags, replacing values; of a key given twice the last counts.
 *
 * @throws INVALID_PARAMETER_VALUE all tags would be too much in sum
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 */
export async function setLoggedModelTags(
  ctx: Context,
  modelId: string,
  tags: readonly KeyValue[],
): Promise<void> {
  checkKeyValues('tags', tags)
  const model = isLoggedModel(ctx, modelId)
  const write = ctx.db.batch({
    found: sql`select id from logged_models where ${model}`,
    tags: sql`${insertStatement(sql`logged_model_tags`, model, tags)}
      on conflict (logged_model, key) do update set value = excluded.value`,
    bound: boundOf('logged_model_tags', model),
  })
  const { found } = await writeBounded(write)
  if (found.length === 0) throw loggedModelNotFound(modelId)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such model, or it has no such tag */
export async function deleteLoggedModelTag(
  ctx: Context,
  modelId: string,
  key: string,
): Promise<void> {
  const model = isLoggedModel(ctx, modelId)
  const { found, deleted } = await ctx.db.batch({
    found: sql`select id from logged_models where ${model}`,
    deleted: sql`delete from logged_model_tags where key = ${key}
      and logged_model = (select id from logged_models where ${model}) returning key`,
  })
  if (found.length === 0) throw loggedModelNotFound(modelId)
  if (deleted.length === 0) {
    throw absent(`${messages.noLoggedModelTag(key, modelId)}.`)
  }
}

/** Insert `items` for the model that `model` selects, in the order given. */
function insertStatement(table: SQL, model: SQL, items: readonly KeyValue[]): SQL {
  const rows = jsonRowsOf(items.map(({ key, value }) => [key, value]))
  return sql`insert into ${table} (logged_model, key, value)
    select logged_models.id, item.value ->> 0, item.value ->> 1
    from logged_models cross join json_each(${rows}) as item where ${model}`
}

/** @param model a condition on `logged_models` */
function boundOf(table: string, model: SQL): SQL {
  return boundStatement(table, 'logged_model', sql`select id from logged_models where ${model}`)
}

function byKey(a: KeyValue, b: KeyValue): number {
  return a.key < b.key ? -1 : Number(a.key > b.key)
}

/**
 * The statement that adds `{name, version}` to the logged model's tag `mlflow.modelVersions`, the
 * list of model versions made from it. It belongs into the batch that creates the model version, and
 * does nothing when there is no such logged model.
 *
 * @param version SQL for the version's number at that point of the batch
 */
export function registrationStatement(
  ctx: Context,
  modelId: string,
  { name, version }: { readonly name: string; readonly version: SQL },
): SQL {
  // As Python writes it: programs compare the tag as text.
  const start = `[{"name": ${pythonJsonOf(name)}, "version": `
  return sql`insert into logged_model_tags (logged_model, key, value)
    select id, 'mlflow.modelVersions', ${start} || cast(${version} as integer) || '}]'
    from logged_models where ${isLoggedModel(ctx, modelId)}
    on conflict (logged_model, key) do update set value = ${jsonListWithSql(sql`value`, sql`excluded.value`)}`
}
