import { sql } from 'drizzle-orm'
import { conflict, invalid, notFound, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { JoinedParts, NewPart, Stored, UploadedPart } from '../../platform/ports.ts'
import { abortedParts, newBlobKey, otherBytes, showBlob } from '../files.ts'
import { assertWritable } from '../path.ts'
import { isWithinQuotaSql, limitedAccountOf, overQuota, readBytesLeft } from '../quota.ts'
import type { multipartUploads } from '../tables.ts'
import { hashJoined, keepJoined, type Pace } from './hash-joined.ts'

/** An upload by the name that clients know. */
export type Upload = {
  readonly uploadId: string
  readonly path: string
  readonly key: string
  readonly storeUploadId: string
  /** `accounts.id` of whose quota its parts count for; undefined: nobody's. */
  readonly account: number | undefined
  /** The list that its completion named, or `abortedParts`; undefined: nobody has completed it yet. */
  readonly parts: string | undefined
  readonly isCompleted: boolean
  /** The size of its object, which is there and is hashed in several calls; undefined otherwise. */
  readonly joinedBytes: number | undefined
  /** What a resumable upload is to become; undefined: any bytes. */
  readonly expected: ExpectedBytes | undefined
}

/** What a file is to be, and in parts of which size it comes; the last one may be smaller. */
export type ExpectedBytes = {
  /** Lower-case hex. */
  readonly sha256: string
  readonly sizeBytes: number
  readonly partBytes: number
}

/**
 * Begin an upload in parts of `path`; nothing shows before `completeUpload`.
 *
 * @param path clean, of a file
 * @param expected of a resumable upload
 * @returns the upload's id
 * @throws REQUEST_LIMIT_EXCEEDED the caller may store nothing more
 */
export async function createUpload(
  ctx: Context,
  path: string,
  expected?: ExpectedBytes,
): Promise<string> {
  assertWritable(path)
  await readBytesLeft(ctx, expected?.sizeBytes)
  const uploadId = ctx.randomId()
  const key = newBlobKey(ctx)
  const storeUploadId = await ctx.blobs.multipart.create(key)
  try {
    await ctx.db.all(sql`
      insert into multipart_uploads
        (upload_id, workspace, path, key, store_upload_id, created_at_ms, account, sha256, size_bytes,
          part_bytes)
      values (${uploadId}, ${ctx.workspace}, ${path}, ${key}, ${storeUploadId}, ${ctx.now()},
        ${limitedAccountOf(ctx) ?? null}, ${expected?.sha256 ?? null}, ${expected?.sizeBytes ?? null},
        ${expected?.partBytes ?? null})`)
  } catch (err) {
    await ctx.blobs.multipart.abort(key, storeUploadId)
    throw err
  }
  return uploadId
}

/**
 * An upload of any workspace, for a part: the signed URL to which a part is sent is about one upload.
 *
 * @throws RESOURCE_DOES_NOT_EXIST it takes no more parts: it was completed, aborted or swept, or never was
 */
export async function getUpload(ctx: Context, uploadId: string): Promise<Upload> {
  const upload = await findUpload(ctx, uploadId, sql`1`)
  if (!upload || upload.isCompleted) throw notFound('Multipart upload', uploadId)
  return upload
}

type UploadRow = Omit<
  typeof multipartUploads.$inferSelect,
  'workspace' | 'created_at_ms' | 'hashed_bytes' | 'hash_state' | 'hashing_until_ms'
>

/** An upload, also one that was completed. @param where by default the context's workspace */
export async function findUpload(
  ctx: Context,
  uploadId: string,
  where = sql`workspace = ${ctx.workspace}`,
): Promise<Upload | undefined> {
  const row = await ctx.db.first(sql<UploadRow>`
    select upload_id, path, key, store_upload_id, account, parts, completed_at_ms, sha256, size_bytes,
      part_bytes, joined_bytes
    from multipart_uploads where upload_id = ${uploadId} and ${where}`)
  return (
    row && {
      uploadId: row.upload_id,
      path: row.path,
      key: row.key,
      storeUploadId: row.store_upload_id,
      account: row.account ?? undefined,
      parts: row.parts ?? undefined,
      isCompleted: row.completed_at_ms !== null,
      joinedBytes: row.joined_bytes ?? undefined,
      expected: expectedFrom(row),
    }
  )
}

function expectedFrom({ sha256, size_bytes, part_bytes }: UploadRow): ExpectedBytes | undefined {
  if (sha256 === null || size_bytes === null || part_bytes === null) return undefined
  return { sha256, sizeBytes: size_bytes, partBytes: part_bytes }
}

/**
 * Store one part; sent again, it replaces the one before.
 *
 * @returns the part's ETag, without quotes
 * @throws REQUEST_LIMIT_EXCEEDED it is more than the owner of the upload may store
 */
export async function putPart(
  ctx: Context,
  { uploadId, key, storeUploadId, account, expected }: Upload,
  { part, body, sizeBytes }: NewPart,
): Promise<string> {
  // What the part takes is counted before its bytes come, in one statement with the question whether
  // there is room: else many parts at once would each find some.
  const before = sql`coalesce((select size_bytes from multipart_parts
    where upload_id = ${uploadId} and part = ${part}), 0)`
  const counted = await ctx.db.all(sql`
    insert into multipart_parts (upload_id, part, size_bytes, account)
    select upload_id, ${part}, ${sizeBytes}, account from multipart_uploads
    where upload_id = ${uploadId} and completed_at_ms is null
      and ${isWithinQuotaSql(ctx, sql`${sizeBytes} - ${before}`, account)}
    on conflict (upload_id, part) do update set size_bytes = excluded.size_bytes, etag = null
    returning part`)
  if (counted.length === 0) {
    await getUpload(ctx, uploadId)
    throw overQuota(ctx)
  }
  const etag = await ctx.blobs.multipart.putPart(key, storeUploadId, { part, body, sizeBytes })
  if (expected) {
    await ctx.db.all(sql`update multipart_parts set etag = ${etag}
      where upload_id = ${uploadId} and part = ${part}`)
  }
  return etag
}

/**
 * Join the parts and show the file under the path that the upload was made for. The first call
 * decides of which parts; the same call again, at once or later, has the same answer and changes
 * nothing. A large file takes several calls, each of which goes on where the one before stopped.
 *
 * @param pace by which a large file is hashed
 * @param path that the caller names; another than the upload's is refused
 * @throws INVALID_PARAMETER_VALUE parts are missing or wrong, or `path` is another or a folder, or a resumable
 *   upload has other bytes than it was to have; then it is gone
 * @throws RESOURCE_CONFLICT the upload is completed, or being completed, with another list of parts
 * @throws REQUEST_LIMIT_EXCEEDED it is more than the caller may store; then the upload is gone
 * @throws TEMPORARILY_UNAVAILABLE it is large and not done yet; the same call goes on
 */
export async function completeUpload(
  ctx: Context,
  uploadId: string,
  {
    path,
    parts,
    pace,
  }: {
    readonly path: string
    readonly parts: readonly UploadedPart[]
    readonly pace?: Pace | undefined
  },
): Promise<void> {
  assertWritable(path)
  const ordered = [...parts].sort((a, b) => a.part - b.part)
  const list = JSON.stringify(ordered.map(({ part, etag }) => [part, etag]))
  const upload = await claimUpload(ctx, uploadId, { path, list })
  if (upload.isCompleted) return
  const joined = await joinParts(ctx, upload, ordered)
  if (!joined) return
  const stored = await measureJoined(ctx, upload, { joined, pace })
  if (upload.expected && stored.sha256 !== upload.expected.sha256) {
    await dropUpload(ctx, upload)
    throw otherBytes(path, stored.sha256, upload.expected.sha256)
  }
  const isShown = await showBlob(ctx, path, {
    blob: { key: upload.key, ...stored },
    from: { uploadId },
  })
  if (!isShown && !(await isCompleted(ctx, uploadId))) throw notFound('Multipart upload', uploadId)
}

/** Let `list`, and no other, complete the upload. @returns the upload as it is then */
async function claimUpload(
  ctx: Context,
  uploadId: string,
  { path, list }: { readonly path: string; readonly list: string },
): Promise<Upload> {
  const known = await findUpload(ctx, uploadId)
  if (!known) throw notFound('Multipart upload', uploadId)
  checkPath(known, path)
  await ctx.db.all(sql`update multipart_uploads set parts = ${list}
    where upload_id = ${uploadId} and parts is null`)
  const upload = await findUpload(ctx, uploadId)
  if (!upload || upload.parts === abortedParts) throw notFound('Multipart upload', uploadId)
  if (upload.parts === list) return upload
  throw conflict(
    `Multipart upload '${uploadId}' ${upload.isCompleted ? 'was' : 'is being'} completed with another list of parts; begin another upload`,
  )
}

/** @returns undefined: another call of the same list completed the upload meanwhile */
async function joinParts(
  ctx: Context,
  { uploadId, key, storeUploadId, parts: list, joinedBytes }: Upload,
  parts: readonly UploadedPart[],
): Promise<JoinedParts | undefined> {
  if (joinedBytes !== undefined) return { sizeBytes: joinedBytes, sha256: undefined }
  try {
    return await ctx.blobs.multipart.complete(key, storeUploadId, parts)
  } catch (err) {
    const upload = await findUpload(ctx, uploadId)
    if (upload?.isCompleted) return undefined
    const isRefused = err instanceof RegistryError && err.code === 'INVALID_PARAMETER_VALUE'
    if (!isRefused) throw err
    // Its parts went with it.
    if (!upload || upload.parts === abortedParts) throw notFound('Multipart upload', uploadId)
    // A list that was refused may be sent again, put right.
    await ctx.db.all(sql`update multipart_uploads set parts = null
      where upload_id = ${uploadId} and parts = ${list} and completed_at_ms is null`)
    throw err
  }
}

/** What is joined, with its hash. @throws as `hashJoined` */
async function measureJoined(
  ctx: Context,
  { uploadId, key, joinedBytes }: Upload,
  { joined, pace }: { readonly joined: JoinedParts; readonly pace: Pace | undefined },
): Promise<Stored> {
  const { sizeBytes, sha256 } = joined
  if (sha256 !== undefined) return { sizeBytes, sha256 }
  if (joinedBytes === undefined) await keepJoined(ctx, { uploadId, key }, sizeBytes)
  return { sizeBytes, sha256: await hashJoined(ctx, { uploadId, key }, pace) }
}

/** JoinedParts, and not what it was to be: neither the bytes nor the upload stay. */
async function dropUpload(ctx: Context, { uploadId, key }: Upload): Promise<void> {
  await ctx.blobs.delete([key])
  await ctx.db.batch({
    parts: sql`delete from multipart_parts where upload_id = ${uploadId}`,
    upload: sql`delete from multipart_uploads
      where upload_id = ${uploadId} and completed_at_ms is null`,
  })
}

async function isCompleted(ctx: Context, uploadId: string): Promise<boolean> {
  return (await findUpload(ctx, uploadId))?.isCompleted ?? false
}

/** Forget an upload and its parts; one that is not there, or is completed, is no error. */
export async function abortUpload(ctx: Context, uploadId: string, path: string): Promise<void> {
  assertWritable(path)
  const upload = await findUpload(ctx, uploadId)
  if (!upload) return
  checkPath(upload, path)
  if (upload.isCompleted) return
  const aborted = await ctx.db.all(sql`update multipart_uploads set parts = ${abortedParts}
    where upload_id = ${uploadId} and completed_at_ms is null returning upload_id`)
  if (aborted.length === 0) return
  await ctx.blobs.multipart.abort(upload.key, upload.storeUploadId)
  // What was joined already, perhaps since it was looked for, is no upload to the store any more.
  await ctx.blobs.delete([upload.key])
  await ctx.db.batch({
    parts: sql`delete from multipart_parts where upload_id = ${uploadId}`,
    upload: sql`delete from multipart_uploads
      where upload_id = ${uploadId} and completed_at_ms is null`,
  })
}

function checkPath(upload: Upload, path: string): void {
  if (upload.path === path) return
  throw invalid(`Upload '${upload.uploadId}' is for the path '${upload.path}', not '${path}'`)
}
