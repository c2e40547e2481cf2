import { type SQL, sql } from 'drizzle-orm'
import { absent } from '../../core/error.ts'
import { int64FromRow } from '../../core/int64.ts'
import { messages } from '../../core/messages.ts'
import { letOthersRun } from '../../core/rounds.ts'
import { fixQueries, fixSql } from '../../db/compile.ts'
import type { Database } from '../../db/database.ts'
import { int64Column } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import {
  type Dataset,
  isRun,
  type KeyValue,
  type Metric,
  type MetricRow,
  type ModelOutput,
  metricFromRow,
  type Run,
  type RunInfo,
  type RunRow,
  runColumns,
  runInfoFromRow,
} from '../run.ts'
import { datasetColumns, readLongTexts } from '../run-data/dataset-texts.ts'
import type { datasets } from '../tables.ts'

/** Runs read by one batch: all that they logged must fit into one answer of D1. */
const runsPerBatch = 2000

/** Texts of datasets on one page of runs: each run repeats those of its datasets. */
const datasetCharsMax = 5_000_000

/**
 * The runs of these keys (`runs.id`), in the order of `ids`, whole; those that are gone are left out.
 * It ends early where the datasets of the runs would have more than 5 million characters, but not
 * before the first run. One batch of four statements for each 2,000 runs, and one statement more
 * where datasets have long texts.
 *
 * @returns the runs, and how many of `ids` they are of
 */
export async function readRuns(
  db: Database,
  ids: readonly number[],
): Promise<{ readonly runs: readonly Run[]; readonly count: number }> {
  const found: MutableRun[] = []
  let chars = 0
  for (let from = 0; from < ids.length; from += runsPerBatch) {
    const batch = ids.slice(from, from + runsPerBatch)
    const wanted = sql`(select value from json_each(${JSON.stringify(batch)}))`
    const byId = await readWanted(db, queriesOf(wanted))
    const fitting: MutableRun[] = []
    for (const [i, id] of batch.entries()) {
      const run = byId.get(id)
      if (!run) continue
      chars += datasetCharsOf(run)
      if (chars > datasetCharsMax && found.length + fitting.length > 0) {
        return { runs: [...found, ...(await withLongTexts(db, fitting))], count: from + i }
      }
      fitting.push(run)
    }
    found.push(...(await withLongTexts(db, fitting)))
  }
  return { runs: found, count: ids.length }
}

function datasetCharsOf({ datasetInputs }: MutableRun): number {
  return datasetInputs.reduce(
    (sum, { dataset: { source, schema = '', profile = '', longChars } }) =>
      sum + source.length + schema.length + profile.length + longChars,
    0,
  )
}

/** The same runs with the long texts of their datasets, which several runs may share. */
async function withLongTexts(
  db: Database,
  runs: readonly MutableRun[],
): Promise<readonly MutableRun[]> {
  const long = runs
    .flatMap(({ datasetInputs }) => datasetInputs.map(({ dataset }) => dataset))
    .filter(({ longChars }) => longChars > 0)
  if (long.length === 0) return runs
  const texts = await readLongTexts(db, [...new Set(long.map(({ id }) => id))])
  // What is made of them, and the answer, are turns of their own.
  await letOthersRun()
  for (const dataset of long) {
    const { schema, profile } = texts.get(dataset.id) ?? {}
    dataset.schema ??= schema
    dataset.profile ??= profile
  }
  return runs
}

/** The run, deleted ones too, or undefined when the caller's workspace has none of this id. */
async function findRunByRunId(ctx: Context, runId: string): Promise<MutableRun | undefined> {
  const { workspace } = ctx
  return (await readWanted(ctx.db, queriesOfRun({ runId, workspace }))).values().next().value
}

/**
 * A run without the long texts of its datasets, which no page shows.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such run
 */
export async function getRun(ctx: Context, runId: string): Promise<Run> {
  return getMutableRun(ctx, runId)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such run */
export async function getWholeRun(ctx: Context, runId: string): Promise<Run> {
  const run = await getMutableRun(ctx, runId)
  await withLongTexts(ctx.db, [run])
  return run
}

async function getMutableRun(ctx: Context, runId: string): Promise<MutableRun> {
  const run = await findRunByRunId(ctx, runId)
  if (!run) throw absent(messages.noRun(runId))
  return run
}

/** @throws RESOURCE_DOES_NOT_EXIST no such run */
export async function getRunInfo(ctx: Context, runId: string): Promise<RunInfo> {
  const row = await ctx.db.first(
    sql<RunRow>`select ${runColumns} from runs where ${isRun(ctx, runId)}`,
  )
  if (!row) throw absent(messages.noRun(runId))
  return runInfoFromRow(row)
}

/**
 * Runs of the caller's workspace by their ids, in the order given, without the long texts of their
 * datasets; those that are not there are left out.
 */
export async function readRunsOfIds(ctx: Context, runIds: readonly string[]): Promise<Run[]> {
  const wanted = sql`(select runs.id as value from json_each(${JSON.stringify(runIds)}) w
    cross join runs on runs.run_id = w.value
    join experiments on experiments.id = runs.experiment
    where experiments.workspace = ${ctx.workspace})`
  const found = [...(await readWanted(ctx.db, queriesOf(wanted))).values()]
  const byRunId = new Map(found.map((run) => [run.runId, run]))
  return runIds.flatMap((runId) => byRunId.get(runId) ?? [])
}

/** A dataset that several runs may share, and how many characters of it are still to be read. */
type StoredDataset = Omit<Dataset, 'schema' | 'profile'> & {
  readonly id: number
  readonly longChars: number
  schema: string | undefined
  profile: string | undefined
}

type MutableRun = Omit<Run, 'datasetInputs'> & {
  metrics: Metric[]
  params: KeyValue[]
  tags: KeyValue[]
  datasetInputs: { readonly dataset: StoredDataset; readonly tags: KeyValue[] }[]
  modelInputs: string[]
  modelOutputs: ModelOutput[]
}
type DatasetRow = Omit<typeof datasets.$inferSelect, 'experiment'>

/** `kind` says what the others mean. */
type FactRow = { run: number } & (
  | { kind: 'param'; key: string; value: string }
  | { kind: 'tag'; key: string; value: string }
  /** `number` is the dataset's id, key and value are a tag of its use; null: the use has none. */
  | { kind: 'dataset'; number: number; key: string | null; value: string | null }
  | { kind: 'input'; key: string }
  /** `number` is the step. */
  | { kind: 'output'; key: string; number: number | string }
)

const stepColumn = fixSql(int64Column(sql`step`))
const latestColumns = fixSql(sql`run, key, value, is_nan, ${stepColumn} as step,
  ${int64Column(sql`timestamp_ms`)} as timestamp_ms`)

type RunQueries = ReturnType<typeof queriesOf>

/**
 * All that most runs lack is one statement with what they have: each statement costs as much as several rows.
 *
 * @param wanted a table expression whose column `value` has the keys of the runs
 */
function queriesOf(wanted: SQL) {
  return {
    infos: sql<RunRow>`select ${runColumns} from ${wanted} as wanted cross join runs on runs.id = wanted.value`,
    metrics: sql<MetricRow & { run: number }>`select ${latestColumns}
      from (select value as id from ${wanted}) as wanted
      cross join latest_metrics on run = wanted.id`,
    facts: sql<FactRow>`select run, 'param' as kind, key, params.value, null as number
      from ${wanted} as wanted cross join params on run = wanted.value
      union all select run, 'tag', key, run_tags.value, null
      from ${wanted} as wanted cross join run_tags on run = wanted.value
      union all select used.run, 'dataset', tags.key, tags.value, used.dataset
      from ${wanted} as wanted cross join run_datasets as used on used.run = wanted.value
      left join run_dataset_tags as tags on tags.run = used.run and tags.dataset = used.dataset
      union all select run, 'input', model_id, null, null
      from ${wanted} as wanted cross join run_model_inputs on run = wanted.value
      union all select run, 'output', model_id, null, ${stepColumn}
      from ${wanted} as wanted cross join run_model_outputs on run = wanted.value`,
    datasets: sql<DatasetRow>`select id, ${datasetColumns}
      from (select distinct dataset from ${wanted} as wanted
        cross join run_datasets on run = wanted.value) as used
      cross join datasets on id = used.dataset`,
  }
}

const queriesOfRun = fixQueries(['runId', 'workspace'], (run) =>
  queriesOf(sql`(select runs.id as value from runs where ${isRun(run, run.runId)})`),
)

async function readWanted(db: Database, queries: RunQueries): Promise<Map<number, MutableRun>> {
  const { infos, metrics, facts, datasets } = await db.batch(queries)
  const byId = new Map<number, MutableRun>()
  for (const row of infos) byId.set(row.id, emptyRun(row))
  for (const row of metrics) {
    byId.get(row.run)?.metrics.push(metricFromRow(row))
  }
  addFacts(byId, facts, new Map(datasets.map((row) => [row.id, datasetFrom(row)])))
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

function datasetFrom(row: DatasetRow): StoredDataset {
  return {
    id: row.id,
    name: row.name,
    digest: row.digest,
    sourceType: row.source_type,
    source: row.source,
    schema: row.schema ?? undefined,
    profile: row.profile ?? undefined,
    longChars: row.long_chars ?? 0,
  }
}

/** @param rows those of one use of a dataset stand together */
function addFacts(
  byId: ReadonlyMap<number, MutableRun>,
  rows: readonly FactRow[],
  datasets: ReadonlyMap<number, StoredDataset>,
): void {
  for (const row of rows) {
    const owner = byId.get(row.run)
    if (!owner) continue
    if (row.kind === 'param') owner.params.push({ key: row.key, value: row.value })
    else if (row.kind === 'tag') owner.tags.push({ key: row.key, value: row.value })
    else if (row.kind === 'input') owner.modelInputs.push(row.key)
    else if (row.kind === 'output')
      owner.modelOutputs.push({ modelId: row.key, step: int64FromRow(row.number) })
    else addUse(owner, row, datasets.get(row.number))
  }
}

type UseRow = Extract<FactRow, { kind: 'dataset' }>

function addUse(run: MutableRun, { key, value }: UseRow, dataset: StoredDataset | undefined): void {
  if (!dataset) return
  let use = run.datasetInputs.at(-1)
  if (use?.dataset !== dataset) {
    use = { dataset, tags: [] }
    run.datasetInputs.push(use)
  }
  if (key !== null && value !== null) use.tags.push({ key, value })
}
