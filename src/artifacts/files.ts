import { type SQL, sql } from 'drizzle-orm'
import { chunksOf } from '../core/bytes.ts'
import { excerpt, invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import type { Context } from '../platform/context.ts'
import { measureBody } from '../platform/hash.ts'
import { measuredBytesMax } from '../platform/parts.ts'
import type { ByteStream, Stored } from '../platform/ports.ts'
import { assertWritable, folderRangeOf, foldersAboveOf } from './path.ts'
import { isWithinQuotaSql, limitBody, overQuota } from './quota.ts'
import type { artifactFiles, blobs } from './tables.ts'

/** A file as the index shows it. */
export type ArtifactFile = {
  readonly path: string
  readonly sizeBytes: number
  /** Lower-case hex. */
  readonly sha256: string
  readonly updatedAtMs: number
  /** Of its blob in the blob store. */
  readonly key: string
}

/** Where files are looked up: in the workspace's path index, or in a version's sealed manifest. */
export type FilePlace = { readonly manifest?: number }

type ArtifactFileRow = Pick<typeof artifactFiles.$inferSelect, 'path' | 'updated_at_ms'> &
  Pick<typeof blobs.$inferSelect, 'sha256' | 'size_bytes' | 'key'>

/** FROM and WHERE of the rows of a place, which have `f.path` and `f.blob`. */
export function rowsOf(ctx: Context, place: FilePlace): { from: SQL; where: SQL } {
  return place.manifest === undefined
    ? { from: sql`artifact_files f`, where: sql`f.workspace = ${ctx.workspace}` }
    : { from: sql`manifest_files f`, where: sql`f.manifest = ${place.manifest}` }
}

/**
 * Store `body` under `path`, in place of what was there. The file shows when it is complete, and not
 * before. Two writers of one path leave one whole file.
 *
 * @param path clean, of a file
 * @param file.sizeBytes the length that the sender declared; `file.sha256` the sum, in lower-case hex
 * @throws INVALID_PARAMETER_VALUE `path` is a folder, or lies below a file, or the sum is another
 * @throws RESOURCE_CONFLICT `path` is below a version's read-only address
 * @throws REQUEST_LIMIT_EXCEEDED it is more than the caller may store
 */
export async function putFile(
  ctx: Context,
  path: string,
  { body, sizeBytes, sha256 }: NewFile,
): Promise<Stored> {
  assertWritable(path)
  const allowed = await limitBody(ctx, body, sizeBytes)
  const key = newBlobKey(ctx)
  const stored = await ctx.blobs.put(key, allowed, sizeBytes)
  if (sha256 !== undefined && sha256 !== stored.sha256) {
    await ctx.blobs.delete([key])
    throw otherBytes(path, stored.sha256, sha256)
  }
  await showBlob(ctx, path, { blob: { key, ...stored } })
  return stored
}

/** The error for bytes that came and are not those that were declared. */
export function otherBytes(path: string, came: string, declared: string): Error {
  return invalid(
    `The bytes of '${excerpt(path)}' have the SHA-256 ${came}, and not ${declared} as was declared; nothing was stored`,
  )
}

/** A file on its way in, with what its sender declared. */
type NewFile = {
  readonly body: ByteStream
  readonly sizeBytes?: number | undefined
  readonly sha256?: string | undefined
}

/** Condition that a file may be stored under `path`: it is no folder, and lies below no file. */
export function freePathSql(ctx: Context, path: string): SQL {
  const { start, end } = folderRangeOf(path)
  return sql`not exists (
      select 1 from artifact_files where workspace = ${ctx.workspace}
      and path in (select value from json_each(${JSON.stringify(foldersAboveOf(path))})))
    and not exists (
      select 1 from artifact_files
      where workspace = ${ctx.workspace} and path >= ${start} and path < ${end})`
}

/** A new key in the blob store. Keys are spread over 256 folders, for the sake of disks. */
export function newBlobKey(ctx: Context): string {
  const id = ctx.randomId()
  return `blobs/${id.slice(0, 2)}/${id}`
}

/** Stands for the list of parts of an upload that is being aborted. */
export const abortedParts = 'aborted'

/** A body that lies in the blob store and is to be shown. */
export type WrittenBlob = Stored & { readonly key: string }

/**
 * Point `path` at the blob just written, in one batch. When the same bytes are there already, `path`
 * shows those and the new object goes; when those are damaged, the new object takes their place.
 * They count as stored by who stored them first.
 *
 * @param from the upload in parts that the blob comes from: it ends in the same batch, and where it
 *   has ended already nothing is shown
 * @returns whether the blob is shown
 * @throws INVALID_PARAMETER_VALUE `path` is a folder, or lies below a file
 * @throws REQUEST_LIMIT_EXCEEDED it is more than the caller may store
 */
export async function showBlob(
  ctx: Context,
  path: string,
  { blob, from }: { readonly blob: WrittenBlob; readonly from?: { readonly uploadId: string } },
): Promise<boolean> {
  const damaged = await findDamaged(ctx, blob)
  const nowMs = ctx.now()
  const isOpen = from
    ? sql`exists (select 1 from multipart_uploads
        where upload_id = ${from.uploadId} and completed_at_ms is null
          and parts is not ${abortedParts})`
    : sql`1`
  const isFree = freePathSql(ctx, path)
  const same = sql`sha256 = ${blob.sha256} and size_bytes = ${blob.sizeBytes}`
  const { shown, kept, room, open } = await ctx.db.batch({
    open: sql`select 1 where ${isOpen}`,
    // What they took is free again for what they become.
    parts: from && sql`delete from multipart_parts where upload_id = ${from.uploadId}`,
    inserted: sql`insert into blobs (sha256, size_bytes, key, created_at_ms, account)
      select ${blob.sha256}, ${blob.sizeBytes}, ${blob.key}, ${ctx.now()},
        ${ctx.principal.accountId ?? null}
      where ${isOpen} and ${isFree} and ${isWithinQuotaSql(ctx, blob.sizeBytes)}
      on conflict (sha256, size_bytes) do nothing`,
    healed: sql`update blobs set key = ${blob.key}
      where key = ${damaged ?? null} and ${isOpen} and ${isFree}`,
    sound: sql`delete from damaged_blobs
      where blob in (select id from blobs where key = ${blob.key})`,
    shown: sql`insert into artifact_files (workspace, path, blob, updated_at_ms)
      select ${ctx.workspace}, ${path}, id, ${nowMs} from blobs
      where ${same} and ${isFree} and ${isOpen}
      on conflict (workspace, path) do update
      set blob = excluded.blob, updated_at_ms = excluded.updated_at_ms
      returning path`,
    kept: sql`select 1 from blobs where key = ${blob.key}`,
    room: sql`select 1 where not (${isFree}) or exists (select 1 from blobs where ${same})`,
    ...(from && endUploadStatements(ctx, from.uploadId, { path, nowMs })),
  })
  if (kept.length === 0) await ctx.blobs.delete([blob.key])
  if (open.length === 0) return false
  if (damaged !== undefined && kept.length > 0) await ctx.blobs.delete([damaged])
  if (room.length === 0) throw overQuota(ctx)
  if (shown.length === 0) {
    throw invalid(`${messages.wrongPath} '${excerpt(path)}': it is a folder, or lies below a file`)
  }
  return true
}

/**
 * An upload whose file is shown is completed; any other goes, and is begun anew.
 *
 * @param file.nowMs when this batch shows it: the clock may go on while a batch is made
 */
function endUploadStatements(
  ctx: Context,
  uploadId: string,
  { path, nowMs }: { readonly path: string; readonly nowMs: number },
) {
  const isUnderWay = sql`upload_id = ${uploadId} and completed_at_ms is null`
  return {
    completed: sql`update multipart_uploads set completed_at_ms = ${nowMs}
      where ${isUnderWay} and exists (select 1 from artifact_files
        where workspace = ${ctx.workspace} and path = ${path} and updated_at_ms = ${nowMs})`,
    failed: sql`delete from multipart_uploads where ${isUnderWay}`,
  }
}

/**
 * The key of a blob of these very bytes whose object is not what it was. The object is read for that:
 * whoever stores a file must get it back, whatever happened to the bytes that were there. One that is too
 * large to be read here is damaged if that was found before, or it has another size: manifests in the store
 * name it, so that one that seems sound is not replaced.
 */
async function findDamaged(ctx: Context, blob: WrittenBlob): Promise<string | undefined> {
  const row = await ctx.db.first(sql<{ id: number; key: string }>`
    select id, key from blobs where sha256 = ${blob.sha256} and size_bytes = ${blob.sizeBytes}`)
  if (!row || row.key === blob.key) return undefined
  if (blob.sizeBytes > measuredBytesMax)
    return (await seemsSound(ctx, row, blob)) ? undefined : row.key
  const found = await ctx.blobs.get(row.key)
  if (!found) return row.key
  const { sha256, sizeBytes } = await measureBody(chunksOf(found.body), ctx.sha256())
  return sha256 === blob.sha256 && sizeBytes === blob.sizeBytes ? undefined : row.key
}

async function seemsSound(
  ctx: Context,
  { id, key }: { readonly id: number; readonly key: string },
  { sizeBytes }: WrittenBlob,
): Promise<boolean> {
  const damaged = await ctx.db.first(sql`select 1 from damaged_blobs where blob = ${id}`)
  return !damaged && (await ctx.blobs.sizeOf(key)) === sizeBytes
}

/** The file at `path`, or undefined: there is none, or it is a folder. */
export async function findFile(
  ctx: Context,
  place: FilePlace,
  path: string,
): Promise<ArtifactFile | undefined> {
  const { from, where } = rowsOf(ctx, place)
  // A sealed file never changes, so its time is that of its blob.
  const time = place.manifest === undefined ? sql`f.updated_at_ms` : sql`b.created_at_ms`
  const row = await ctx.db.first(sql<ArtifactFileRow>`
    select f.path, ${time} as updated_at_ms, b.sha256, b.size_bytes, b.key
    from ${from} join blobs b on b.id = f.blob where ${where} and f.path = ${path}`)
  return row && fileFrom(row)
}

function fileFrom(row: ArtifactFileRow): ArtifactFile {
  const { path, sha256, key, size_bytes, updated_at_ms } = row
  return { path, sha256, key, sizeBytes: size_bytes, updatedAtMs: updated_at_ms }
}

/** Whether anything lies below `path`. */
export async function isFolder(ctx: Context, place: FilePlace, path: string): Promise<boolean> {
  const { from, where } = rowsOf(ctx, place)
  const { start, end } = folderRangeOf(path)
  const row = await ctx.db.first(
    sql`select 1 from ${from} where ${where} and f.path >= ${start} and f.path < ${end} limit 1`,
  )
  return row !== undefined
}

/**
 * Take `path`, a file or a folder with all below it, out of the index; nothing there is no error.
 * Blobs stay until gc finds that no path and no version has them.
 *
 * @throws RESOURCE_CONFLICT `path` is a version's read-only address
 */
export async function deleteFiles(ctx: Context, path: string): Promise<void> {
  assertWritable(path)
  const { start, end } = folderRangeOf(path)
  await ctx.db.batch({
    file: sql`delete from artifact_files where workspace = ${ctx.workspace} and path = ${path}`,
    below: sql`delete from artifact_files
      where workspace = ${ctx.workspace} and path >= ${start} and path < ${end}`,
  })
}
