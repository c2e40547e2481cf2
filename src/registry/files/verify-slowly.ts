import { type SQL, sql } from 'drizzle-orm'
import { pieceBytes } from '../../artifacts/hash-piece.ts'
import {
  type DifferingFile,
  digestManifest,
  readAllManifestFiles,
  type SealedFile,
} from '../../artifacts/manifest.ts'
import { type Context, type Platform, systemContext } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { verifyAudited } from './damaged-files.ts'
import { readPieceOf } from './read-piece.ts'
import type { manifestReadings } from './tables.ts'

/** How much of the files of a version is read in one go. */
export type ReadingPace = {
  /** One run begins no second step after that. */
  readonly forMs: number
  /** Files that one run reads: each is a read of the store, of which a call of a Worker has a thousand. */
  readonly filesMax: number
  /** A step reads so many bytes in whole files, and a larger file in pieces of its own. */
  readonly stepBytes: number
  readonly pieceBytes: number
}

const usual = { filesMax: 300, stepBytes: 256 * 1024 ** 2, pieceBytes }
const filesPerStep = 100

/** Who died while reading keeps others from it for that long; each step begins it anew. */
const leaseMs = 60_000
/** A version whose files were not what was sealed is read again no sooner: somebody may have repaired it. */
const repairMs = 60_000
/** Differing files that a verdict names. */
const namedMax = 10

const hourMs = 3_600_000
/** So long what was read counts, from when the first of it was. */
const countsMs = hourMs
/** As long a reading counts at least once it has ended: one may take longer than an hour. */
const countsAfterMs = hourMs / 2
/** And so long at most, whatever it takes: one that takes longer is begun anew. */
const countsMaxMs = 24 * hourMs

/** Conditions on `manifest_readings`: something was read, and what was read counts no longer. */
const hasBegun = sql`(after <> '' or piece_bytes is not null)`
const isTooOld = (nowMs: number) => sql`iif(ended_at_ms is null,
  ${hasBegun} and ${nowMs} > started_at_ms + ${countsMaxMs},
  ${nowMs} > min(started_at_ms + ${countsMaxMs},
    max(started_at_ms + ${countsMs}, ended_at_ms + ${countsAfterMs})))`

type Reading = typeof manifestReadings.$inferSelect

/** What reading all files of a manifest in the background told. */
export type SlowVerdict =
  | { readonly status: 'reading'; readonly filesRead: number; readonly files: number }
  | {
      readonly status: 'read'
      readonly isIntact: boolean
      readonly files: number
      readonly startedAtMs: number
      readonly endedAtMs: number
      /** The first of the files that differ, each with what is wrong. */
      readonly differing: readonly string[]
    }

/**
 * What the last reading of all files of a manifest told. Where there is none that counts, one is begun: it may be too
 * old, or a file was found damaged since.
 */
export async function readSlowVerdict(ctx: Context, manifest: number): Promise<SlowVerdict> {
  await ctx.db.all(sql`insert into manifest_readings (manifest, started_at_ms)
    select id, ${ctx.now()} from manifests where id = ${manifest}
    on conflict (manifest) do update set started_at_ms = excluded.started_at_ms, after = '',
      files_read = 0, differing = 0, named = '[]', piece_bytes = null, piece_state = null,
      piece_key = null, ended_at_ms = null, is_intact = null, reading_until_ms = null
    where ${isTooOld(ctx.now())} or (ended_at_ms is not null and (
      (is_intact = 0 and ended_at_ms < ${ctx.now() - repairMs}) or exists (
      select 1 from damaged_blobs d join manifest_files f on f.blob = d.blob
      where f.manifest = ${manifest} and is_intact = 1 and d.recorded_at_ms >= started_at_ms)))`)
  const row = await ctx.db.first(sql<Reading & { files: number }>`
    select r.*, m.file_count as files from manifest_readings r join manifests m on m.id = r.manifest
    where r.manifest = ${manifest}`)
  if (!row) throw new Error(`there is no manifest ${manifest}`)
  const { files, files_read, started_at_ms, ended_at_ms, is_intact, named } = row
  if (ended_at_ms === null) return { status: 'reading', filesRead: files_read, files }
  const differing: string[] = JSON.parse(named)
  const [startedAtMs, endedAtMs] = [started_at_ms, ended_at_ms]
  return { status: 'read', isIntact: is_intact === 1, files, startedAtMs, endedAtMs, differing }
}

/**
 * Go on reading the files of manifests for which somebody waits, some at each call. A failure is logged, and tried
 * again once its lease has ended. Several processes may do it at once.
 */
export async function readAsked(
  platform: Platform,
  pace: Pick<ReadingPace, 'forMs'> & Partial<ReadingPace>,
): Promise<void> {
  const whole = { ...usual, ...pace }
  const untilMs = platform.now() + pace.forMs
  let filesLeft = whole.filesMax
  while (filesLeft > 0) {
    const reading = await claim(platform)
    if (!reading) return
    const ctx = systemContext(platform)
    try {
      filesLeft = await readSome(ctx, reading, { ...whole, untilMs, filesLeft })
    } catch (err) {
      const { manifest } = reading
      logError({ event: 'files not read', manifest, error: failureText(err) })
    }
    if (platform.now() >= untilMs) return
  }
}

async function claim({ db, now }: Platform): Promise<Reading | undefined> {
  const isFree = sql`ended_at_ms is null and coalesce(reading_until_ms, 0) <= ${now()}`
  // What was begun comes first: the longer it takes, the older is what was read.
  return db.first(sql<Reading>`update manifest_readings set reading_until_ms = ${now() + leaseMs},
      started_at_ms = iif(${hasBegun}, started_at_ms, ${now()})
    where manifest = (select manifest from manifest_readings where ${isFree}
      order by ${hasBegun} desc, started_at_ms, manifest limit 1) and ${isFree} returning *`)
}

/** @returns how many files may still be read in this run */
async function readSome(
  ctx: Context,
  first: Reading,
  bounds: ReadingPace & { readonly untilMs: number; readonly filesLeft: number },
): Promise<number> {
  let reading = first
  let filesLeft = bounds.filesLeft
  while (reading.ended_at_ms === null) {
    const step = await readStep(ctx, reading, { ...bounds, filesLeft })
    filesLeft -= step.reads
    const kept = await keepStep(ctx, reading, step)
    // Another process goes on.
    if (!kept) return filesLeft
    reading = kept
    if (filesLeft <= 0 || ctx.now() >= bounds.untilMs) break
  }
  await release(ctx, reading)
  return filesLeft
}

/**
 * Give a lease back, unless it ended and another process has its own: each ends later than every one before it, so
 * its end tells whose it is.
 */
async function release({ db }: Platform, of: Reading): Promise<void> {
  await db.all(sql`update manifest_readings set reading_until_ms = null
    where manifest = ${of.manifest} and reading_until_ms = ${of.reading_until_ms}`)
}

type Step = Pick<Reading, 'after' | 'piece_bytes' | 'piece_state' | 'piece_key'> & {
  readonly reads: number
  /** Files that were read to their end. */
  readonly files: number
  readonly differing: readonly DifferingFile[]
  readonly isLast: boolean
}

async function readStep(
  ctx: Context,
  reading: Reading,
  bounds: ReadingPace & { readonly filesLeft: number },
): Promise<Step> {
  const { manifest, after } = reading
  const found = await verifyAudited(ctx, manifest, {
    after,
    bytesMax: bounds.stepBytes,
    filesMax: Math.min(bounds.filesLeft, filesPerStep),
    wholeBytesMax: bounds.stepBytes,
  })
  if (found.large) return readPiece(ctx, reading, { ...bounds, file: found.large })
  return {
    after: found.next ?? found.files.at(-1)?.path ?? after,
    reads: found.files.length,
    files: found.files.length,
    differing: found.differing,
    isLast: found.next === undefined,
    ...noPiece,
  }
}

const noPiece = { piece_bytes: null, piece_state: null, piece_key: null }

/**
 * The next piece of a file that is too large to be read whole. Where its object was replaced since the piece before,
 * this is the first one again: no file is judged by bytes of two objects.
 */
async function readPiece(
  ctx: Context,
  { manifest, after, piece_bytes, piece_state, piece_key }: Reading,
  { file, pieceBytes }: ReadingPace & { readonly file: SealedFile },
): Promise<Step> {
  const goesOn = piece_key === file.key && piece_bytes !== null && piece_state !== null
  const [bytesRead, state] = goesOn ? [piece_bytes, piece_state] : [0, undefined]
  const read = await readPieceOf(ctx, { manifest, file, after, bytesRead, state }, pieceBytes)
  const step = { reads: 1, files: 0, after, differing: [], isLast: false, ...noPiece }
  if (read.is === 'replaced') return step
  if (read.is === 'part') {
    const place = { piece_bytes: read.bytesRead, piece_state: read.state, piece_key: file.key }
    return { ...step, ...place }
  }
  const { problem } = read
  return { ...step, files: 1, after: file.path, differing: problem ? [{ ...file, problem }] : [] }
}

/**
 * Keep how far a step came, where nobody else came further.
 *
 * @returns undefined: it was begun anew, or another process took this one for dead and has the lease
 */
async function keepStep(ctx: Context, before: Reading, step: Step): Promise<Reading | undefined> {
  const { manifest } = before
  const count = before.differing + step.differing.length
  const named: string[] = JSON.parse(before.named)
  named.push(...step.differing.map(({ path, problem }) => `${path} ${problem}`))
  const ended = step.isLast
    ? { atMs: ctx.now(), isIntact: count === 0 && (await isAsSealed(ctx, manifest)) }
    : undefined
  const { held } = await ctx.db.batch({
    kept: sql`update manifest_readings set after = ${step.after},
      files_read = files_read + ${step.files}, differing = ${count},
      named = ${JSON.stringify(named.slice(0, namedMax))},
      piece_bytes = ${step.piece_bytes}, piece_state = ${step.piece_state}, piece_key = ${step.piece_key},
      ended_at_ms = ${ended?.atMs ?? null}, is_intact = ${ended ? Number(ended.isIntact) : null}
    where manifest = ${manifest} and started_at_ms = ${before.started_at_ms}
      and after = ${before.after} and piece_bytes is ${before.piece_bytes}
      and piece_key is ${before.piece_key} and ended_at_ms is null`,
    held: sql<Reading>`update manifest_readings set reading_until_ms = ${ctx.now() + leaseMs}
      where manifest = ${manifest} and started_at_ms = ${before.started_at_ms}
        and reading_until_ms = ${before.reading_until_ms} returning *`,
    sound: ended?.isIntact ? forgetDamageBefore(before) : undefined,
  })
  return held[0]
}

/**
 * What is sound is listed as damaged no longer: damage is noted once a day, and what is found again after a repair
 * would not be noted, and end no reading that counts.
 */
function forgetDamageBefore({ manifest, started_at_ms }: Reading): SQL {
  return sql`delete from damaged_blobs where recorded_at_ms < ${started_at_ms}
    and blob in (select f.blob from manifest_files f where f.manifest = ${manifest})
    and exists (select 1 from manifest_readings r where r.manifest = ${manifest}
      and r.started_at_ms = ${started_at_ms} and r.is_intact = 1)`
}

/** Whether the list of files is still the one that was sealed. */
async function isAsSealed(ctx: Context, manifest: number): Promise<boolean> {
  const row = await ctx.db.first(
    sql<{ digest: string }>`select digest from manifests where id = ${manifest}`,
  )
  return row?.digest === (await digestManifest(ctx, await readAllManifestFiles(ctx, manifest)))
}
