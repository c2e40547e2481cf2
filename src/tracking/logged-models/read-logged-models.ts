import { type SQL, sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Database } from '../../db/database.ts'
import { int64Column } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { type KeyValue, type MetricRow, metricFromRow } from '../run.ts'
import type { LoggedModel, LoggedModelMetric, LoggedModelStatus } from './logged-model.ts'
import { pointsMax } from './logged-model-metrics.ts'
import type { loggedModels } from './tables.ts'

/**
 * The logged model, with its params, tags and metrics.
 *
 * @param options.deletedToo MLflow's `allow_deleted`
 * @throws RESOURCE_DOES_NOT_EXIST no such model in the caller's workspace, or it was deleted
 */
export async function getLoggedModel(
  ctx: Context,
  modelId: string,
  options: { readonly deletedToo?: boolean } = {},
): Promise<LoggedModel> {
  const wanted = sql`(select id as value from logged_models where ${isLoggedModel(ctx, modelId)})`
  const [model] = await readWanted(ctx.db, wanted)
  if (!model || (model.lifecycleStage === 'deleted' && !options.deletedToo)) {
    throw loggedModelNotFound(modelId)
  }
  return model
}

/** The models of these keys (`logged_models.id`), in the order of `ids`. */
export async function readLoggedModels(
  db: Database,
  ids: readonly number[],
): Promise<LoggedModel[]> {
  if (ids.length === 0) return []
  const found = await readWanted(db, sql`json_each(${JSON.stringify(ids)})`)
  const byId = new Map(found.map((model) => [model.id, model]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** Condition on `logged_models`: this one, deleted or not, and in the caller's workspace. */
export function isLoggedModel(ctx: Context, modelId: string): SQL {
  return sql`logged_models.model_id = ${modelId} and exists (select 1 from experiments
    where experiments.id = logged_models.experiment and experiments.workspace = ${ctx.workspace})`
}

/** 404, in the words that MLflow's clients show. */
export function loggedModelNotFound(modelId: string): RegistryError {
  const message = `${messages.noLoggedModel(modelId)}.`
  return new RegistryError('RESOURCE_DOES_NOT_EXIST', message)
}

export type LoggedModelRow = typeof loggedModels.$inferSelect

/** The columns of a `LoggedModelRow`. */
export const loggedModelColumns = sql`logged_models.id, logged_models.model_id,
  logged_models.experiment, logged_models.name, logged_models.artifact_uri, logged_models.status,
  logged_models.model_type, logged_models.source_run_id, logged_models.status_message,
  logged_models.lifecycle_stage, logged_models.created_at_ms, logged_models.updated_at_ms`

type MutableLoggedModel = LoggedModel & {
  readonly tags: KeyValue[]
  readonly params: KeyValue[]
  readonly metrics: LoggedModelMetric[]
}
type LoggedModelTextRow = KeyValue & { readonly logged_model: number; readonly is_tag: number }
type LoggedModelPointRow = MetricRow & {
  readonly logged_model: number
  readonly run_id: string
  readonly dataset_name: string
  readonly dataset_digest: string
}

/**
 * The models with their points or, where those are more than one answer shows, with the latest of each
 * key and dataset.
 *
 * @param wanted a table expression whose column `value` has the keys of the models
 */
async function readWanted(db: Database, wanted: SQL): Promise<LoggedModel[]> {
  const areFew = sql`(select coalesce(sum(metric_points), 0) <= ${pointsMax} from ${wanted} as wanted
    cross join logged_models on logged_models.id = wanted.value)`
  const pointsIn = (
    table: SQL,
  ) => sql`select logged_model, points.key, points.value, is_nan, run_id,
      dataset_name, dataset_digest, ${int64Column(sql`step`)} as step,
      ${int64Column(sql`timestamp_ms`)} as timestamp_ms
    from ${wanted} as wanted cross join ${table} as points on logged_model = wanted.value`
  const { models, texts, points } = await db.batch({
    models: sql<LoggedModelRow>`select ${loggedModelColumns} from ${wanted} as wanted
      cross join logged_models on logged_models.id = wanted.value`,
    texts: sql<LoggedModelTextRow>`select logged_model, params.key, params.value, 0 as is_tag from ${wanted} as wanted
      cross join logged_model_params as params on logged_model = wanted.value
      union all select logged_model, tags.key, tags.value, 1 from ${wanted} as wanted
      cross join logged_model_tags as tags on logged_model = wanted.value`,
    points: sql<LoggedModelPointRow>`${pointsIn(sql`logged_model_metrics`)} where ${areFew}
      union all ${pointsIn(sql`latest_logged_model_metrics`)} where not ${areFew}`,
  })
  const byId = new Map<number, MutableLoggedModel>()
  for (const row of models) byId.set(row.id, loggedModelFromRow(row))
  for (const { logged_model, key, value, is_tag } of texts) {
    const model = byId.get(logged_model)
    if (is_tag) model?.tags.push({ key, value })
    else model?.params.push({ key, value })
  }
  for (const point of points) {
    byId.get(point.logged_model)?.metrics.push({
      ...metricFromRow(point),
      runId: point.run_id,
      datasetName: point.dataset_name || undefined,
      datasetDigest: point.dataset_digest || undefined,
    })
  }
  return [...byId.values()]
}

/** The model without its params, tags and metrics. */
export function loggedModelFromRow(row: LoggedModelRow): MutableLoggedModel {
  return {
    id: row.id,
    modelId: row.model_id,
    experimentId: row.experiment,
    name: row.name,
    artifactUri: row.artifact_uri,
    // Only names of these two unions are ever written.
    status: row.status as LoggedModelStatus,
    lifecycleStage: row.lifecycle_stage as LoggedModel['lifecycleStage'],
    modelType: row.model_type,
    sourceRunId: row.source_run_id,
    statusMessage: row.status_message ?? undefined,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    tags: [],
    params: [],
    metrics: [],
  }
}
