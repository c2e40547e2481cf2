import { sql } from 'drizzle-orm'
import { excerpt, invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { versionNotFound } from '../check-names.ts'

/** What a version's files are; `manifestId` and `digest` are null when it is not sealed. */
export type VersionFiles = {
  readonly modelVersionId: number
  readonly manifestId: number | null
  readonly digest: string | null
}

type FilesRow = { id: number; manifest: number | null; digest: string | null }

/** @throws RESOURCE_DOES_NOT_EXIST no such model version */
export async function getVersionFiles(
  ctx: Context,
  name: string,
  version: number,
): Promise<VersionFiles> {
  const row = await ctx.db.first(sql<FilesRow>`
    select v.id, v.manifest, s.digest from registered_models m
    join model_versions v on v.registered_model = m.id and v.version = ${version}
    left join manifests s on s.id = v.manifest
    where m.workspace = ${ctx.workspace} and m.name = ${name}`)
  if (!row) throw versionNotFound(name, version)
  return { modelVersionId: row.id, manifestId: row.manifest, digest: row.digest }
}

/**
 * The manifest of a version by `model_versions.id`; undefined if there is no such version or
 * manifest.
 */
export async function findManifestId(ctx: Context, id: number): Promise<number | undefined> {
  const row = await ctx.db.first(sql<{ manifest: number | null }>`
    select v.manifest from model_versions v
    join registered_models m on m.id = v.registered_model
    where v.id = ${id} and m.workspace = ${ctx.workspace}`)
  return row?.manifest ?? undefined
}

/** @throws INVALID_PARAMETER_VALUE the version's files lie outside this server's store */
export function sealedManifest(files: VersionFiles, name: string, version: number): number {
  if (files.manifestId !== null) return files.manifestId
  throw invalid(
    `Version ${version} of '${excerpt(name)}' is not sealed: its source has no files in this server's store`,
  )
}
