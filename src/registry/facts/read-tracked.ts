import { type SQL, sql } from 'drizzle-orm'
import type { BatchRows } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { countWritesStatements } from '../../tracking/registered-writes.ts'
import { isRun } from '../../tracking/run.ts'
import type { ModelDescription } from '../model-files/describe-model.ts'
import type { FactDataset, Facts } from './facts.ts'

/** What a version was made of, as its registration said. */
export type Origin = { readonly runId: string | null; readonly modelId: string | null }

/** What is known already. */
type Known = {
  /** What the version's model says about itself. */
  readonly description: ModelDescription
  /** The newest facts of the version or, for a new copy, of its original. */
  readonly stored?: Facts | undefined
}

/** Facts as they are now, and what tells later whether they still are. */
export type BuiltFacts = {
  readonly facts: Facts
  readonly lateMetrics: readonly string[]
  /** Null: it is gone, or there was none. */
  readonly runStatus: string | null
  readonly writes: WriteCounts
  /** Who wrote last to the run or the logged model since a version was made of it. */
  readonly lastWrite: LastWrite | undefined
}

/** `registered_writes` of the run and of the logged model; null: it is gone, or there was none. */
export type WriteCounts = { readonly run: number | null; readonly model: number | null }

/** @property by a PrincipalRecord, as JSON */
export type LastWrite = { readonly by: string; readonly atMs: number }

type OwnerRow = {
  experiment: number
  experiment_name: string
  registered_writes: number
  written_by: string | null
  written_at_ms: number | null
}
type RunRow = OwnerRow & { run_id: string; name: string; status: string }
type TextRow = { key: string; value: string; is_tag: number }
type MetricRow = { key: string; value: number; is_nan: number }
type DatasetRow = Omit<FactDataset, 'context'> & { context: string | null }
type ModelRow = OwnerRow & { model_id: string; name: string }

/**
 * Read what a version is known by from its run and its logged model, deleted ones too. From the same
 * moment on they count their writes. What is gone for good stays as it was known.
 */
export async function readTrackedFacts(
  ctx: Context,
  origin: Origin,
  { description, stored }: Known,
): Promise<BuiltFacts> {
  const isOfNothing = !origin.runId && !origin.modelId
  const rows = isOfNothing ? noRows : await ctx.db.batch(sourceReads(ctx, origin))
  const [run] = rows.runs
  const [model] = rows.models
  // A link to another workspace's version names no run: what that was known by when it was linked stays.
  const isPartGone = (origin.runId && !run) || (origin.modelId && !model) || isOfNothing
  const kept = isPartGone ? stored : undefined
  const ofRun = run ? factsOfRun(run, rows) : kept
  // Values of the run win over values that were logged for its model alone.
  const {
    params = {},
    metrics = {},
    tags = {},
    datasets = [],
    run_name,
    code_version,
  } = ofRun ?? {}
  return {
    facts: {
      ...(origin.runId && { run_id: origin.runId }),
      ...(run_name !== undefined && { run_name }),
      ...(code_version !== undefined && { code_version }),
      ...experimentOf(run ?? model, stored),
      ...loggedModelOf(model, stored),
      ...description,
      params: { ...textsFrom(rows.modelParams), ...kept?.params, ...params },
      metrics: { ...metricsFrom(rows.modelMetrics), ...kept?.metrics, ...metrics },
      tags,
      datasets,
    },
    lateMetrics: rows.runMetrics.flatMap(({ key, is_late }) => (is_late ? [key] : [])),
    runStatus: run?.status ?? null,
    writes: { run: run?.registered_writes ?? null, model: model?.registered_writes ?? null },
    lastWrite: lastOf([run, model]),
  }
}

type SourceRows = Omit<BatchRows<ReturnType<typeof sourceReads>>, 'countRun' | 'countModel'>

const noRows: SourceRows = {
  ...{ runs: [], runTexts: [], runMetrics: [], datasets: [] },
  ...{ models: [], modelParams: [], modelMetrics: [] },
}

function sourceReads(ctx: Context, { runId, modelId }: Origin) {
  const run = sql`(select runs.id from runs where ${isRun(ctx, runId ?? '')})`
  const model = sql`(select l.id from logged_models l join experiments e on e.id = l.experiment
    where l.model_id = ${modelId ?? ''} and e.workspace = ${ctx.workspace})`
  const owner = (alias: SQL) => sql`e.id as experiment, e.name as experiment_name,
    ${alias}.registered_writes, ${alias}.written_by, ${alias}.written_at_ms`
  return {
    ...countWritesStatements(ctx, { runId, modelId }),
    runs: sql<RunRow>`select r.run_id, r.name, r.status, ${owner(sql`r`)}
      from runs r join experiments e on e.id = r.experiment where r.id = ${run}`,
    runTexts: sql<TextRow>`select key, value, 0 as is_tag from params where run = ${run}
      union all select key, value, 1 from run_tags where run = ${run}`,
    runMetrics: sql<MetricRow & { is_late: number }>`select x.key, x.value, x.is_nan,
        coalesce(x.timestamp_ms > r.end_time_ms, 0) as is_late
      from latest_metrics x join runs r on r.id = x.run where x.run = ${run}`,
    datasets: sql<DatasetRow>`select d.name, d.digest, d.source_type, d.source, t.value as context
      from run_datasets u join datasets d on d.id = u.dataset
      left join run_dataset_tags t
        on t.run = u.run and t.dataset = u.dataset and t.key = 'mlflow.data.context'
      where u.run = ${run} order by d.name, d.digest`,
    models: sql<ModelRow>`select l.model_id, l.name, ${owner(sql`l`)}
      from logged_models l join experiments e on e.id = l.experiment where l.id = ${model}`,
    modelParams: sql<TextRow>`select key, value, 0 as is_tag from logged_model_params
      where logged_model = ${model}`,
    modelMetrics: sql<MetricRow>`select key, value, is_nan from latest_logged_model_metrics
      where logged_model = ${model} order by step, timestamp_ms, value, is_nan`,
  }
}

function factsOfRun(run: RunRow, { runTexts, runMetrics, datasets }: SourceRows): Partial<Facts> {
  const tags = textsFrom(runTexts.filter(({ is_tag }) => is_tag))
  const commitTag = 'mlflow.source.git.commit'
  const commit = Object.hasOwn(tags, commitTag) ? tags[commitTag] : undefined
  return {
    run_name: run.name,
    params: textsFrom(runTexts.filter(({ is_tag }) => !is_tag)),
    metrics: metricsFrom(runMetrics),
    tags,
    datasets: datasets.map(datasetFrom),
    ...(commit !== undefined && { code_version: commit }),
  }
}

/** A run stays in its experiment; that one is called what it was called first. */
function experimentOf(owner: OwnerRow | undefined, stored: Facts | undefined): Partial<Facts> {
  if (stored?.experiment_id !== undefined) {
    const { experiment_id, experiment } = stored
    return { experiment_id, ...(experiment !== undefined && { experiment }) }
  }
  if (!owner) return {}
  return { experiment_id: String(owner.experiment), experiment: owner.experiment_name }
}

function textsFrom(rows: readonly TextRow[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]))
}

function metricsFrom(rows: readonly MetricRow[]): Record<string, number | 'NaN'> {
  return Object.fromEntries(rows.map(({ key, value, is_nan }) => [key, is_nan ? 'NaN' : value]))
}

function datasetFrom({ context, ...dataset }: DatasetRow): FactDataset {
  return { ...dataset, ...(context !== null && { context }) }
}

function loggedModelOf(model: ModelRow | undefined, stored: Facts | undefined): Partial<Facts> {
  if (!model) return stored?.logged_model ? { logged_model: stored.logged_model } : {}
  const { model_id, name, experiment } = model
  return { logged_model: { model_id, name, experiment_id: String(experiment) } }
}

function lastOf(owners: readonly (OwnerRow | undefined)[]): LastWrite | undefined {
  return owners
    .flatMap((owner) =>
      owner?.written_by && owner.written_at_ms !== null
        ? [{ by: owner.written_by, atMs: owner.written_at_ms }]
        : [],
    )
    .sort((a, b) => b.atMs - a.atMs)[0]
}
