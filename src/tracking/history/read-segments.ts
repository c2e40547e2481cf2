import { type SQL, sql } from 'drizzle-orm'
import { readPacked } from '../../artifacts/packs/pack.ts'
import { RegistryError } from '../../core/error.ts'
import type { Database } from '../../db/database.ts'
import { logError } from '../../platform/log.ts'
import type { BlobStore } from '../../platform/ports.ts'
import type { Point } from './chunk-codec.ts'
import {
  decodeChunk,
  decodeDirectory,
  type SegmentChunk,
  type SegmentDirectory,
} from './segment.ts'

/** Where a part of the history of a run is. What a run has in a pack never changes. */
export type SegmentRow = {
  readonly run: number
  readonly run_id: string
  readonly pack: number
  readonly key: string
  readonly start: number
  readonly length: number
  readonly directory_length: number
  readonly points: number
}

/** A segment whose directory was read. */
export type OpenSegment = {
  readonly directory: SegmentDirectory
  /** The points of some chunks. @throws DATA_LOSS they are missing or damaged */
  read(chunks: readonly SegmentChunk[]): Promise<Point[]>
}

/** Up to so many bytes a segment is read in one go. */
const wholeBytesMax = 100_000

/** The segments of a run, the oldest first. @param run SQL of `runs.id` */
export function segmentsStatement(run: SQL): SQL<SegmentRow> {
  return sql<SegmentRow>`select f.run, r.run_id, f.pack, k.key, f.start, f.length, f.directory_length, f.points
    from folded_metrics f cross join metric_packs k on k.id = f.pack cross join runs r on r.id = f.run
    where f.run = ${run} order by f.pack`
}

/** Condition that points of a run are in packs. */
export function isFoldedSql(run: SQL): SQL {
  return sql`exists (select 1 from folded_metrics f where f.run = ${run})`
}

/** Those of some runs, by `runs.id`, of which points are in packs. */
export async function findFoldedRuns(
  db: Database,
  of: readonly { readonly run: number }[],
): Promise<ReadonlySet<number>> {
  const runs = JSON.stringify([...new Set(of.map(({ run }) => run))])
  const folded = await db.all(sql<{ run: number }>`select w.value as run
    from json_each(${runs}) w where ${isFoldedSql(sql`w.value`)}`)
  return new Set(folded.map(({ run }) => run))
}

/** @throws DATA_LOSS it is missing or damaged */
export async function openSegment(blobs: BlobStore, row: SegmentRow): Promise<OpenSegment> {
  const atOnce = row.length <= wholeBytesMax ? row.length : row.directory_length
  const head = await readRange(blobs, row, { start: 0, end: atOnce })
  const directory = unlessDamaged(row, () =>
    decodeDirectory(head.subarray(0, row.directory_length)),
  )
  return {
    directory,
    async read(chunks) {
      const [first, last] = [chunks.at(0), chunks.at(-1)]
      if (!first || !last) return []
      // Chunks of a metric lie one after another.
      const range = { start: first.start, end: last.start + last.length }
      const isHere = range.end <= head.byteLength
      const bytes = isHere
        ? head.subarray(range.start, range.end)
        : await readRange(blobs, row, range)
      return chunks.flatMap((chunk) => {
        const start = chunk.start - range.start
        const own = bytes.subarray(start, start + chunk.length)
        return unlessDamaged(row, () => decodeChunk(chunk, own))
      })
    },
  }
}

/** The bytes of a segment as they are. @throws DATA_LOSS they are missing */
export function readSegment(blobs: BlobStore, row: SegmentRow): Promise<Uint8Array<ArrayBuffer>> {
  return readRange(blobs, row, { start: 0, end: row.length })
}

/** @throws DATA_LOSS there are fewer bytes than the row says */
async function readRange(
  blobs: BlobStore,
  row: SegmentRow,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const range = { start: row.start + start, end: row.start + end }
  const bytes = await readPacked(blobs, row.key, range)
  if (!bytes) throw lostPoints(row, 'is missing')
  if (bytes.byteLength !== end - start) throw lostPoints(row, 'is shorter than it was')
  return bytes
}

function unlessDamaged<T>(row: SegmentRow, decode: () => T): T {
  try {
    return decode()
  } catch (err) {
    throw lostPoints(row, 'is damaged', err)
  }
}

function lostPoints({ key, run_id }: SegmentRow, problem: string, cause?: unknown): RegistryError {
  logError({ event: 'blob damaged', key, runId: run_id, problem })
  return new RegistryError(
    'DATA_LOSS',
    `Stored points of the metrics of run '${run_id}' are lost: the blob '${key}' ${problem}; restore it from a backup, or delete the run`,
    { cause },
  )
}
