import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, isPromptModel } from '../../access/permissions/permitted.ts'
import type { BatchRows } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import type { registeredModels } from '../tables.ts'
import {
  type ModelVersion,
  type Tag,
  type VersionRow,
  versionsFrom,
  versionTagRead,
} from '../versions/read-versions.ts'

/** One registered model with all that MLflow shows of it. */
export type RegisteredModel = {
  readonly id: number
  readonly name: string
  readonly userId: string | null
  readonly description: string | null
  readonly deploymentJobId: string | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** Sorted by key. */
  readonly tags: readonly Tag[]
  /** Sorted by alias. */
  readonly aliases: readonly { readonly alias: string; readonly version: number }[]
  /** The highest version in each stage, lowest first; without their aliases, as MLflow answers. */
  readonly latestVersions: readonly ModelVersion[]
}

/** The models of these `registered_models.id`, in the order given; ids of no model are left out. */
export async function readModels(ctx: Context, ids: readonly number[]): Promise<RegisteredModel[]> {
  if (ids.length === 0) return []
  const wanted = sql`select value from json_each(${JSON.stringify(ids)})`
  const models = modelsFrom(await ctx.db.batch(modelReads(ctx, wanted)))
  const byId = new Map(models.map((model) => [model.id, model]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/**
 * The statements that read whole registered models, for a batch; `modelsFrom` takes their rows.
 *
 * @param ids a select of one column, `registered_models.id`; it runs once in each statement
 */
export function modelReads(ctx: Context, ids: SQL) {
  const shown = isNotDeniedSql(ctx, 'version', isPromptModel)
  return {
    models: sql<ModelRow>`select * from registered_models where id in (${ids})`,
    modelTags: sql<ModelTagRow>`select registered_model, key, value from registered_model_tags
      where registered_model in (${ids}) order by key`,
    modelAliases: sql<ModelAliasRow>`select a.registered_model, a.alias, a.version from aliases a
      join registered_models m on m.id = a.registered_model
      where a.registered_model in (${ids}) and ${shown} order by a.alias`,
    latestVersions: sql<VersionRow>`select m.name, v.* from model_versions v
      join registered_models m on m.id = v.registered_model
      where v.id in (${latestVersionIds(ids, undefined, shown)}) order by v.version`,
    latestVersionTags: versionTagRead(latestVersionIds(ids, undefined, shown)),
  }
}

/**
 * A select of `model_versions.id`: the highest version in each stage of each of these models, one
 * index probe each, however many versions there are. Null where a stage is empty.
 *
 * @param wanted canonical names of stages; absent for all
 * @param shown condition on `registered_models m`
 */
export function latestVersionIds(
  models: SQL,
  wanted?: readonly string[],
  shown: SQL = sql`1`,
): SQL {
  const stages = wanted
    ? sql`(select value as name from json_each(${JSON.stringify(wanted)}))`
    : sql`stages`
  return sql`select (select v.id from model_versions v
      where v.registered_model = m.id and v.stage = s.name order by v.version desc limit 1)
    from registered_models m, ${stages} s where m.id in (${models}) and ${shown}`
}

export type ModelRow = typeof registeredModels.$inferSelect
type ModelTagRow = { registered_model: number; key: string; value: string }
type ModelAliasRow = { registered_model: number; alias: string; version: number }

/** The models that `modelReads` read, in no particular order. */
export function modelsFrom(rows: BatchRows<ReturnType<typeof modelReads>>): RegisteredModel[] {
  const tagsOf = Map.groupBy(rows.modelTags, (row) => row.registered_model)
  const aliasesOf = Map.groupBy(rows.modelAliases, (row) => row.registered_model)
  const latest = versionsFrom({
    versions: rows.latestVersions,
    versionTags: rows.latestVersionTags,
    versionAliases: [],
  })
  const latestOf = Map.groupBy(latest, (version) => version.registeredModelId)
  return rows.models.map((row) => ({
    id: row.id,
    name: row.name,
    userId: row.user_id,
    description: row.description,
    deploymentJobId: row.deployment_job_id,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    tags: (tagsOf.get(row.id) ?? []).map(({ key, value }) => ({ key, value })),
    aliases: (aliasesOf.get(row.id) ?? []).map(({ alias, version }) => ({ alias, version })),
    latestVersions: latestOf.get(row.id) ?? [],
  }))
}
