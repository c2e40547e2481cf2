import { RegistryError } from '../../core/error.ts'
import type { BlobStore } from '../../platform/ports.ts'
import type { Point } from './chunk-codec.ts'
import { comparePlaces } from './point-order.ts'
import { type OpenSegment, openSegment, type SegmentRow } from './read-segments.ts'
import type { SegmentChunk } from './segment.ts'

/** Segments that were opened, so that several metrics of a run share one directory. */
export type OpenSegments = (row: SegmentRow) => Promise<OpenSegment>

/** What of one metric of a run is folded, and is still to be read. */
export type FoldedLeft = {
  /** Which packs have it: these never change, so the same packs have the same points. */
  readonly packs: string
  /** In the order of history. */
  readonly chunks: readonly FoldedChunk[]
  /** Why they cannot be read: their object is gone. */
  readonly lost?: RegistryError
}

type FoldedChunk = SegmentChunk & { readonly of: OpenSegment }

export function openSegmentsOf(blobs: BlobStore): OpenSegments {
  const opened = new Map<string, Promise<OpenSegment>>()
  return (row) => {
    const id = `${row.run} ${row.pack}`
    const open = opened.get(id) ?? openSegment(blobs, row)
    opened.set(id, open)
    return open
  }
}

export function packsOf(rows: readonly SegmentRow[]): string {
  return rows.map(({ pack }) => pack).join()
}

/** Find what of a metric is in the segments of its run. @param after what ends before it is left out */
export async function findFolded(
  open: OpenSegments,
  rows: readonly SegmentRow[],
  { key, after }: { readonly key: string; readonly after: Point | undefined },
): Promise<FoldedLeft> {
  const packs = packsOf(rows)
  try {
    const segments = await Promise.all(rows.map(open))
    const chunks = segments
      .flatMap((of) => (of.directory.get(key) ?? []).map((chunk) => ({ ...chunk, of })))
      .filter(({ last }) => !after || comparePlaces(last, after) >= 0)
      .sort((a, b) => comparePlaces(a.first, b.first))
    return { packs, chunks }
  } catch (err) {
    return { packs, chunks: [], lost: lossFrom(err) }
  }
}

/** The next chunks, of so many points or a few more. */
export async function readFolded(
  { packs, chunks }: FoldedLeft,
  pointsMax: number,
): Promise<{ readonly points: readonly Point[]; readonly left: FoldedLeft }> {
  let count = 0
  let points = 0
  for (; count < chunks.length && points < pointsMax; count += 1)
    points += chunks[count]?.points ?? 0
  const taken = chunks.slice(0, count)
  const left = { packs, chunks: chunks.slice(count) }
  try {
    const reads = [...Map.groupBy(taken, ({ of }) => of)].map(([of, own]) => of.read(own))
    return { points: (await Promise.all(reads)).flat(), left }
  } catch (err) {
    return { points: [], left: { packs, chunks, lost: lossFrom(err) } }
  }
}

/** Thrown later, unless the points are elsewhere by then. */
function lossFrom(err: unknown): RegistryError {
  if (err instanceof RegistryError && err.code === 'DATA_LOSS') return err
  throw err
}
