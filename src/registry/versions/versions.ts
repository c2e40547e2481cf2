import { sql } from 'drizzle-orm'
import { versionAddressOf } from '../../artifacts/path.ts'
import { commit } from '../../audit/commit.ts'
import type { Context } from '../../platform/context.ts'
import type { Beside } from '../../search/page.ts'
import { versionEntry } from '../audit-entries.ts'
import { checkDescription, checkModelName, versionNotFound } from '../check-names.ts'
import { modelId, versionId } from '../ids.ts'
import { unlinkedEntry } from '../link-entries.ts'
import { explainUnchanged, unblockedVersionSql } from '../permissions.ts'
import { deletable, explainKept } from './deletable.ts'
import { type ModelVersion, versionReads, versionsFrom } from './read-versions.ts'

/** @throws RESOURCE_DOES_NOT_EXIST no such version, or no such model */
export async function getVersion(
  ctx: Context,
  name: string,
  version: number,
): Promise<ModelVersion> {
  checkModelName(name)
  const id = versionId(ctx, name, version)
  const [found] = versionsFrom(await ctx.db.batch(versionReads(id)))
  if (!found) throw versionNotFound(name, version)
  return found
}

/**
 * Several versions of a model, in the order of their numbers as given, read at once.
 *
 * @throws RESOURCE_DOES_NOT_EXIST one of them is not there
 */
export async function getVersions(
  ctx: Context,
  name: string,
  numbers: readonly number[],
): Promise<ModelVersion[]> {
  checkModelName(name)
  const ids = sql`select id from model_versions where registered_model = (${modelId(ctx, name)})
    and version in (select value from json_each(${JSON.stringify(numbers)}))`
  const found = new Map(
    versionsFrom(await ctx.db.batch(versionReads(ids))).map((one) => [one.version, one]),
  )
  return numbers.map((number) => {
    const version = found.get(number)
    if (!version) throw versionNotFound(name, number)
    return version
  })
}

/**
 * Change a version's description; absent erases it, as in MLflow.
 *
 * @throws RESOURCE_DOES_NOT_EXIST
 */
export async function updateVersion(
  ctx: Context,
  name: string,
  { version, description }: { readonly version: number; readonly description?: string | undefined },
): Promise<ModelVersion> {
  checkModelName(name)
  checkDescription(description)
  const id = versionId(ctx, name, version)
  const rows = await commit(ctx, {
    entry: versionEntry(ctx, id, {
      action: 'model_version.updated',
      before: sql`json_object('description', v.description)`,
      after: sql`json_object('description', ${description ?? null})`,
    }),
    updated: sql`update model_versions set description = ${description ?? null},
      updated_at_ms = ${ctx.now()} where id = (${id})`,
    ...versionReads(id),
  })
  const [updated] = versionsFrom(rows)
  if (!updated) throw versionNotFound(name, version)
  return updated
}

/** What the audit log keeps of the version `v` when it is deleted. */
const versionJson = sql`json_object('stage', v.stage, 'source', v.source, 'run_id', v.run_id,
  'aliases', json((select json_group_array(a.alias) from aliases a
    where a.registered_model = m.id and a.version = v.version)),
  'digest', (select s.digest from manifests s where s.id = v.manifest))`

/** A version that is to be deleted, and why, for the audit log. */
export type LeavingVersion = { readonly version: number; readonly reason?: string }

/**
 * Delete a version, in whatever stage, with its tags and aliases. Its number stays taken.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws PERMISSION_DENIED it is under a legal hold
 */
export async function deleteVersion(
  ctx: Context,
  name: string,
  { version, reason }: LeavingVersion,
): Promise<void> {
  checkModelName(name)
  const id = versionId(ctx, name, version)
  const isDeletable = sql`${deletable(sql`v`)} and ${await unblockedVersionSql(ctx, name)}`
  const leaving = sql`select v.id from model_versions v
    where v.id = (${id}) and ${isDeletable}`
  const { deleted } = await commit(ctx, {
    unlinked: unlinkedEntry(ctx, leaving),
    entry: versionEntry(ctx, id, {
      action: 'model_version.deleted',
      before: versionJson,
      guard: isDeletable,
      reason,
    }),
    model: sql`update registered_models set updated_at_ms = ${ctx.now()}
      where id = (${modelId(ctx, name)}) and exists (${leaving})`,
    deleted: sql`delete from model_versions where id = (${leaving}) returning id`,
  })
  if (deleted.length === 1) return
  const kept = await explainKept(ctx, name, version)
  const absent = versionNotFound(name, version)
  throw kept ?? (await explainUnchanged(ctx, name, { target: id, absent }))
}

/**
 * Where clients fetch the version's files: its own read-only address when it is sealed, else what
 * MLflow answers. @throws RESOURCE_DOES_NOT_EXIST no such version
 */
export async function getDownloadUri(ctx: Context, name: string, version: number): Promise<string> {
  checkModelName(name)
  type Row = { id: number; storage_location: string; manifest: number | null }
  const row = await ctx.db.first(sql<Row>`select id, storage_location, manifest
    from model_versions where id = (${versionId(ctx, name, version)})`)
  if (!row) throw versionNotFound(name, version)
  return row.manifest === null ? row.storage_location : versionAddressOf(row.id)
}

/** The numbers of the versions before and after one, of the same model; undefined: there is none. */
export async function findVersionsBeside(
  ctx: Context,
  { registeredModelId, version }: Pick<ModelVersion, 'registeredModelId' | 'version'>,
): Promise<Beside<number>> {
  const versions = sql`from model_versions where registered_model = ${registeredModelId}`
  const { before, after } = await ctx.db.batch({
    before: sql<{
      version: number | null
    }>`select max(version) as version ${versions} and version < ${version}`,
    after: sql<{
      version: number | null
    }>`select min(version) as version ${versions} and version > ${version}`,
  })
  return { before: before[0]?.version ?? undefined, after: after[0]?.version ?? undefined }
}
