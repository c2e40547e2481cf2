import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, isPromptModel, mayReadSql } from '../access/permissions/permitted.ts'
import type { Context } from '../platform/context.ts'
import { type ModelVersion, readVersions } from '../registry/versions/read-versions.ts'
import { getVersionDetail, type VersionDetail } from '../registry/versions/version-detail.ts'
import { type RunDataset, readDatasetsOfRuns } from '../tracking/run-data/datasets.ts'
import {
  findLoggedModelLineage,
  findRunLineage,
  type LoggedModelLineage,
  type RunLineage,
  readableRuns,
} from '../tracking/runs/run-lineage.ts'
import { type Promotion, type PromotionRow, promotionFrom } from './promotions/promotion.ts'

/** Where a version comes from and where it went. What the caller may not read is left out. */
export type Lineage = {
  readonly version: VersionDetail
  readonly run: RunLineage | undefined
  readonly datasets: readonly RunDataset[]
  readonly loggedModel: LoggedModelLineage | undefined
  /** Other versions of the same run or logged model, of any model, oldest first. */
  readonly siblings: readonly ModelVersion[]
  /** Newest first. */
  readonly promotions: readonly Promotion[]
}

/** The most siblings, and the most requests, in one answer. */
const relatedMax = 1000

/** @throws RESOURCE_DOES_NOT_EXIST no such version */
export async function getLineage(ctx: Context, name: string, number: number): Promise<Lineage> {
  const version = await getVersionDetail(ctx, name, number)
  const { id, runId, modelId } = version
  const run = runId ? await findRunLineage(ctx, runId) : undefined
  const datasets = runId ? await readDatasetsOfRuns(ctx, [runId]) : new Map<string, RunDataset[]>()
  const siblings = await ctx.db.all(sql<{ id: number }>`
    select v.id from (
      select id from model_versions where run_id = ${runId || null}
      union select id from model_versions where model_id = ${modelId || null}) s
    join model_versions v on v.id = s.id join registered_models m on m.id = v.registered_model
    where v.id <> ${id} and ${readableVersion(ctx)} order by v.id limit ${relatedMax}`)
  const promotions = await ctx.db.all(sql<PromotionRow>`
    select * from promotions where registered_model = ${version.registeredModelId}
      and model_version = ${id} order by id desc limit ${relatedMax}`)
  return {
    version,
    run,
    datasets: datasets.get(runId ?? '') ?? [],
    loggedModel: modelId ? await findLoggedModelLineage(ctx, modelId) : undefined,
    siblings: await readVersions(
      ctx.db,
      siblings.map((row) => row.id),
    ),
    promotions: promotions.map(promotionFrom),
  }
}

/** A version whose run read a dataset. */
export type TrainedVersion = {
  readonly version: ModelVersion
  /** Those with the digest of the query: several names may have the same digest. */
  readonly datasets: readonly RunDataset[]
}

/**
 * Versions whose runs read the dataset of this digest, oldest first. Only those are listed of which
 * the caller may read the version and the run.
 *
 * @param after `model_versions.id`: only later ones
 */
export async function findVersionsTrainedOn(
  ctx: Context,
  digest: string,
  { after, count }: { readonly after: number; readonly count: number },
): Promise<TrainedVersion[]> {
  const rows = await ctx.db.all(sql<{ id: number }>`
    select v.id from model_versions v join registered_models m on m.id = v.registered_model
    where ${readableVersion(ctx)} and v.id > ${after} and v.run_id in (
      select r.run_id from ${readableRuns(ctx)} and r.id in (
        select u.run from datasets d join run_datasets u on u.dataset = d.id
        where d.digest = ${digest}))
    order by v.id limit ${count}`)
  const versions = await readVersions(
    ctx.db,
    rows.map(({ id }) => id),
  )
  const datasets = await readDatasetsOfRuns(
    ctx,
    versions.flatMap(({ runId }) => runId ?? []),
  )
  return versions.map((version) => ({
    version,
    datasets: (datasets.get(version.runId ?? '') ?? []).filter((one) => one.digest === digest),
  }))
}

/** Condition that the caller may read the version `v` of the model `m`. */
function readableVersion(ctx: Context): SQL {
  return sql`m.workspace = ${ctx.workspace} and ${mayReadSql(ctx, 'model', { id: sql`m.id`, isPrompt: isPromptModel })}
    and ${isNotDeniedSql(ctx, 'version', isPromptModel)}`
}
