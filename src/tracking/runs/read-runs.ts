import { type SQL, sql } from 'drizzle-orm'
import { absent } from '../../core/error.ts'
import { int64FromRow } from '../../core/int64.ts'
import { messages } from '../../core/messages.ts'
import { fixSql } from '../../db/compile.ts'
import type { Database } from '../../db/database.ts'
import { int64Column } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import {
  type DatasetInput,
  isRun,
  type KeyValue,
  type Metric,
  type MetricRow,
  type ModelOutput,
  metricFromRow,
  type Run,
  type RunRow,
  runColumns,
  runInfoFromRow,
} from '../run.ts'

/** Runs read by one batch: all that they logged must fit into one answer of D1. */
const runsPerBatch = 2000

/**
 * The runs of these keys (`runs.id`), in the order of `ids`; those that are gone are left out.
 * One batch of five statements for each 2,000 runs.
 */
export async function readRuns(db: Database, ids: readonly number[]): Promise<Run[]> {
  const found: Run[] = []
  for (let from = 0; from < ids.length; from += runsPerBatch) {
    const batch = ids.slice(from, from + runsPerBatch)
    const byId = await readWanted(db, sql`(select value from json_each(${JSON.stringify(batch)}))`)
    for (const id of batch) {
      const run = byId.get(id)
      if (run) found.push(run)
    }
  }
  return found
}

/** The run, deleted ones too, or undefined when the caller's workspace has none of this id. */
async function findRunByRunId(ctx: Context, runId: string): Promise<Run | undefined> {
  const wanted = sql`(select runs.id as value from runs where ${isRun(ctx, runId)})`
  return (await readWanted(ctx.db, wanted)).values().next().value
}

/** @throws RESOURCE_DOES_NOT_EXIST no such run */
export async function getRun(ctx: Context, runId: string): Promise<Run> {
  const run = await findRunByRunId(ctx, runId)
  if (!run) throw absent(messages.noRun(runId))
  return run
}

/** Runs of the caller's workspace by their ids, in the order given; those that are not there are left out. */
export async function readRunsOfIds(ctx: Context, runIds: readonly string[]): Promise<Run[]> {
  const wanted = sql`(select runs.id as value from json_each(${JSON.stringify(runIds)}) w
    cross join runs on runs.run_id = w.value
    join experiments on experiments.id = runs.experiment
    where experiments.workspace = ${ctx.workspace})`
  const found = [...(await readWanted(ctx.db, wanted)).values()]
  const byRunId = new Map(found.map((run) => [run.runId, run]))
  return runIds.flatMap((runId) => byRunId.get(runId) ?? [])
}

type MutableRun = Run & {
  metrics: Metric[]
  params: KeyValue[]
  tags: KeyValue[]
  datasetInputs: DatasetInput[]
  modelInputs: string[]
  modelOutputs: ModelOutput[]
}
type TextRow = KeyValue & { run: number; is_tag: number }
type ModelRow = { run: number; model_id: string; step: number | string | null }
type UsedDatasetRow = {
  run: number
  dataset: number
  name: string
  digest: string
  source_type: string
  source: string
  schema: string | null
  profile: string | null
  tag_key: string | null
  tag_value: string | null
}

const stepColumn = fixSql(int64Column(sql`step`))
const latestColumns = fixSql(sql`run, key, value, is_nan, ${stepColumn} as step,
  ${int64Column(sql`timestamp_ms`)} as timestamp_ms`)

/** @param wanted a table expression whose column `value` has the keys of the runs */
async function readWanted(db: Database, wanted: SQL): Promise<Map<number, MutableRun>> {
  const { infos, metrics, texts, datasets, models } = await db.batch({
    infos: sql<RunRow>`select ${runColumns} from ${wanted} as wanted cross join runs on runs.id = wanted.value`,
    metrics: sql<MetricRow & { run: number }>`select ${latestColumns}
      from (select value as id from ${wanted}) as wanted
      cross join latest_metrics on run = wanted.id`,
    texts: sql<TextRow>`select run, key, params.value, 0 as is_tag
      from ${wanted} as wanted cross join params on run = wanted.value
      union all select run, key, run_tags.value, 1
      from ${wanted} as wanted cross join run_tags on run = wanted.value`,
    datasets: sql<UsedDatasetRow>`select used.run, used.dataset, name, digest, source_type, source, schema, profile,
        tags.key as tag_key, tags.value as tag_value
      from ${wanted} as wanted cross join run_datasets as used on used.run = wanted.value
      join datasets on datasets.id = used.dataset
      left join run_dataset_tags as tags on tags.run = used.run and tags.dataset = used.dataset
      order by used.run, used.dataset, tags.key`,
    models: sql<ModelRow>`select run, model_id, null as step
      from ${wanted} as wanted cross join run_model_inputs on run = wanted.value
      union all select run, model_id, ${stepColumn}
      from ${wanted} as wanted cross join run_model_outputs on run = wanted.value`,
  })
  const byId = new Map<number, MutableRun>()
  for (const row of infos) byId.set(row.id, emptyRun(row))
  for (const row of metrics) {
    byId.get(row.run)?.metrics.push(metricFromRow(row))
  }
  for (const { run, key, value, is_tag } of texts) {
    const owner = byId.get(run)
    if (is_tag) owner?.tags.push({ key, value })
    else owner?.params.push({ key, value })
  }
  addDatasets(byId, datasets)
  addModels(byId, models)
  return byId
}

function emptyRun(row: RunRow): MutableRun {
  return {
    ...runInfoFromRow(row),
    metrics: [],
    params: [],
    tags: [],
    datasetInputs: [],
    modelInputs: [],
    modelOutputs: [],
  }
}

/** @param rows one for each tag of each dataset that a run used, ordered by run and dataset */
function addDatasets(byId: Map<number, MutableRun>, rows: readonly UsedDatasetRow[]): void {
  let tags: KeyValue[] = []
  let last: UsedDatasetRow | undefined
  for (const row of rows) {
    if (row.run !== last?.run || row.dataset !== last.dataset) {
      tags = []
      const dataset = {
        name: row.name,
        digest: row.digest,
        sourceType: row.source_type,
        source: row.source,
        schema: row.schema ?? undefined,
        profile: row.profile ?? undefined,
      }
      byId.get(row.run)?.datasetInputs.push({ dataset, tags })
      last = row
    }
    if (row.tag_key !== null && row.tag_value !== null) {
      tags.push({ key: row.tag_key, value: row.tag_value })
    }
  }
}

function addModels(byId: Map<number, MutableRun>, rows: readonly ModelRow[]): void {
  for (const { run, model_id, step } of rows) {
    const owner = byId.get(run)
    if (step === null) owner?.modelInputs.push(model_id)
    else owner?.modelOutputs.push({ modelId: model_id, step: int64FromRow(step) })
  }
}
