import { sql } from 'drizzle-orm'
import { absent, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkKey, checkLength } from '../../core/names.ts'
import { ConstraintError } from '../../db/database.ts'
import { mergedTexts } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { noSuchExperiment } from '../../tracking/experiments/experiment.ts'
import type { Texts } from '../texts.ts'
import {
  datasetNamed,
  datasetRead,
  type EvalDataset,
  evalDatasetFrom,
  experimentsRead,
} from './dataset.ts'

/** A dataset, and the experiments that it is in. */
export type PlacedDataset = {
  readonly dataset: EvalDataset
  readonly experimentIds: readonly number[]
}

export const userTag = 'mlflow.user'
const nameCharsMax = 500
const tagCharsMax = 8000
const experimentsMax = 1000

/**
 * @throws INVALID_PARAMETER_VALUE a name or tag is malformed or too long
 * @throws RESOURCE_DOES_NOT_EXIST one of the experiments is not there
 */
export async function createEvalDataset(
  ctx: Context,
  made: { readonly name: string; readonly tags: Texts; readonly experimentIds: readonly number[] },
): Promise<PlacedDataset> {
  if (made.name.trim() === '') throw invalid(messages.missing('name'))
  checkLength(made.name, nameCharsMax, 'name')
  checkTags(made.tags)
  await requireExperiments(ctx, made.experimentIds)
  const datasetId = `d-${ctx.randomId()}`
  const [now, user] = [ctx.now(), made.tags[userTag] ?? null]
  const { dataset, experiments } = await ctx.db.batch({
    made: sql`insert into eval_datasets (workspace, dataset_id, name, digest, created_by, last_updated_by,
        created_at_ms, updated_at_ms, account, records, tags)
      values (${ctx.workspace}, ${datasetId}, ${made.name}, ${newDigest(ctx)}, ${user}, ${user},
        ${now}, ${now}, ${ctx.principal.accountId ?? null}, 0, ${JSON.stringify(made.tags)})`,
    placed: placeStatement(ctx, datasetId, made.experimentIds),
    dataset: datasetRead(ctx, datasetId),
    experiments: experimentsRead(ctx, datasetId),
  })
  return placedFrom(datasetId, dataset, experiments)
}

/** What a digest is after a change. */
export function newDigest(ctx: Context): string {
  return ctx.randomId().slice(0, 8)
}

/**
 * Put a dataset into further experiments, or take it out of some. That it is there, or not, is no error.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such dataset, or no such experiment to put it into
 */
export async function placeEvalDataset(
  ctx: Context,
  datasetId: string,
  {
    add = [],
    remove = [],
  }: { readonly add?: readonly number[]; readonly remove?: readonly number[] },
): Promise<PlacedDataset> {
  await requireExperiments(ctx, add)
  const { dataset, experiments } = await ctx.db.batch({
    placed: placeStatement(ctx, datasetId, add),
    taken: sql`delete from eval_dataset_experiments
      where dataset = (${datasetNamed(ctx, datasetId)})
        and experiment in (select value from json_each(${JSON.stringify(remove)}))`,
    dataset: datasetRead(ctx, datasetId),
    experiments: experimentsRead(ctx, datasetId),
  })
  return placedFrom(datasetId, dataset, experiments)
}

function placedFrom(
  datasetId: string,
  [row]: readonly Parameters<typeof evalDatasetFrom>[0][],
  experiments: readonly { readonly id: number }[],
): PlacedDataset {
  if (!row) throw absent(messages.noEvalDatasetToPlace(datasetId))
  return { dataset: evalDatasetFrom(row), experimentIds: experiments.map(({ id }) => id) }
}

function placeStatement(ctx: Context, datasetId: string, experimentIds: readonly number[]) {
  return sql`insert into eval_dataset_experiments (dataset, experiment)
    select d.id, e.id from json_each(${JSON.stringify(experimentIds)}) j
    cross join experiments e on e.id = j.value and e.workspace = ${ctx.workspace}
    cross join eval_datasets d on d.id = (${datasetNamed(ctx, datasetId)})
    where 1 on conflict do nothing`
}

async function requireExperiments(ctx: Context, ids: readonly number[]): Promise<void> {
  if (ids.length > experimentsMax)
    throw invalid(`A dataset is put into at most ${experimentsMax} experiments at once`)
  if (ids.length === 0) return
  const lacking = await ctx.db.first(sql<{ id: number }>`
    select value as id from json_each(${JSON.stringify(ids)})
    where not exists (select 1 from experiments e where e.id = value and e.workspace = ${ctx.workspace})`)
  if (lacking) throw noSuchExperiment(lacking.id)
}

function checkTags(tags: Texts): void {
  for (const [key, value] of Object.entries(tags)) {
    checkKey(key, 'tags')
    checkLength(value, tagCharsMax, `tags.${key}`)
  }
}

/**
 * Add or overwrite tags. When and by whom a dataset was last changed tells of its records: tags leave it.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such dataset
 * @throws INVALID_PARAMETER_VALUE a tag is malformed, or all are too much
 */
export async function setEvalDatasetTags(
  ctx: Context,
  datasetId: string,
  tags: Texts,
): Promise<void> {
  checkTags(tags)
  try {
    const set = await ctx.db.first(sql`update eval_datasets
      set tags = ${mergedTexts(sql`eval_datasets.tags`, sql`said.tags`)}
      from (select ${JSON.stringify(tags)} as tags) said
      where id = (${datasetNamed(ctx, datasetId)}) returning id`)
    if (!set) throw absent(messages.noEvalDatasetToTag(datasetId))
  } catch (err) {
    if (!(err instanceof ConstraintError && err.kind === 'check')) throw err
    throw invalid('All tags of one dataset may have 1000000 bytes in sum', { cause: err })
  }
}

/** That there is no such tag, or no such dataset, is no error. */
export async function deleteEvalDatasetTag(
  ctx: Context,
  datasetId: string,
  key: string,
): Promise<void> {
  await ctx.db.all(sql`update eval_datasets
    set tags = json_patch(tags, ${JSON.stringify({ [key]: null })})
    where id = (${datasetNamed(ctx, datasetId)})
      and exists (select 1 from json_each(tags) j where j.key = ${key})`)
}

/** Delete a dataset with its records; that there is none is no error. */
export async function deleteEvalDataset(ctx: Context, datasetId: string): Promise<void> {
  await ctx.db.all(sql`delete from eval_datasets where id = (${datasetNamed(ctx, datasetId)})`)
}
