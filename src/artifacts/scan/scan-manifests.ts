import { type SQL, sql } from 'drizzle-orm'
import { chunksOf } from '../../core/bytes.ts'
import { type Context, type Platform, systemContext } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { readManifestFiles, type SealedFile } from '../manifest.ts'
import { type ByteSource, UnreadableError } from './byte-reader.ts'
import { fileKindOf } from './file-kinds.ts'
import { type FileScan, scanFile } from './scan-file.ts'

/** Manifests that one run looks at, files that it reads, and the bytes after which it ends. */
const manifestsPerRun = 10
const filesPerRun = 50
const bytesPerRun = 256 * 1024 * 1024
/** What a read of the store counts for, besides the bytes. */
const readCost = 256 * 1024

/** Where this process goes on: what fails is tried again when it comes round. */
const placeOf = new WeakMap<Platform['db'], number>()

type Left = { files: number; bytes: number }

/**
 * Scan the files of versions that were sealed, some at each call. Each manifest is handled by itself: a
 * failure is logged and does not stop the others. Several processes may do it at once.
 */
export async function sweepScans(platform: Platform): Promise<void> {
  const place = placeOf.get(platform.db) ?? 0
  const due = await platform.db.all(sql<{ manifest: number; scanned_to: string }>`
    select manifest, scanned_to from manifests_to_scan where manifest > ${place}
    order by manifest limit ${manifestsPerRun}`)
  const isAll = due.length < manifestsPerRun
  placeOf.set(platform.db, isAll ? 0 : (due.at(-1)?.manifest ?? 0))
  const left: Left = { files: filesPerRun, bytes: bytesPerRun }
  for (const { manifest, scanned_to } of due) {
    if (left.files <= 0 || left.bytes <= 0) {
      placeOf.set(platform.db, manifest - 1)
      return
    }
    await scanSome(systemContext(platform), manifest, { after: scanned_to, left }).catch((err) =>
      logError({ event: 'files not scanned', manifest, error: failureText(err) }),
    )
  }
}

async function scanSome(
  ctx: Context,
  manifest: number,
  { after, left }: { readonly after: string; readonly left: Left },
): Promise<void> {
  const count = left.files
  const files = await readManifestFiles(ctx, manifest, { after, count })
  let scannedTo = after
  for (const file of files) {
    if (left.bytes <= 0) return
    await scanOnce(ctx, file, left)
    // Somebody may have asked for all of it again meanwhile, or another process be further on.
    const moved = await ctx.db.all(sql`update manifests_to_scan set scanned_to = ${file.path}
      where manifest = ${manifest} and scanned_to = ${scannedTo} returning 1`)
    if (moved.length === 0) return
    scannedTo = file.path
  }
  if (files.length < count) {
    await ctx.db.all(sql`delete from manifests_to_scan
      where manifest = ${manifest} and scanned_to = ${scannedTo}`)
  }
}

/** Equal bytes are read once for each way in which names say that they are looked at. */
async function scanOnce(ctx: Context, file: SealedFile, left: Left): Promise<void> {
  left.files--
  const kind = fileKindOf(file.path)
  const blob = sql`(select id from blobs where key = ${file.key})`
  const known = await ctx.db.first(
    sql`select 1 from file_scans where blob = ${blob} and kind = ${kind}`,
  )
  if (known) return
  const scan = await scanFile(sourceOf(ctx, file, left), file.path)
  await ctx.db.all(sql`insert into file_scans (blob, kind, at_ms, scan)
    select id, ${kind}, ${ctx.now()}, ${scanText(scan)} from blobs where key = ${file.key}
    on conflict (blob, kind) do nothing`)
}

/** Statements that have the files of a manifest scanned again that could not be read. */
export function rescanStatements(manifest: SQL): SQL[] {
  return [
    sql`delete from file_scans where scan ->> 'unread' is not null
      and blob in (select blob from manifest_files where manifest = ${manifest})`,
    sql`insert into manifests_to_scan (manifest, scanned_to)
      select id, '' from manifests where id = ${manifest}
      on conflict (manifest) do update set scanned_to = ''`,
  ]
}

const textMax = 500_000

/** As the column has it. A name is cut by nothing, so too many long ones are not kept at all. */
function scanText(scan: FileScan): string {
  const text = JSON.stringify(scan)
  if (text.length <= textMax) return text
  const unread = 'the names in it are too long to be kept'
  return JSON.stringify({ imports: [], found: [], unread } satisfies FileScan)
}

const windowBytes = 256 * 1024
/** Of one file: an archive may list files that lie as far from each other as can be. */
const readsMax = 2000

/** The bytes of a stored file. Small parts near each other are read at once. */
function sourceOf(ctx: Context, { key, sizeBytes }: SealedFile, left: Left): ByteSource {
  let window = { start: 0, bytes: new Uint8Array(0) }
  let reads = 0
  async function* read(start: number, end: number): AsyncGenerator<Uint8Array> {
    if (start >= end) return
    if (++reads > readsMax) throw new UnreadableError('its parts lie in too many places')
    left.bytes -= readCost
    const blob = await ctx.blobs.get(key, { start, end })
    if (blob?.sizeBytes !== sizeBytes) {
      await blob?.body.cancel()
      throw new UnreadableError('its stored bytes are lost')
    }
    for await (const chunk of chunksOf(blob.body)) {
      left.bytes -= chunk.length
      yield chunk
    }
  }
  async function* readSmall(start: number, end: number): AsyncGenerator<Uint8Array> {
    const isThere = window.start <= start && end <= window.start + window.bytes.length
    if (!isThere) {
      const bytes = new Uint8Array(Math.min(windowBytes, sizeBytes - start))
      let at = 0
      for await (const chunk of read(start, start + bytes.length)) {
        bytes.set(chunk, at)
        at += chunk.length
      }
      window = { start, bytes: bytes.subarray(0, at) }
    }
    yield window.bytes.subarray(start - window.start, end - window.start)
  }
  return {
    sizeBytes,
    canSeek: true,
    open(start, end = sizeBytes) {
      const from = Math.min(start, sizeBytes)
      const to = Math.min(end, sizeBytes)
      const isSmall = to - from <= windowBytes / 2 && to > from
      return isSmall ? readSmall(from, to) : read(from, to)
    },
  }
}
