import { type SQL, sql } from 'drizzle-orm'
import { storePathOf } from '../../artifacts/path.ts'
import { invalid } from '../../core/error.ts'
import { checkLength, defaultWorkspace, keyCharsMax, truncate } from '../../core/names.ts'
import { principalText } from '../../core/principal.ts'
import { boundMetricsOfRuns, boundStatement } from '../../db/bound.ts'
import { type JsonCell, jsonChunksOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { artifactUriColumn } from '../experiments/artifact-location.ts'
import { keepLatestSql, latestCellsOf } from '../extremes/keep-latest.ts'
import { keepPoints, newChunksSql, pointColumns } from '../history/write-points.ts'
import { refuseRepeatedKeys } from '../key-values.ts'
import { datasetCells, datasetColumns, longTextInserts } from '../run-data/dataset-texts.ts'
import { checkDatasetInput, datasetBound } from '../run-data/inputs.ts'
import { checkMetric, clampInfinity } from '../run-data/metrics.ts'
import { paramValueCharsMax } from '../run-data/params.ts'
import { tagValueCharsMax } from '../run-data/run-tags.ts'
import { userIdCharsMax } from '../runs/create-run.ts'
import type { ImportedRun } from './imported-run.ts'
import { ownedRows } from './owned-rows.ts'

const uriCharsMax = 2048
const nameCharsMax = 8000

/** @throws INVALID_PARAMETER_VALUE something of it this server does not take */
export function checkImportedRun(run: ImportedRun): void {
  if (!/^[0-9a-f]{32}$/.test(run.runId)) throw invalid('run_id must be 32 hexadecimal digits')
  checkLength(run.userId, userIdCharsMax, 'user_id')
  checkLength(run.name, nameCharsMax, 'run_name')
  checkAddress(run.artifactUri)
  for (const what of ['params', 'tags'] as const) {
    for (const { key } of run[what]) checkImportedKey(key, `${what}.key`)
    refuseRepeatedKeys(what, run[what])
  }
  for (const input of run.datasetInputs) checkDatasetInput(input)
  for (const modelId of run.modelInputs) checkLength(modelId, keyCharsMax, 'model_id')
  for (const { modelId } of run.modelOutputs) checkLength(modelId, keyCharsMax, 'model_id')
  for (const point of run.points) checkMetric(point, 'points.')
}

/** Servers of long ago took keys that are refused today; what is there is taken. */
function checkImportedKey(key: string, field: string): void {
  if (key === '') throw invalid(`Missing value for required parameter '${field}'`)
  checkLength(key, keyCharsMax, field)
}

/** @throws INVALID_PARAMETER_VALUE it is too long, or a path of our store that climbs */
export function checkAddress(uri: string | undefined): void {
  if (uri === undefined) return
  checkLength(uri, uriCharsMax, 'artifact_uri')
  storePathOf(uri, defaultWorkspace)
}

/** In which experiments those of these runs are that this server has already. */
export async function findExperimentsOfRuns(
  ctx: Context,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await ctx.db.all(sql<{ run_id: string; experiment: string }>`
    select r.run_id, cast(r.experiment as text) as experiment
    from json_each(${JSON.stringify(runIds)}) wanted join runs r on r.run_id = wanted.value`)
  return new Map(rows.map(({ run_id, experiment }) => [run_id, experiment]))
}

/**
 * The statements that write runs as another server had them. A run that is there becomes what it was
 * there; params and points are only added. They belong into the batch of the import, which is written
 * by `writeBounded` and `refuseMoreDatasets`.
 *
 * @param runs checked, and in experiments of the caller's workspace
 */
export function runImports(ctx: Context, runs: readonly ImportedRun[]) {
  return {
    runs: jsonChunksOf(runs.map(runCells)).map((chunk) => runInsert(ctx, chunk)),
    params: childInserts(runs, {
      cells: ({ params }) =>
        params.map(({ key, value }) => [key, truncate(value, paramValueCharsMax)]),
      insert: (rows) => sql`insert into params (run, key, value)
        select owner, c0, c1 from ${rows} where true on conflict (run, key) do nothing`,
    }),
    runTags: childInserts(runs, {
      cells: ({ tags }) => tags.map(({ key, value }) => [key, truncate(value, tagValueCharsMax)]),
      insert: (rows) => sql`insert into run_tags (run, key, value)
        select owner, c0, c1 from ${rows} where true
        on conflict (run, key) do update set value = excluded.value`,
    }),
    ...datasetImports(runs),
    modelInputs: childInserts(runs, {
      cells: ({ modelInputs }) => modelInputs.map((modelId) => [modelId]),
      insert: (rows) => sql`insert into run_model_inputs (run, model_id)
        select owner, c0 from ${rows} where true on conflict do nothing`,
    }),
    modelOutputs: childInserts(runs, {
      cells: ({ modelOutputs }) => modelOutputs.map(({ modelId, step }) => [modelId, step]),
      insert: (rows) => sql`insert into run_model_outputs (run, model_id, step)
        select owner, c0, c1 from ${rows} where true
        on conflict (run, model_id) do update set step = excluded.step`,
    }),
    ...pointImports(runs),
    ...runBounds(runs),
  }
}

/** As for those who log: who reads a run reads all of these at once. */
function runBounds(runs: readonly ImportedRun[]) {
  const runIds = JSON.stringify(runs.map(({ runId }) => runId))
  const ids = sql`select id from runs where run_id in (select value from json_each(${runIds}))`
  return {
    paramBound: boundStatement('params', 'run', ids),
    runTagBound: boundStatement('run_tags', 'run', ids),
    metricBound: boundMetricsOfRuns(ids),
    datasetBound: datasetBound(ids),
  }
}

function runCells(run: ImportedRun): JsonCell[] {
  return [
    ...[run.runId, run.experimentId, run.name, run.userId, run.status, run.startTimeMs],
    ...[
      run.endTimeMs ?? null,
      run.artifactUri ?? null,
      run.lifecycleStage,
      run.deletedAtMs ?? null,
    ],
  ]
}

function runInsert(ctx: Context, rows: string): SQL {
  const runId = sql`(one.value ->> 0)`
  return sql`insert into runs (run_id, experiment, name, user_id, status, start_time_ms, end_time_ms,
      artifact_uri, lifecycle_stage, deleted_at_ms)
    select ${runId}, experiments.id, one.value ->> 2, one.value ->> 3, one.value ->> 4,
      one.value ->> 5, one.value ->> 6,
      coalesce(one.value ->> 7, ${artifactUriColumn(ctx, sql`'/' || ${runId} || '/artifacts'`)}),
      one.value ->> 8, one.value ->> 9
    from json_each(${rows}) one
    join experiments on experiments.id = cast(one.value ->> 1 as integer)
      and experiments.workspace = ${ctx.workspace}
    where true
    on conflict (run_id) do update set name = excluded.name, user_id = excluded.user_id,
      status = excluded.status, start_time_ms = excluded.start_time_ms,
      end_time_ms = excluded.end_time_ms, lifecycle_stage = excluded.lifecycle_stage,
      deleted_at_ms = excluded.deleted_at_ms, registered_writes = runs.registered_writes + 1,
      written_by = iif(runs.registered_writes is null, null, ${principalText(ctx.principal)}),
      written_at_ms = iif(runs.registered_writes is null, null, ${ctx.now()}),
      unranked_at_ms = coalesce(runs.unranked_at_ms, ${ctx.now()})
    where runs.experiment = excluded.experiment`
}

function datasetImports(runs: readonly ImportedRun[]) {
  const used = sql`join runs on runs.id = owner join datasets on datasets.experiment = runs.experiment
    and datasets.name = c0 and datasets.digest = c1`
  return {
    datasets: childInserts(runs, {
      cells: ({ datasetInputs }) => datasetInputs.map(({ dataset }) => datasetCells(dataset)),
      insert: (rows) => sql`insert into datasets (experiment, ${datasetColumns})
        select runs.experiment, c0, c1, c2, c3, c4, c5, c6 from ${rows} join runs on runs.id = owner
        where true on conflict (experiment, name, digest) do nothing`,
    }),
    longTexts: runs.flatMap(({ runId, datasetInputs }) =>
      longTextInserts(
        datasetInputs.map(({ dataset }) => dataset),
        sql`runs.run_id = ${runId}`,
      ),
    ),
    datasetTags: childInserts(runs, {
      cells: ({ datasetInputs }) =>
        datasetInputs.flatMap(({ dataset, tags }) =>
          tags.map(({ key, value }) => [dataset.name, dataset.digest, key, value]),
        ),
      insert: (rows) => sql`insert into run_dataset_tags (run, dataset, key, value)
        select owner, datasets.id, c2, c3 from ${rows} ${used} where true on conflict do nothing`,
    }),
    datasetUses: childInserts(runs, {
      cells: ({ datasetInputs }) =>
        datasetInputs.map(({ dataset }) => [dataset.name, dataset.digest]),
      insert: (rows) => sql`insert into run_datasets (run, dataset)
        select owner, datasets.id from ${rows} ${used} where true on conflict do nothing`,
    }),
  }
}

function pointImports(runs: readonly ImportedRun[]) {
  const clamped = runs.map(({ runId, points }) => ({
    runId,
    points: points.map((point) => ({ ...point, value: clampInfinity(point.value) })),
  }))
  return {
    points: childInserts(clamped, {
      cells: ({ points }) => keepPoints(points).rows,
      insert: (rows) => sql`insert into metrics (${pointColumns})
        select owner, c0, c1, c2, c3, c4 from ${rows} where true on conflict do nothing`,
    }),
    chunks: childInserts(clamped, {
      cells: ({ points }) => keepPoints(points).chunks,
      insert: (rows) =>
        newChunksSql(sql`from ${rows} one where true`, {
          run: sql`one.owner`,
          cell: (place) => sql.raw(`one.c${place}`),
        }),
    }),
    latest: childInserts(clamped, {
      cells: ({ points }) => latestCellsOf(points),
      insert: (rows) =>
        keepLatestSql(sql`select owner, c0, c1, c2, c3, c4, c5, c6 from ${rows} where true`),
    }),
  }
}

type ChildrenOfRun<R> = {
  readonly cells: (run: R) => readonly (readonly JsonCell[])[]
  readonly insert: (rows: SQL) => SQL
}

/** Inserts of what belongs to runs: `rows` has the columns owner, c0, c1, ... */
function childInserts<R extends { readonly runId: string }>(
  runs: readonly R[],
  { cells, insert }: ChildrenOfRun<R>,
): SQL[] {
  return ownedRows(
    runs.flatMap((run) => cells(run).map((row) => [run.runId, ...row])),
    sql`runs owner on owner.run_id`,
  ).map(insert)
}
