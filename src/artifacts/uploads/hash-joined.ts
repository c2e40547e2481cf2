import { sql } from 'drizzle-orm'
import { NotYetError, notFound, RegistryError } from '../../core/error.ts'
import type { Platform } from '../../platform/context.ts'
import { logError } from '../../platform/log.ts'
import { abortedParts } from '../files.ts'
import { hashPiece, pieceBytes } from '../hash-piece.ts'
import type { multipartUploads } from '../tables.ts'

/** How the hashing of one object is cut up. */
export type Pace = {
  /** Read at once, after which what is done is kept; a multiple of SHA-256's blocks of 64 bytes. */
  readonly stepBytes: number
  /** One call begins no second step after that. MLflow's client waits 120 s, nginx 60. */
  readonly forMs: number
}

const usualPace: Pace = { stepBytes: pieceBytes, forMs: 45_000 }

/** Who died while hashing keeps others from it for that long; each step begins it anew. */
const leaseMs = 30_000

/** Bytes a second of a slow bucket, and bounds in seconds, for when a client should ask again. */
const slowly = 50 * 1000 ** 2
const [retryAfterMin, retryAfterMax] = [2, 60]

type UploadRow = typeof multipartUploads.$inferSelect
type Progress = Pick<UploadRow, 'joined_bytes' | 'hashed_bytes' | 'hash_state' | 'hashing_until_ms'>
type JoinedUpload = { readonly uploadId: string; readonly key: string }

const isOpen = sql`completed_at_ms is null and parts is not null and parts is not ${abortedParts}`

const progressColumns = sql`joined_bytes, hashed_bytes, hash_state, hashing_until_ms`

/**
 * Remember that an upload's object is there, so that what hashes it needs no caller. Where the upload was aborted or
 * swept while its parts were joined, the object goes: nothing else names it.
 *
 * @throws RESOURCE_DOES_NOT_EXIST that is so
 */
export async function keepJoined(
  { db, blobs }: Pick<Platform, 'db' | 'blobs'>,
  { uploadId, key }: JoinedUpload,
  sizeBytes: number,
): Promise<void> {
  const { ended } = await db.batch({
    kept: sql`update multipart_uploads set joined_bytes = ${sizeBytes}
      where upload_id = ${uploadId} and joined_bytes is null and ${isOpen}`,
    // A completed upload may be swept too, and then its object is a file's.
    ended: sql`select 1 where not exists (select 1 from multipart_uploads
        where upload_id = ${uploadId} and parts is not ${abortedParts})
      and not exists (select 1 from blobs where key = ${key})`,
  })
  if (ended.length === 0) return
  await blobs.delete([key])
  throw notFound('Multipart upload', uploadId)
}

/**
 * Go on hashing the object of an upload where it stopped, as far as one call may.
 *
 * @returns its SHA-256
 * @throws TEMPORARILY_UNAVAILABLE it is not hashed yet: `Retry-After` says when to ask again
 * @throws RESOURCE_DOES_NOT_EXIST the upload was aborted meanwhile
 * @throws DATA_LOSS the object is not what was joined
 */
export async function hashJoined(
  platform: Platform,
  { uploadId, key }: JoinedUpload,
  pace: Pace = usualPace,
): Promise<string> {
  const untilMs = platform.now() + pace.forMs
  let progress = await claim(platform, uploadId)
  for (;;) {
    const { joined_bytes: size, hashed_bytes: hashed, hash_state: state } = progress
    if (size === null) throw new Error(`upload ${uploadId} was not joined`)
    if (hashed === size && state !== null) return state
    progress = await hashStep(platform, { uploadId, key, progress, size, pace })
    if (progress.hashed_bytes !== size && platform.now() >= untilMs) {
      await release(platform, uploadId, progress)
      throw notYet(size, progress.hashed_bytes)
    }
  }
}

/** Let this call hash, and nobody beside it. */
async function claim({ db, now }: Platform, uploadId: string): Promise<Progress> {
  const claimed = await db.first(sql<Progress>`
    update multipart_uploads set hashing_until_ms = ${now() + leaseMs}
    where upload_id = ${uploadId} and ${isOpen} and coalesce(hashing_until_ms, 0) <= ${now()}
    returning ${progressColumns}`)
  return claimed ?? readBusy({ db }, uploadId)
}

/** What is there once another call has the lease. @throws as `hashJoined`, unless all is hashed */
async function readBusy(platform: Pick<Platform, 'db'>, uploadId: string): Promise<Progress> {
  const row = await readOpen(platform, uploadId)
  if (row.joined_bytes !== null && row.hashed_bytes === row.joined_bytes) return row
  throw notYet(row.joined_bytes ?? 0, row.hashed_bytes)
}

/** @throws RESOURCE_DOES_NOT_EXIST the upload was aborted */
async function readOpen({ db }: Pick<Platform, 'db'>, uploadId: string): Promise<Progress> {
  const row = await db.first(sql<Progress>`select ${progressColumns}
    from multipart_uploads where upload_id = ${uploadId} and parts is not ${abortedParts}`)
  if (!row) throw notFound('Multipart upload', uploadId)
  return row
}

/**
 * Give a lease back, unless it ended and another call has its own: each ends later than every one before it, so its
 * end tells whose it is.
 */
async function release(
  { db }: Platform,
  uploadId: string,
  { hashing_until_ms: endsAtMs }: Progress,
): Promise<void> {
  await db.all(sql`update multipart_uploads set hashing_until_ms = null
    where upload_id = ${uploadId} and hashing_until_ms = ${endsAtMs}`)
}

function notYet(size: number, hashed: number | null): NotYetError {
  const left = size - (hashed ?? 0)
  const seconds = Math.min(Math.max(Math.ceil(left / slowly), retryAfterMin), retryAfterMax)
  return new NotYetError(
    `The parts are joined, and ${hashed ?? 0} of ${size} bytes are hashed; the same call again goes on`,
    seconds,
  )
}

/** Hash what comes next, and keep how far that is. */
async function hashStep(
  platform: Platform,
  {
    uploadId,
    key,
    progress,
    size,
    pace,
  }: JoinedUpload & { readonly progress: Progress; readonly size: number; readonly pace: Pace },
): Promise<Progress> {
  const from = progress.hashed_bytes ?? 0
  const to = Math.min(from + pace.stepBytes, size)
  const piece = { sizeBytes: size, from, to, state: progress.hash_state ?? undefined }
  const hashed = await hashPiece(platform.blobs, key, piece)
  if ('sizeFound' in hashed) {
    // Who aborts an upload takes its object away.
    await readOpen(platform, uploadId)
    throw lost(size, hashed.sizeFound)
  }
  const isThis = sql`upload_id = ${uploadId} and ${isOpen}`
  const { held } = await platform.db.batch({
    kept: sql`update multipart_uploads set hashed_bytes = ${to}, hash_state = ${hashed.state}
      where ${isThis} and hashed_bytes is ${progress.hashed_bytes}`,
    held: sql<Progress>`update multipart_uploads set hashing_until_ms = ${platform.now() + leaseMs}
      where ${isThis} and hashed_bytes = ${to} and hashing_until_ms = ${progress.hashing_until_ms}
      returning ${progressColumns}`,
  })
  // Another call took this one for dead and has the lease, or the upload has ended. What was hashed stays.
  return held[0] ?? readBusy(platform, uploadId)
}

function lost(size: number, found: number | undefined): RegistryError {
  const what = found === undefined ? 'is missing' : `has ${found} bytes`
  return new RegistryError(
    'DATA_LOSS',
    `The parts became an object of ${size} bytes, which ${what}; upload the file again`,
  )
}

/**
 * Go on hashing uploads that were joined, so that it takes no caller to wait for it: the call that completes
 * one finds it done.
 *
 * @param forMs no second step is begun after that
 */
export async function hashUploads(platform: Platform, forMs: number): Promise<void> {
  const untilMs = platform.now() + forMs
  let after = ''
  for (;;) {
    const upload = await platform.db.first(sql<Pick<UploadRow, 'upload_id' | 'key'>>`
      select upload_id, key from multipart_uploads
      where upload_id > ${after} and joined_bytes is not null and ${isOpen}
        and coalesce(hashed_bytes, 0) < joined_bytes
        and coalesce(hashing_until_ms, 0) <= ${platform.now()}
      order by upload_id limit 1`)
    const leftMs = untilMs - platform.now()
    if (!upload || leftMs <= 0) return
    await hashQuietly(platform, { uploadId: upload.upload_id, key: upload.key }, leftMs)
    after = upload.upload_id
  }
}

/** As `hashJoined`: what ends it early is for who completes the upload, but a failure is logged. */
async function hashQuietly(platform: Platform, upload: JoinedUpload, forMs: number): Promise<void> {
  try {
    await hashJoined(platform, upload, { ...usualPace, forMs })
  } catch (err) {
    const isOver = err instanceof RegistryError && err.code === 'RESOURCE_DOES_NOT_EXIST'
    if (err instanceof NotYetError || isOver) return
    logError({ event: 'hashing an upload failed', uploadId: upload.uploadId, error: String(err) })
  }
}
