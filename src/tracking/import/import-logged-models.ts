import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { checkLength, keyCharsMax } from '../../core/names.ts'
import { boundStatement } from '../../db/bound.ts'
import { type JsonCell, jsonChunksOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { artifactUriColumn } from '../experiments/artifact-location.ts'
import { checkKeyValues, refuseRepeatedKeys } from '../key-values.ts'
import type { LoggedModel } from '../logged-models/logged-model.ts'
import { pointStatements } from '../logged-models/logged-model-metrics.ts'
import { checkMetric, clampInfinity } from '../run-data/metrics.ts'
import { checkAddress } from './import-runs.ts'
import { ownedRows } from './owned-rows.ts'

/** A logged model as another server had it. */
export type ImportedLoggedModel = Omit<LoggedModel, 'id' | 'experimentId' | 'artifactUri'> & {
  /** `experiments.id` here, as text. */
  readonly experimentId: string
  /** Absent: below the folder of its experiment. */
  readonly artifactUri: string | undefined
}

/** @throws INVALID_PARAMETER_VALUE something of it this server does not take */
export function checkImportedLoggedModel(model: ImportedLoggedModel): void {
  if (!/^m-[0-9a-f]{32}$/.test(model.modelId)) {
    throw invalid("model_id must be 'm-' and 32 hexadecimal digits")
  }
  checkLength(model.name, keyCharsMax, 'name')
  checkLength(model.modelType, keyCharsMax, 'model_type')
  checkLength(model.sourceRunId, keyCharsMax, 'source_run_id')
  checkLength(model.statusMessage ?? '', 8000, 'status_message')
  checkAddress(model.artifactUri)
  for (const what of ['params', 'tags'] as const) {
    checkKeyValues(what, model[what])
    refuseRepeatedKeys(what, model[what])
  }
  for (const metric of model.metrics) {
    checkMetric(metric, 'metrics.')
    checkLength(metric.runId, keyCharsMax, 'run_id')
    checkLength(metric.datasetName ?? '', 500, 'dataset_name')
    checkLength(metric.datasetDigest ?? '', 36, 'dataset_digest')
  }
}

/** In which experiments those of these logged models are that this server has already. */
export async function findExperimentsOfLoggedModels(
  ctx: Context,
  modelIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await ctx.db.all(sql<{ model_id: string; experiment: string }>`
    select l.model_id, cast(l.experiment as text) as experiment
    from json_each(${JSON.stringify(modelIds)}) wanted
    join logged_models l on l.model_id = wanted.value`)
  return new Map(rows.map(({ model_id, experiment }) => [model_id, experiment]))
}

/**
 * The statements that write logged models as another server had them. They belong into the batch of
 * the import, which is written by `writeBounded`.
 *
 * @param models checked, and in experiments of the caller's workspace
 */
export function loggedModelImports(ctx: Context, models: readonly ImportedLoggedModel[]) {
  const modelIds = JSON.stringify(models.map(({ modelId }) => modelId))
  const ids = sql`select id from logged_models
    where model_id in (select value from json_each(${modelIds}))`
  return {
    loggedModels: jsonChunksOf(models.map(modelCells)).map((rows) => modelInsert(ctx, rows)),
    loggedModelParams: childInserts(models, {
      cells: ({ params }) => params.map(({ key, value }) => [key, value]),
      insert: (rows) => sql`insert into logged_model_params (logged_model, key, value)
        select owner, c0, c1 from ${rows} where true on conflict do nothing`,
    }),
    loggedModelTags: childInserts(models, {
      cells: ({ tags }) => tags.map(({ key, value }) => [key, value]),
      insert: (rows) => sql`insert into logged_model_tags (logged_model, key, value)
        select owner, c0, c1 from ${rows} where true
        on conflict (logged_model, key) do update set value = excluded.value`,
    }),
    loggedModelMetrics: pointStatements(
      ctx,
      models.flatMap(({ modelId, metrics }) =>
        metrics.map((point) => ({ ...point, modelId, value: clampInfinity(point.value) })),
      ),
    ),
    loggedModelParamBound: boundStatement('logged_model_params', 'logged_model', ids),
    loggedModelTagBound: boundStatement('logged_model_tags', 'logged_model', ids),
  }
}

function modelCells(model: ImportedLoggedModel): JsonCell[] {
  return [
    ...[model.modelId, model.experimentId, model.name, model.artifactUri ?? null, model.status],
    ...[model.modelType, model.sourceRunId, model.statusMessage ?? null, model.lifecycleStage],
    ...[model.createdAtMs, model.updatedAtMs],
  ]
}

function modelInsert(ctx: Context, rows: string): SQL {
  const modelId = sql`(one.value ->> 0)`
  return sql`insert into logged_models (model_id, experiment, name, artifact_uri, status, model_type,
      source_run_id, status_message, lifecycle_stage, deleted_at_ms, created_at_ms, updated_at_ms)
    select ${modelId}, experiments.id, one.value ->> 2,
      coalesce(one.value ->> 3, ${artifactUriColumn(ctx, sql`'/models/' || ${modelId} || '/artifacts'`)}),
      one.value ->> 4, one.value ->> 5, one.value ->> 6, one.value ->> 7, one.value ->> 8,
      iif(one.value ->> 8 = 'deleted', one.value ->> 10, null), one.value ->> 9, one.value ->> 10
    from json_each(${rows}) one
    join experiments on experiments.id = cast(one.value ->> 1 as integer)
      and experiments.workspace = ${ctx.workspace}
    where true
    on conflict (model_id) do update set name = excluded.name, status = excluded.status,
      model_type = excluded.model_type, source_run_id = excluded.source_run_id,
      status_message = excluded.status_message, lifecycle_stage = excluded.lifecycle_stage,
      deleted_at_ms = excluded.deleted_at_ms, created_at_ms = excluded.created_at_ms,
      updated_at_ms = excluded.updated_at_ms,
      registered_writes = logged_models.registered_writes + 1
    where logged_models.experiment = excluded.experiment`
}

type Children = {
  readonly cells: (model: ImportedLoggedModel) => readonly (readonly JsonCell[])[]
  readonly insert: (rows: SQL) => SQL
}

/** Inserts of what belongs to logged models: `rows` has the columns owner, c0, c1, ... */
function childInserts(models: readonly ImportedLoggedModel[], { cells, insert }: Children): SQL[] {
  return ownedRows(
    models.flatMap((model) => cells(model).map((row) => [model.modelId, ...row])),
    sql`logged_models owner on owner.model_id`,
  ).map(insert)
}
