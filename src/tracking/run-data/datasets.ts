import { sql } from 'drizzle-orm'
import { isNotDeniedSql, mayReadSql } from '../../access/permissions/permitted.ts'
import { invalid } from '../../core/error.ts'
import { maskCredentials } from '../../core/mask.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'

/** A dataset that a run read. */
export type RunDataset = {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  readonly source: string
  /** The purpose for which the run read it, as its tag `mlflow.data.context` says: `training`. */
  readonly context: string | undefined
}

type RunDatasetRow = {
  run_id: string
  name: string
  digest: string
  source_type: string
  source: string
  context: string | null
}

/** The datasets of each of these runs that the caller may read, in the order they were logged. */
export async function readDatasetsOfRuns(
  ctx: Context,
  runIds: readonly string[],
): Promise<Map<string, RunDataset[]>> {
  if (runIds.length === 0) return new Map()
  const ids = JSON.stringify([...new Set(runIds)])
  const rows = await ctx.db.all(sql<RunDatasetRow>`
    select r.run_id, d.name, d.digest, d.source_type, d.source, t.value as context
    from json_each(${ids}) wanted cross join runs r on r.run_id = wanted.value
    join experiments e on e.id = r.experiment
    join run_datasets u on u.run = r.id join datasets d on d.id = u.dataset
    left join run_dataset_tags t
      on t.run = r.id and t.dataset = d.id and t.key = 'mlflow.data.context'
    where e.workspace = ${ctx.workspace} and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}
      and ${isNotDeniedSql(ctx, 'run')}
    order by r.id, d.id`)
  const byRun = Map.groupBy(rows, (row) => row.run_id)
  return new Map([...byRun].map(([runId, of]) => [runId, of.map(datasetFrom)]))
}

function datasetFrom(row: RunDatasetRow): RunDataset {
  return {
    name: row.name,
    digest: row.digest,
    sourceType: row.source_type,
    source: maskCredentials(row.source),
    context: row.context ?? undefined,
  }
}

/** A dataset that runs of an experiment used; once for each context, such as `training`. */
export type DatasetSummary = {
  readonly experimentId: number
  readonly name: string
  readonly digest: string
  /** Undefined where the runs did not name one. */
  readonly context: string | undefined
}

type DatasetSummaryRow = {
  experiment: number
  name: string
  digest: string
  context: string | null
}

const experimentsMax = 20
const summariesMax = 1000

/** @throws INVALID_PARAMETER_VALUE no experiment, or more than 20 */
export function checkDatasetExperiments(experimentIds: readonly unknown[]): void {
  if (experimentIds.length === 0) throw invalid(`${messages.datasetsWithoutExperiment}.`)
  if (experimentIds.length > experimentsMax) {
    throw invalid(
      `${messages.datasetsOfTooMany(experimentsMax)}; got ${experimentIds.length}, send several requests`,
    )
  }
}

/**
 * Datasets of up to 20 experiments, as far as the caller may read these, ordered by name, digest and
 * context; the first 1,000 of them.
 *
 * @param experimentIds as `checkDatasetExperiments` lets pass
 */
export async function searchDatasets(
  ctx: Context,
  experimentIds: readonly number[],
): Promise<DatasetSummary[]> {
  const ids = JSON.stringify(experimentIds)
  const rows = await ctx.db.all(sql<DatasetSummaryRow>`
    select distinct s.experiment, s.name, s.digest, c.value as context
    from datasets s join experiments e on e.id = s.experiment
    join run_datasets d on d.dataset = s.id
    left join run_dataset_tags c on c.run = d.run and c.dataset = d.dataset
      and c.key = 'mlflow.data.context'
    where e.workspace = ${ctx.workspace} and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}
      and ${isNotDeniedSql(ctx, 'run')} and e.id in (select value from json_each(${ids}))
    order by s.name, s.digest, c.value, s.experiment limit ${summariesMax}`)
  return rows.map((row) => ({
    experimentId: row.experiment,
    name: row.name,
    digest: row.digest,
    context: row.context ?? undefined,
  }))
}
