import { type SQL, sql } from 'drizzle-orm'
import { baseNameOf, folderRangeOf, storePathOf } from '../../artifacts/path.ts'
import type { Context } from '../../platform/context.ts'
import { type PlaceApproval, placeApprovalFrom, placeApprovalRead } from './approval.ts'
import { type Hold, holdFrom, holdRead } from './legal-holds.ts'
import type { ModelVersion } from './read-versions.ts'
import { getVersion } from './versions.ts'

/** A version with the fields that MLflow does not have. */
export type VersionDetail = ModelVersion & {
  /** `sha256:` and hex, over its sealed files; undefined when it is not sealed. */
  readonly digest: string | undefined
  /** The files at its source have been overwritten, added to or deleted since it was sealed. */
  readonly sourceChanged: boolean
  readonly hold: Hold | undefined
  /** By place; `approval` is the one that counts most. */
  readonly approvals: readonly PlaceApproval[]
}

/** @throws RESOURCE_DOES_NOT_EXIST no such version */
export async function getVersionDetail(
  ctx: Context,
  name: string,
  version: number,
): Promise<VersionDetail> {
  return readVersionDetail(ctx, await getVersion(ctx, name, version))
}

/** The detail of a version that has already been read. */
export async function readVersionDetail(
  ctx: Context,
  version: ModelVersion,
): Promise<VersionDetail> {
  const {
    manifests: [sealed],
    holds: [hold],
    sources: [source],
    approvals,
  } = await ctx.db.batch({
    manifests: sql<{
      digest: string
    }>`select digest from manifests where id = ${version.manifestId}`,
    holds: holdRead(sql`${version.id}`),
    sources: sql<{ changed: number }>`select ${sourceChanged(ctx, version)} as changed`,
    approvals: placeApprovalRead(sql`${version.id}`),
  })
  return {
    ...version,
    digest: sealed?.digest,
    sourceChanged: source?.changed === 1,
    hold: hold && holdFrom(hold),
    approvals: approvals.map(placeApprovalFrom),
  }
}

/** Stops at the first difference. For an unchanged source, each file is one look-up in an index. */
function sourceChanged(ctx: Context, version: ModelVersion): SQL {
  const { manifestId, source, storageLocation } = version
  const path = storePathOf(storageLocation, ctx.workspace)
  if (manifestId === null || path === undefined || isCopy(source)) return sql`0`
  return differs(ctx.workspace, manifestId, path)
}

/** The source of a copy is another version, which does not change. */
function isCopy(source: string): boolean {
  return /^models:\/[^/]+\/\d+$/.test(source)
}

/** Compares the files at `path`, which is a folder or one file, with those of the manifest. */
function differs(workspace: string, manifest: number, path: string): SQL {
  const { start, end } = folderRangeOf(path)
  const shown = (at: SQL) => sql`(select a.blob from artifact_files a
    where a.workspace = ${workspace} and a.path = ${at})`
  return sql`(select count(*) from artifact_files where workspace = ${workspace}
      and (path = ${path} or (path >= ${start} and path < ${end})))
      <> (select file_count from manifests where id = ${manifest})
    or exists (select 1 from manifest_files f where f.manifest = ${manifest}
      and f.blob is not coalesce(${shown(sql`${start} || f.path`)},
        iif(f.path = ${baseNameOf(path)}, ${shown(sql`${path}`)}, null)))`
}
