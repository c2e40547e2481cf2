import { sql } from 'drizzle-orm'
import { notDenied, readable } from '../../access/permissions/permitted.ts'
import { invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'

/** A dataset that runs of an experiment used, once for each context (`training`) they used it in. */
export type DatasetSummary = {
  readonly experimentId: number
  readonly name: string
  readonly digest: string
  /** Undefined where it was used without saying for what. */
  readonly context: string | undefined
}

const experimentsMax = 20
const summariesMax = 1000

/**
 * Datasets of up to 20 experiments, of those that the caller may read, by name, digest and context; the first 1,000 of them.
 *
 * @throws INVALID_PARAMETER_VALUE no experiment, or more than 20
 */
export async function searchDatasets(
  ctx: Context,
  experimentIds: readonly number[],
): Promise<DatasetSummary[]> {
  if (experimentIds.length === 0) {
    throw invalid('SearchDatasets request must specify at least one experiment_id.')
  }
  if (experimentIds.length > experimentsMax) {
    throw invalid(
      `SearchDatasets request cannot specify more than ${experimentsMax} experiment_ids. Received ${experimentIds.length} experiment_ids.`,
    )
  }
  const ids = JSON.stringify(experimentIds)
  const rows = await ctx.db.all<{
    experiment: number
    name: string
    digest: string
    context: string | null
  }>(sql`
    select distinct s.experiment, s.name, s.digest, c.value as context
    from datasets s join experiments e on e.id = s.experiment
    join run_datasets d on d.dataset = s.id
    left join run_dataset_tags c on c.run = d.run and c.dataset = d.dataset
      and c.key = 'mlflow.data.context'
    where e.workspace = ${ctx.workspace} and ${readable(ctx, 'experiment', sql`e.id`)}
      and ${notDenied(ctx, 'run')} and e.id in (select value from json_each(${ids}))
    order by s.name, s.digest, c.value, s.experiment limit ${summariesMax}`)
  return rows.map((row) => ({
    experimentId: row.experiment,
    name: row.name,
    digest: row.digest,
    context: row.context ?? undefined,
  }))
}
