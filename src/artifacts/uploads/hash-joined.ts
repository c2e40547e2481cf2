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
type Progress = Pick<UploadRow, 'joined_bytes' | 'hashed_bytes' | 'hash_state'>
type JoinedUpload = { readonly uploadId: string; readonly key: string }

const isOpen = sql`completed_at_ms is null and parts is not null and parts is not ${abortedParts}`

/** Remember that an upload's object is there, so that what hashes it needs no caller. */
export async function keepJoined(
  { db }: Pick<Platform, 'db'>,
  uploadId: string,
  sizeBytes: number,
): Promise<void> {
  await db.all(sql`update multipart_uploads set joined_bytes = ${sizeBytes}
    where upload_id = ${uploadId} and joined_bytes is null and ${isOpen}`)
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
      await release(platform, uploadId)
      throw notYet(size, progress.hashed_bytes)
    }
  }
}

/** Let this call hash, and nobody beside it. */
async function claim({ db, now }: Platform, uploadId: string): Promise<Progress> {
  const claimed = await db.first(sql<Progress>`
    update multipart_uploads set hashing_until_ms = ${now() + leaseMs}
    where upload_id = ${uploadId} and ${isOpen} and coalesce(hashing_until_ms, 0) <= ${now()}
    returning joined_bytes, hashed_bytes, hash_state`)
  return claimed ?? readBusy({ db }, uploadId)
}

/** What is there once another call has the lease. @throws as `hashJoined`, unless all is hashed */
async function readBusy({ db }: Pick<Platform, 'db'>, uploadId: string): Promise<Progress> {
  const row = await db.first(sql<Progress>`select joined_bytes, hashed_bytes, hash_state
    from multipart_uploads where upload_id = ${uploadId} and parts is not ${abortedParts}`)
  if (!row) throw notFound('Multipart upload', uploadId)
  if (row.joined_bytes !== null && row.hashed_bytes === row.joined_bytes) return row
  throw notYet(row.joined_bytes ?? 0, row.hashed_bytes)
}

async function release({ db }: Platform, uploadId: string): Promise<void> {
  await db.all(sql`update multipart_uploads set hashing_until_ms = null
    where upload_id = ${uploadId}`)
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
  if ('sizeFound' in hashed) throw lost(size, hashed.sizeFound)
  const kept = await platform.db.first(sql<Progress>`
    update multipart_uploads set hashed_bytes = ${to}, hash_state = ${hashed.state},
      hashing_until_ms = ${platform.now() + leaseMs}
    where upload_id = ${uploadId} and hashed_bytes is ${progress.hashed_bytes} and ${isOpen}
    returning joined_bytes, hashed_bytes, hash_state`)
  // Another call took this one for dead, or the upload has ended.
  return kept ?? readBusy(platform, uploadId)
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
    await release(platform, upload.uploadId)
  } catch (err) {
    if (err instanceof NotYetError) return
    logError({ event: 'hashing an upload failed', uploadId: upload.uploadId, error: String(err) })
  }
}
