import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, isPromptModel, mayReadSql } from '../access/permissions/permitted.ts'
import type { Context } from '../platform/context.ts'
import type { Facts, FactsRevision } from '../registry/facts/facts.ts'
import {
  isNewestFactsSql,
  readableFactsSql,
  readReadableFacts,
} from '../registry/facts/readable-facts.ts'
import { isActiveSql } from '../registry/stages/stages.ts'
import { type ModelVersion, readVersions } from '../registry/versions/read-versions.ts'
import { getVersionDetail, type VersionDetail } from '../registry/versions/version-detail.ts'
import type { RunDataset } from '../tracking/run-data/datasets.ts'
import { runsOfDatasetSql } from '../tracking/run-data/known-datasets.ts'
import {
  codeFrom,
  findLoggedModelLineage,
  findReadableRun,
  findRunLineage,
  type LoggedModelLineage,
  type RunLineage,
} from '../tracking/runs/run-lineage.ts'
import { type Promotion, type PromotionRow, promotionFrom } from './promotions/promotion.ts'
import { datasetFrom, readVersionDatasets } from './version-datasets.ts'
import {
  type EvaluationRun,
  readEvaluationRuns,
  readVersionTraces,
  type VersionTraces,
} from './version-traces.ts'

/** Where a version comes from and where it went. What the caller may not read is left out. */
export type Lineage = {
  readonly version: VersionDetail
  readonly run: RunLineage | undefined
  readonly datasets: readonly RunDataset[]
  readonly loggedModel: LoggedModelLineage | undefined
  /** What it did in the last 30 days; undefined: it has no traces there. */
  readonly traces: VersionTraces | undefined
  readonly evaluations: readonly EvaluationRun[]
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
  const kept = (await readReadableFacts(ctx, [version])).get(id)
  const facts = kept?.facts
  const run = runId ? await findRunLineage(ctx, runId) : undefined
  const loggedModel = modelId ? await findLoggedModelLineage(ctx, modelId) : undefined
  const { siblings, promotions } = await ctx.db.batch({
    siblings: sql<{ id: number }>`
      select v.id from (
        select id from model_versions where run_id = ${runId || null}
        union select id from model_versions where model_id = ${modelId || null}) s
      join model_versions v on v.id = s.id join registered_models m on m.id = v.registered_model
      where v.id <> ${id} and ${readableVersion(ctx)} order by v.id limit ${relatedMax}`,
    promotions: sql<PromotionRow>`
      select * from promotions where registered_model = ${version.registeredModelId}
        and model_version = ${id} order by id desc limit ${relatedMax}`,
  })
  const [traces, evaluations] = await Promise.all([
    readVersionTraces(ctx, [version]),
    readEvaluationRuns(ctx, version),
  ])
  return {
    version,
    traces: traces.get(id),
    evaluations,
    run: run ?? (kept && (await runFromFacts(ctx, kept))),
    datasets: (facts?.datasets ?? []).map(datasetFrom),
    loggedModel: loggedModel ?? (facts && loggedModelFrom(facts)),
    siblings: await readVersions(
      ctx.db,
      siblings.map((row) => row.id),
    ),
    promotions: promotions.map(promotionFrom),
  }
}

/** The run as it is kept with a version. */
async function runFromFacts(
  ctx: Context,
  { facts, runStatus }: FactsRevision,
): Promise<RunLineage | undefined> {
  const { run_id: runId, run_name: name, experiment_id: experimentId, experiment, tags } = facts
  if (runId === undefined || name === undefined || experimentId === undefined) return undefined
  const parentId = Object.hasOwn(tags, 'mlflow.parentRunId') && tags['mlflow.parentRunId']
  return {
    runId,
    name,
    status: runStatus ?? undefined,
    experimentId,
    experimentName: experiment ?? experimentId,
    parent: parentId ? await findReadableRun(ctx, parentId) : undefined,
    code: codeFrom(tags),
  }
}

/** The logged model as it is kept with a version. */
function loggedModelFrom({ logged_model: model }: Facts): LoggedModelLineage | undefined {
  return (
    model && {
      modelId: model.model_id,
      name: model.name,
      status: undefined,
      experimentId: model.experiment_id,
    }
  )
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
 * @param page.after `model_versions.id`: only later ones
 * @param page.isServing whether only those in a stage in which versions serve, or only others; absent: all
 */
export async function findVersionsTrainedOn(
  ctx: Context,
  digest: string,
  page: { readonly after: number; readonly count: number; readonly isServing?: boolean },
): Promise<TrainedVersion[]> {
  const { after, count, isServing } = page
  const isWanted =
    isServing === undefined ? sql`1` : sql`(${isActiveSql(sql`v.stage`)}) = ${isServing ? 1 : 0}`
  const rows = await ctx.db.all(sql<{ id: number }>`
    select v.id from (${trainedSql(ctx, runsOfDatasetSql(ctx, sql`${digest}`), sql`${digest}`)}) t
    cross join model_versions v on v.id = t.id
    cross join registered_models m on m.id = v.registered_model
    where ${readableVersion(ctx)} and v.id > ${after} and ${isWanted}
    order by v.id limit ${count}`)
  const versions = await readVersions(
    ctx.db,
    rows.map(({ id }) => id),
  )
  const datasets = await readVersionDatasets(ctx, versions)
  return versions.map((version) => ({
    version,
    datasets: (datasets.get(version.id) ?? []).filter((one) => one.digest === digest),
  }))
}

/**
 * A select of the `id` of versions that some runs made, and of those whose kept facts name a dataset of
 * this digest, as far as the caller may read these.
 */
function trainedSql(ctx: Context, runs: SQL, digest: SQL): SQL {
  return sql`select o.id from (${runs}) made cross join model_versions o on o.run_id = made.run_id
    union select d.model_version from version_datasets d
    join version_facts f on f.model_version = d.model_version and ${isNewestFactsSql(sql`f`)}
    where d.digest = ${digest} and ${readableFactsSql(ctx, sql`f`)}`
}

/** How many versions were trained on a dataset, and how many of these are in a stage in which versions serve. */
export type TrainedCount = { readonly versions: number; readonly serving: number }

/**
 * As `findVersionsTrainedOn`, counted by digest. Of a dataset that very many runs read, the versions of
 * so many runs and those whose kept facts name it.
 */
export async function countVersionsTrainedOn(
  ctx: Context,
  digests: readonly string[],
  runsMax: number,
): Promise<ReadonlyMap<string, TrainedCount>> {
  const runs = sql`${runsOfDatasetSql(ctx, sql`w.value`)} limit ${runsMax}`
  const rows = await ctx.db.all(sql<{ digest: string; versions: number; serving: number }>`
    select digest, count(*) as versions, sum(${isActiveSql(sql`stage`)}) as serving from (
      select w.value as digest, v.id, v.stage from json_each(${JSON.stringify([...new Set(digests)])}) w
      cross join model_versions v on v.id in (${trainedSql(ctx, runs, sql`w.value`)})
      cross join registered_models m on m.id = v.registered_model where ${readableVersion(ctx)})
    group by digest`)
  return new Map(rows.map(({ digest, ...counts }) => [digest, counts]))
}

/** Condition that the caller may read the version `v` of the model `m`. */
function readableVersion(ctx: Context): SQL {
  return sql`m.workspace = ${ctx.workspace} and ${mayReadSql(ctx, 'model', { id: sql`m.id`, isPrompt: isPromptModel })}
    and ${isNotDeniedSql(ctx, 'version', isPromptModel)}`
}

/** A version that was made from a run. */
export type VersionOfRun = {
  readonly name: string
  readonly version: number
  readonly stage: string
}

/** The versions that a logged model became, oldest first; only those that the caller may read. */
export async function readVersionsOfLoggedModel(
  ctx: Context,
  modelId: string,
): Promise<VersionOfRun[]> {
  return ctx.db.all(sql<VersionOfRun>`select m.name, v.version, v.stage from model_versions v
    join registered_models m on m.id = v.registered_model
    where v.model_id = ${modelId} and ${readableVersion(ctx)} order by v.id limit ${relatedMax}`)
}

/** The versions that were made from each of these runs, oldest first; only those that the caller may read. */
export async function readVersionsOfRuns(
  ctx: Context,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly VersionOfRun[]>> {
  const rows = await ctx.db.all(sql<VersionOfRun & { run_id: string }>`
    select v.run_id, m.name, v.version, v.stage from json_each(${JSON.stringify(runIds)}) w
    cross join model_versions v on v.run_id = w.value
    join registered_models m on m.id = v.registered_model
    where ${readableVersion(ctx)} order by v.id limit ${relatedMax}`)
  return Map.groupBy(rows, (row) => row.run_id)
}

/** Versions that are looked at, the newest ones. */
const newestVersions = 500

/**
 * The model that a run is most likely a candidate for: one that it became a version of, else the model of the
 * newest version that was made from a run of its experiment, among the newest 500 of the server. Undefined: there
 * is none that the caller may read.
 */
export async function findModelOfRun(
  ctx: Context,
  {
    id,
    runId,
    experimentId,
  }: { readonly id: number; readonly runId: string; readonly experimentId: number },
): Promise<string | undefined> {
  const found = await ctx.db.first(sql<{ name: string }>`
    select m.name from (
      select * from (select * from model_versions order by id desc limit ${newestVersions})
      union select * from model_versions where run_id = ${runId}) v
    join registered_models m on m.id = v.registered_model
    join runs r on r.run_id = v.run_id and r.experiment = ${experimentId}
    where ${readableVersion(ctx)} order by r.id = ${id} desc, v.id desc limit 1`)
  return found?.name
}
