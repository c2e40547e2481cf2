import type { SQL } from 'drizzle-orm'
import { int64FromRow } from '../../core/int64.ts'
import type { Point } from './chunk-codec.ts'
import { comparePlaces, comparePoints, sortPoints } from './point-order.ts'
import { type FoldedLeft, packsOf } from './read-folded.ts'
import type { SegmentRow } from './read-segments.ts'
import type { Place } from './segment.ts'

/** A part of the history of one metric of one run. */
export type PartWanted = {
  /** Of `runs.id`, without columns of its own. */
  readonly run: SQL
  readonly key: string
  /** The point behind which to begin. */
  readonly after?: Point | undefined
  /** Points, at most; may be infinite. */
  readonly count: number
}

/** Points of a part that are put in order in one turn, and lie in memory at once where nobody keeps them. */
export const pointsPerTurn = 16_000

/** A row of `metric_chunks`. */
export type ChunkRow = {
  readonly first_ms: number | string
  readonly first_step: number | string
  readonly id: number
  readonly body: string
}

/** How far one part is read: what is in rows, in chunks and in packs comes at its own pace. */
export type Reading = {
  readonly wanted: PartWanted
  /** The point behind which this reading began: the last one that was passed on, where points were folded meanwhile. */
  after: Point | undefined
  rows: { after: Point | undefined; isDone: boolean }
  chunks: { last: ChunkRow | undefined; isDone: boolean; read: number; points: number }
  /** Undefined: that is not known yet. */
  folded: FoldedLeft | undefined
  /** Read, but what comes still may belong before them. */
  waiting: Point[]
  /** Points that were passed on. */
  passed: number
  last: Point | undefined
}

export function startReading(wanted: PartWanted): Reading {
  return { wanted, ...startBehind(wanted.after), passed: 0, last: wanted.after }
}

function startBehind(after: Point | undefined) {
  return {
    after,
    rows: { after, isDone: false },
    chunks: { last: undefined, isDone: false, read: 0, points: 0 },
    folded: undefined,
    waiting: [],
  }
}

export function startAnew(reading: Reading): void {
  Object.assign(reading, startBehind(reading.last))
}

export function isOpen(reading: Reading): boolean {
  return reading.passed < reading.wanted.count && !isWhole(reading)
}

function isWhole({ rows, chunks, folded }: Reading): boolean {
  return rows.isDone && chunks.isDone && folded !== undefined && isFoldedDone(folded)
}

const isFoldedDone = ({ chunks, lost }: FoldedLeft) => chunks.length === 0 && !lost

/** Whether points went to other packs since the last round. @throws DATA_LOSS they did not, and are lost */
export function isMoved({ folded }: Reading, rows: readonly SegmentRow[]): boolean {
  if (!folded) return false
  if (folded.packs !== packsOf(rows)) return true
  if (folded.lost) throw folded.lost
  return false
}

type Source = 'rows' | 'chunks' | 'folded'

/** Whether a source is to be read on. While many points wait, only what they wait for is. */
export function isBehind(reading: Reading, source: Source): boolean {
  const frontiers = frontiersOf(reading)
  const own = frontiers[source]
  if (own === 'end') return false
  if (reading.waiting.length < pointsPerTurn || own === undefined) return true
  return Object.values(frontiers).every(
    (other) => other === 'end' || (other !== undefined && comparePlaces(own, other) <= 0),
  )
}

/** Up to where each source is read: no point before that is still to come. Undefined: nothing was read. */
function frontiersOf({ rows, chunks, folded }: Reading): Record<Source, Place | 'end' | undefined> {
  return {
    rows: rows.isDone ? 'end' : rows.after,
    chunks: chunks.isDone ? 'end' : chunks.last && placeOf(chunks.last),
    folded: folded && (isFoldedDone(folded) ? 'end' : folded.chunks[0]?.first),
  }
}

const placeOf = ({ first_ms, first_step }: ChunkRow): Place => ({
  timestampMs: int64FromRow(first_ms),
  step: int64FromRow(first_step),
})

/** Of a chunk that began earlier some points were passed on before. */
export function addBehind({ after, waiting }: Reading, points: readonly Point[]): void {
  for (const point of points) {
    if (!after || comparePoints(point, after) > 0) waiting.push(point)
  }
}

/** What nothing that is still to be read can come before; it is passed on. */
export function settleOrder(reading: Reading): readonly Point[] {
  const { wanted, rows, passed } = reading
  reading.waiting = sortPoints(reading.waiting)
  const { chunks, folded } = frontiersOf(reading)
  const isBefore = (point: Point, place: Place | 'end' | undefined) =>
    place === 'end' || (place !== undefined && comparePlaces(point, place) < 0)
  const isSettled = (point: Point) =>
    (rows.isDone || (rows.after !== undefined && comparePoints(point, rows.after) <= 0)) &&
    isBefore(point, chunks) &&
    isBefore(point, folded)
  const unsettled = isWhole(reading) ? -1 : reading.waiting.findIndex((point) => !isSettled(point))
  const count = Math.min(
    unsettled === -1 ? reading.waiting.length : unsettled,
    wanted.count - passed,
  )
  const settled = reading.waiting.slice(0, count)
  reading.waiting = reading.waiting.slice(count)
  reading.passed += count
  reading.last = settled.at(-1) ?? reading.last
  return settled
}
