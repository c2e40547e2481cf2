import { sql } from 'drizzle-orm'
import { invalid, notFound } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import type { ByteStream, UploadedPart } from '../platform/ports.ts'
import { newBlobKey, showBlob } from './files.ts'
import { assertWritable } from './path.ts'
import { readBytesLeft } from './quota.ts'
import type { multipartUploads } from './tables.ts'

/** An upload under way, by the name that clients know. */
export type Upload = {
  readonly uploadId: string
  readonly path: string
  readonly key: string
  readonly storeUploadId: string
}

/**
 * Begin an upload in parts of `path`; nothing shows before `completeUpload`.
 *
 * @param path clean, of a file
 * @returns the upload's id
 * @throws REQUEST_LIMIT_EXCEEDED the caller may store nothing more
 */
export async function createUpload(ctx: Context, path: string): Promise<string> {
  assertWritable(path)
  await readBytesLeft(ctx)
  const uploadId = ctx.randomId()
  const key = newBlobKey(ctx)
  const storeUploadId = await ctx.blobs.multipart.create(key)
  try {
    await ctx.db.all(sql`
      insert into multipart_uploads (upload_id, workspace, path, key, store_upload_id, created_at_ms)
      values (${uploadId}, ${ctx.workspace}, ${path}, ${key}, ${storeUploadId}, ${ctx.now()})`)
  } catch (err) {
    await ctx.blobs.multipart.abort(key, storeUploadId)
    throw err
  }
  return uploadId
}

/** @throws RESOURCE_DOES_NOT_EXIST it was completed, aborted or swept, or never was */
export async function getUpload(ctx: Context, uploadId: string): Promise<Upload> {
  const upload = await findUpload(ctx, uploadId)
  if (!upload) throw notFound('Multipart upload', uploadId)
  return upload
}

async function findUpload(ctx: Context, uploadId: string): Promise<Upload | undefined> {
  type Row = Pick<
    typeof multipartUploads.$inferSelect,
    'upload_id' | 'path' | 'key' | 'store_upload_id'
  >
  const row = await ctx.db.first<Row>(sql`
    select upload_id, path, key, store_upload_id from multipart_uploads
    where upload_id = ${uploadId} and workspace = ${ctx.workspace}`)
  return (
    row && {
      uploadId: row.upload_id,
      path: row.path,
      key: row.key,
      storeUploadId: row.store_upload_id,
    }
  )
}

/** @returns the part's ETag, without quotes */
export function putPart(
  ctx: Context,
  { key, storeUploadId }: Upload,
  part: number,
  body: ByteStream,
  sizeBytes: number,
): Promise<string> {
  return ctx.blobs.multipart.putPart(key, storeUploadId, part, body, sizeBytes)
}

/**
 * Join the parts and show the file under the path that the upload was made for.
 *
 * @param path that the caller names; another than the upload's is refused
 * @throws INVALID_PARAMETER_VALUE parts are missing or wrong, or `path` is another or a folder
 * @throws REQUEST_LIMIT_EXCEEDED it is more than the caller may store; then the upload is gone
 */
export async function completeUpload(
  ctx: Context,
  uploadId: string,
  path: string,
  parts: readonly UploadedPart[],
): Promise<void> {
  assertWritable(path)
  const upload = await getUpload(ctx, uploadId)
  checkPath(upload, path)
  const ordered = [...parts].sort((a, b) => a.part - b.part)
  const stored = await ctx.blobs.multipart.complete(upload.key, upload.storeUploadId, ordered)
  await showBlob(ctx, path, upload.key, stored, [
    sql`delete from multipart_uploads where upload_id = ${uploadId}`,
  ])
}

/** Forget an upload and its parts; one that is not there is no error. */
export async function abortUpload(ctx: Context, uploadId: string, path: string): Promise<void> {
  assertWritable(path)
  const upload = await findUpload(ctx, uploadId)
  if (!upload) return
  checkPath(upload, path)
  await ctx.blobs.multipart.abort(upload.key, upload.storeUploadId)
  await ctx.db.all(sql`delete from multipart_uploads where upload_id = ${uploadId}`)
}

function checkPath(upload: Upload, path: string): void {
  if (upload.path === path) return
  throw invalid(`Upload '${upload.uploadId}' is for the path '${upload.path}', not '${path}'`)
}
