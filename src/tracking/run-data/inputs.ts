import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import { refuseOver, sumBound } from '../../db/bound.ts'
import { jsonChunksOf, jsonRowsOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { refuseRepeatedKeys } from '../key-values.ts'
import { type DatasetInput, isActiveRun, type ModelOutput } from '../run.ts'
import { datasetCells, datasetColumns, longTextInserts } from './dataset-texts.ts'
import { writeToRun } from './write-to-run.ts'

const charsMax = {
  ...{ name: 500, digest: 36, sourceType: 255, source: 65_535 },
  ...{ schema: 1_048_575, profile: 16_777_215, tagKey: 255, tagValue: 500, modelId: 255 },
}

const datasetColumn = 'run_datasets.dataset'
/** Who reads a run reads all of them at once. */
const datasetBytesMax = 20_000_000

/**
 * Note the datasets and logged models that a run read. Name and digest identify a dataset within
 * its experiment. A dataset that the run has already stays as it is, with its tags.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such run
 * @throws INVALID_PARAMETER_VALUE the run is deleted, a text is too long, or its datasets in sum
 */
export async function logInputs(
  ctx: Context,
  runId: string,
  {
    inputs,
    modelIds,
  }: { readonly inputs: readonly DatasetInput[]; readonly modelIds: readonly string[] },
): Promise<void> {
  for (const input of inputs) checkDatasetInput(input)
  for (const modelId of modelIds) checkLength(modelId, charsMax.modelId, 'model_id')
  const active = isActiveRun(ctx, runId)
  const datasets = inputs.map(({ dataset }) => dataset)
  const used = inputs.map(({ dataset }) => [dataset.name, dataset.digest])
  const tags = inputs.flatMap(({ dataset, tags }) =>
    tags.map(({ key, value }) => [dataset.name, dataset.digest, key, value]),
  )
  const write = writeToRun(ctx, runId, {
    datasets: jsonChunksOf(datasets.map(datasetCells)).map(
      (json) => sql`insert into datasets (experiment, ${datasetColumns})
        select runs.experiment, d.value ->> 0, d.value ->> 1, d.value ->> 2, d.value ->> 3,
          d.value ->> 4, d.value ->> 5, d.value ->> 6
        from runs cross join json_each(${json}) as d where ${active}
        on conflict (experiment, name, digest) do nothing`,
    ),
    longTexts: longTextInserts(datasets, active),
    // Before the uses: only a dataset that the run does not use yet gets the tags.
    tags: jsonChunksOf(tags).map(
      (json) => sql`insert into run_dataset_tags (run, dataset, key, value)
        select runs.id, datasets.id, tag.value ->> 2, tag.value ->> 3
        from runs cross join json_each(${json}) as tag
        join datasets on datasets.experiment = runs.experiment
          and datasets.name = tag.value ->> 0 and datasets.digest = tag.value ->> 1
        where ${active} and not exists (select 1 from run_datasets
          where run_datasets.run = runs.id and run_datasets.dataset = datasets.id)
        on conflict do nothing`,
    ),
    uses: jsonChunksOf(used).map(
      (json) => sql`insert into run_datasets (run, dataset)
        select runs.id, datasets.id from runs cross join json_each(${json}) as used
        join datasets on datasets.experiment = runs.experiment
          and datasets.name = used.value ->> 0 and datasets.digest = used.value ->> 1
        where ${active} on conflict do nothing`,
    ),
    bound: datasetBound(sql`select id from runs where ${active}`),
    models: jsonChunksOf(modelIds.map((modelId) => [modelId])).map(
      (json) => sql`insert into run_model_inputs (run, model_id)
        select runs.id, model.value ->> 0 from runs cross join json_each(${json}) as model
        where ${active} on conflict do nothing`,
    ),
  })
  await refuseMoreDatasets(write)
}

/** The statement behind those that give runs datasets. @param runs a select of `runs.id` */
export function datasetBound(runs: SQL): SQL {
  return sumBound({
    ...{ column: datasetColumn, per: 'run', which: sql`run in (${runs})` },
    bytes: sql`(select octet_length(d.name) + octet_length(d.source)
      + coalesce(octet_length(d.schema), 0) + coalesce(octet_length(d.profile), 0)
      + coalesce((select sum(octet_length(t.text)) from dataset_texts t where t.dataset = d.id), 0)
      from datasets d where d.id = dataset)`,
    bytesMax: datasetBytesMax,
  })
}

/** A write that has a `datasetBound`. @throws INVALID_PARAMETER_VALUE a run would have too much */
export function refuseMoreDatasets<T>(write: Promise<T>): Promise<T> {
  return refuseOver(write, {
    column: datasetColumn,
    message: `All datasets of one run may have ${datasetBytesMax} bytes in sum, and these would be more; store long schemas and profiles as artifacts`,
  })
}

/** Note the logged models that a run wrote; one that it has already gets the new step. */
export async function logOutputs(
  ctx: Context,
  runId: string,
  outputs: readonly ModelOutput[],
): Promise<void> {
  for (const { modelId } of outputs) checkLength(modelId, charsMax.modelId, 'model_id')
  const rows = jsonRowsOf(outputs.map(({ modelId, step }) => [modelId, step]))
  await writeToRun(ctx, runId, {
    outputs: sql`insert into run_model_outputs (run, model_id, step)
      select runs.id, model.value ->> 0, model.value ->> 1
      from runs cross join json_each(${rows}) as model where ${isActiveRun(ctx, runId)}
      on conflict (run, model_id) do update set step = excluded.step`,
  })
}

export function checkDatasetInput({ dataset, tags }: DatasetInput): void {
  checkLength(dataset.name, charsMax.name, 'name')
  checkLength(dataset.digest, charsMax.digest, 'digest')
  checkLength(dataset.sourceType, charsMax.sourceType, 'source_type')
  checkLength(dataset.source, charsMax.source, 'source')
  checkLength(dataset.schema ?? '', charsMax.schema, 'schema')
  checkLength(dataset.profile ?? '', charsMax.profile, 'profile')
  for (const { key, value } of tags) {
    if (key === '') throw invalid(messages.missing('tags.key'))
    checkLength(key, charsMax.tagKey, 'key')
    checkLength(value, charsMax.tagValue, 'value')
  }
  refuseRepeatedKeys('tags', tags)
}
