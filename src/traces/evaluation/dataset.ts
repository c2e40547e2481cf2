import { type SQL, sql } from 'drizzle-orm'
import { mayReadSql } from '../../access/permissions/permitted.ts'
import { absent, type RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import type { Texts } from '../texts.ts'
import type { evalDatasets } from './tables.ts'

/** A set of examples, without the examples. */
export type EvalDataset = {
  readonly datasetId: string
  readonly name: string
  readonly digest: string
  readonly createdBy: string | undefined
  readonly lastUpdatedBy: string | undefined
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly tags: Texts
  /** JSON: the types of the fields that records have or had; undefined before the first. */
  readonly schema: string | undefined
  readonly records: number
}

export type EvalDatasetRow = typeof evalDatasets.$inferSelect

export function evalDatasetFrom(row: EvalDatasetRow): EvalDataset {
  return {
    datasetId: row.dataset_id,
    name: row.name,
    digest: row.digest,
    createdBy: row.created_by ?? undefined,
    lastUpdatedBy: row.last_updated_by ?? undefined,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    tags: JSON.parse(row.tags),
    schema: row.schema ?? undefined,
    records: row.records,
  }
}

/** The key of a dataset by the id that the world sees: a select of `eval_datasets.id`. */
export function datasetNamed(ctx: Context, datasetId: string): SQL<{ id: number }> {
  return sql`select id from eval_datasets
    where workspace = ${ctx.workspace} and dataset_id = ${datasetId}`
}

/** The statement that reads one dataset, for a batch. */
export function datasetRead(ctx: Context, datasetId: string) {
  return sql<EvalDatasetRow>`select * from eval_datasets where id = (${datasetNamed(ctx, datasetId)})`
}

/** The statement that reads the ids of a dataset's experiments, as far as the caller may read these. */
export function experimentsRead(ctx: Context, datasetId: string) {
  return sql<{ id: number }>`select e.id from eval_dataset_experiments x
    join experiments e on e.id = x.experiment
    where x.dataset = (${datasetNamed(ctx, datasetId)})
      and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })} order by e.id`
}

export function datasetNotFound(datasetId: string): RegistryError {
  return absent(messages.noEvalDataset(datasetId))
}

/** @throws RESOURCE_DOES_NOT_EXIST no such dataset */
export async function getEvalDataset(ctx: Context, datasetId: string): Promise<EvalDataset> {
  const row = await ctx.db.first(datasetRead(ctx, datasetId))
  if (!row) throw datasetNotFound(datasetId)
  return evalDatasetFrom(row)
}

/** The experiments that a dataset is in, as far as the caller may read these; none of one that is not there. */
export async function listExperimentsOf(
  ctx: Context,
  datasetId: string,
): Promise<readonly number[]> {
  return (await ctx.db.all(experimentsRead(ctx, datasetId))).map(({ id }) => id)
}
