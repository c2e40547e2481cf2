import { type SQL, sql } from 'drizzle-orm'
import type { BatchRows, Database } from '../../db/database.ts'
import type { modelVersions } from '../tables.ts'
import { type Approval, approvalFrom } from './approval.ts'

export type Tag = { readonly key: string; readonly value: string }

/**
 * One model version with all that belongs to it. Null differs from empty: MLflow leaves null out.
 */
export type ModelVersion = {
  /** `model_versions.id`: names its read-only artifact address. */
  readonly id: number
  readonly registeredModelId: number
  readonly name: string
  readonly version: number
  readonly userId: string | null
  readonly description: string | null
  readonly stage: string
  readonly source: string
  readonly storageLocation: string
  readonly runId: string | null
  readonly runLink: string | null
  readonly modelId: string | null
  readonly status: string
  readonly statusMessage: string | null
  /** `manifests.id`, or null when its source has no files in our store. */
  readonly manifestId: number | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** Null: nobody has asked to promote it. */
  readonly approval: Approval | null
  /** Sorted by key. */
  readonly tags: readonly Tag[]
  /** Sorted. */
  readonly aliases: readonly string[]
}

/**
 * The versions of these `model_versions.id`, in the order given; ids of no version are left out.
 */
export async function readVersions(db: Database, ids: readonly number[]): Promise<ModelVersion[]> {
  if (ids.length === 0) return []
  const wanted = sql`select value from json_each(${JSON.stringify(ids)})`
  const versions = versionsFrom(await db.batch(versionReads(wanted)))
  const byId = new Map(versions.map((version) => [version.id, version]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/**
 * Versions of a model, the highest numbers first.
 *
 * @param model `registered_models.id`
 * @param page those before this version, and how many at most
 */
export async function readVersionsBefore(
  db: Database,
  model: number,
  { before, count }: { readonly before: number; readonly count: number },
): Promise<ModelVersion[]> {
  const ids = await db.all(sql<{ id: number }>`select id from model_versions
    where registered_model = ${model} and version < ${before} order by version desc limit ${count}`)
  return readVersions(
    db,
    ids.map(({ id }) => id),
  )
}

/**
 * The statements that read whole versions, for a batch; `versionsFrom` takes their rows.
 *
 * @param ids a select of one column, `model_versions.id`; it runs once in each statement
 */
export function versionReads(ids: SQL) {
  return {
    versions: sql<VersionRow>`select m.name, v.* from model_versions v
      join registered_models m on m.id = v.registered_model
      where v.id in (${ids}) order by v.registered_model, v.version`,
    versionTags: versionTagRead(ids),
    versionAliases: sql<VersionAliasRow>`select v.id, a.alias from model_versions v
      join aliases a on a.registered_model = v.registered_model and a.version = v.version
      where v.id in (${ids}) order by a.alias`,
  }
}

/** The tags of versions, by version and then by key. @param ids as `versionReads` takes them */
export function versionTagRead(ids: SQL): SQL<VersionTagRow> {
  return sql`select model_version, key, value from model_version_tags
    where model_version in (${ids}) order by model_version, key`
}

export type VersionRow = typeof modelVersions.$inferSelect & { name: string }
type VersionTagRow = { model_version: number; key: string; value: string }
type VersionAliasRow = { id: number; alias: string }

/** The versions that `versionReads` read, in the order of their rows. */
export function versionsFrom({
  versions,
  versionTags,
  versionAliases,
}: BatchRows<ReturnType<typeof versionReads>>): ModelVersion[] {
  const tagsOf = Map.groupBy(versionTags, (row) => row.model_version)
  const aliasesOf = Map.groupBy(versionAliases, (row) => row.id)
  return versions.map((row) => ({
    id: row.id,
    registeredModelId: row.registered_model,
    name: row.name,
    version: row.version,
    userId: row.user_id,
    description: row.description,
    stage: row.stage,
    source: row.source,
    storageLocation: row.storage_location,
    runId: row.run_id,
    runLink: row.run_link,
    modelId: row.model_id,
    status: row.status,
    statusMessage: row.status_message,
    manifestId: row.manifest,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    approval: approvalFrom(row),
    tags: (tagsOf.get(row.id) ?? []).map(({ key, value }) => ({ key, value })),
    aliases: (aliasesOf.get(row.id) ?? []).map(({ alias }) => alias),
  }))
}
