import { sql } from 'drizzle-orm'
import { conflict, invalid, notFound, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { partsMax } from '../../platform/parts.ts'
import { abortedParts } from '../files.ts'
import { limitedAccountOf } from '../quota.ts'
import { completeUpload, createUpload, type ExpectedBytes, findUpload } from './multipart.ts'

/** Buckets forget an upload after seven days: an older one is not gone on with. */
const lifetimeMs = 6 * 24 * 60 * 60 * 1000

/** An upload in parts under way. */
export type ResumedUpload = {
  readonly uploadId: string
  readonly path: string
  /** Numbers, from 1 up, of the parts that are not here yet. */
  readonly missing: readonly number[]
}

/**
 * Go on with the upload of these very bytes to `path`, or begin one. Who broke off in the middle of a large
 * file sends what is missing, and no byte twice.
 *
 * @param path clean, of a file
 * @throws INVALID_PARAMETER_VALUE the parts would be too many, and so larger ones are needed
 * @throws REQUEST_LIMIT_EXCEEDED it is more than the caller may store
 */
export async function resumeUpload(
  ctx: Context,
  path: string,
  expected: ExpectedBytes,
): Promise<ResumedUpload> {
  const count = countParts(expected)
  const { sha256, sizeBytes, partBytes } = expected
  const known = await ctx.db.first(sql<{
    upload_id: string
  }>`select upload_id from multipart_uploads
    where workspace = ${ctx.workspace} and path = ${path} and sha256 = ${sha256}
      and size_bytes = ${sizeBytes} and part_bytes = ${partBytes} and completed_at_ms is null
      and parts is not ${abortedParts} and created_at_ms > ${ctx.now() - lifetimeMs}
      and account is ${limitedAccountOf(ctx) ?? null}
    order by created_at_ms desc, upload_id limit 1`)
  const uploadId = known?.upload_id ?? (await createUpload(ctx, path, expected))
  const here = new Set((await readParts(ctx, uploadId)).map(({ part }) => part))
  const numbers = Array.from({ length: count }, (_, i) => i + 1)
  return { uploadId, path, missing: numbers.filter((part) => !here.has(part)) }
}

/** @throws INVALID_PARAMETER_VALUE */
function countParts({ sizeBytes, partBytes }: ExpectedBytes): number {
  const count = Math.ceil(sizeBytes / partBytes)
  if (count <= partsMax) return count
  throw invalid(
    `An upload has at most ${partsMax} parts, and this one would have ${count}: send larger parts`,
  )
}

function readParts(ctx: Context, uploadId: string) {
  return ctx.db.all(sql<{ part: number; etag: string }>`select part, etag from multipart_parts
    where upload_id = ${uploadId} and etag is not null order by part`)
}

/** The path of a resumable upload, also of one that was completed. @throws RESOURCE_DOES_NOT_EXIST */
export async function getResumablePath(ctx: Context, uploadId: string): Promise<string> {
  const upload = await findUpload(ctx, uploadId)
  if (!upload?.expected) throw notFound('Resumable upload', uploadId)
  return upload.path
}

/**
 * Join the parts of a resumable upload and show its file. Done again it changes nothing.
 *
 * @throws RESOURCE_CONFLICT parts are missing
 * @throws INVALID_PARAMETER_VALUE the bytes have another sum; then the upload is gone, and begun anew
 * @throws RESOURCE_DOES_NOT_EXIST no such upload
 */
export async function completeResumed(ctx: Context, uploadId: string): Promise<void> {
  const parts = await readParts(ctx, uploadId)
  // Read behind its parts, which go in the batch that completes it.
  const upload = await findUpload(ctx, uploadId)
  if (!upload?.expected) throw notFound('Resumable upload', uploadId)
  if (upload.isCompleted) return
  const lacking = countParts(upload.expected) - parts.length
  if (lacking > 0) {
    throw conflict(`${lacking} parts of the upload '${uploadId}' are missing: send them first`)
  }
  try {
    await completeUpload(ctx, uploadId, { path: upload.path, parts })
  } catch (err) {
    // What the store does not have, as after a crash between the two, is sent again.
    if (err instanceof RegistryError && err.code === 'INVALID_PARAMETER_VALUE') {
      await ctx.db.all(sql`update multipart_parts set etag = null where upload_id = ${uploadId}`)
    }
    throw err
  }
}
