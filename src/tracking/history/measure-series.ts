import { sql } from 'drizzle-orm'
import type { Int64 } from '../../core/int64.ts'
import type { Point } from './chunk-codec.ts'
import { type HistoryStore, readRoundsOf } from './read-points.ts'
import type { PartRow } from './series-buckets.ts'

type Series = { readonly run: number; readonly key: string }

type Axis = {
  readonly x: 'step' | 'time'
  readonly range?: { readonly from: number; readonly to: number } | undefined
  readonly bucketsMax: number
}

/** Series that are read in one round trip. */
const seriesPerRead = 10

/**
 * Each of `series` in parts along the axis, here, since SQL reads no chunks: a part for each place that has
 * points, or where these are too many for equal pieces of the axis, which a second reading fills.
 * However long they are, few of their points are in memory at once.
 */
export async function measureSeries<S extends Series>(
  store: HistoryStore,
  series: readonly S[],
  axis: Axis,
): Promise<Map<S, PartRow[]>> {
  const rows = new Map<S, PartRow[]>()
  for (let at = 0; at < series.length; at += seriesPerRead) {
    const measured = series.slice(at, at + seriesPerRead).map((of) => new MeasuredSeries(of, axis))
    await measureEach(store, measured)
    const long = measured.filter((one) => one.startPieces())
    await measureEach(store, long)
    for (const one of measured) rows.set(one.of, one.rows())
  }
  return rows
}

async function measureEach<S extends Series>(
  store: HistoryStore,
  measured: readonly MeasuredSeries<S>[],
): Promise<void> {
  const wanted = measured.map(({ of: { run, key } }) => ({
    ...{ run: sql`${run}`, key, count: Number.POSITIVE_INFINITY },
  }))
  for await (const round of readRoundsOf(store, wanted)) {
    for (const [i, one] of measured.entries()) one.add(round[i] ?? [])
  }
}

/** A series while it is read. */
class MeasuredSeries<S extends Series> {
  readonly of: S
  readonly #axis: Axis
  #first: Int64 | undefined
  #low = Number.POSITIVE_INFINITY
  #high = Number.NEGATIVE_INFINITY
  /** By their places, or by their numbers along the axis. */
  readonly #parts = new Map<number, Part>()
  #state: 'places' | 'too many' | 'pieces' = 'places'

  constructor(of: S, axis: Axis) {
    this.of = of
    this.#axis = axis
  }

  /** The next points, in the order of history. */
  add(points: readonly Point[]): void {
    const { range } = this.#axis
    for (const point of points) {
      this.#first ??= point.timestampMs
      const place = placeOf(point, this.#axis.x, this.#first)
      if (!range || (place >= range.from && place <= range.to)) this.#addAt(place, point.value)
    }
  }

  /** Begin anew with pieces of the axis. @returns false: its places are few, and it is done */
  startPieces(): boolean {
    if (this.#state === 'places') return false
    this.#state = 'pieces'
    return true
  }

  /** By their places. */
  rows(): PartRow[] {
    const { run, key } = this.of
    const first = Number(this.#first ?? 0)
    return [...this.#parts.values()]
      .map(({ finite, ...part }) => ({ ...part, run, key, first, from_ms: 0, to_ms: 0 }))
      .sort((a, b) => a.x - b.x)
  }

  #addAt(place: number, value: number): void {
    if (this.#state !== 'pieces') {
      this.#low = Math.min(this.#low, place)
      this.#high = Math.max(this.#high, place)
    }
    if (this.#state === 'too many') return
    const id = this.#state === 'places' ? place : this.#pieceOf(place)
    const part = this.#parts.get(id) ?? newPart(place)
    this.#parts.set(id, part)
    addPoint(part, place, value)
    if (this.#state === 'places' && this.#parts.size > this.#axis.bucketsMax) {
      this.#state = 'too many'
      this.#parts.clear()
    }
  }

  #pieceOf(place: number): number {
    const { bucketsMax } = this.#axis
    const width = (this.#high - this.#low + 1) / bucketsMax
    const piece = Math.floor((place - this.#low) / width)
    // Points may have come since; and beyond 2^53 a difference of 1 is lost, so that the last would be one more.
    return Math.max(0, Math.min(bucketsMax - 1, piece))
  }
}

type Part = {
  -readonly [Name in Exclude<
    keyof PartRow,
    'run' | 'key' | 'first' | 'from_ms' | 'to_ms'
  >]: PartRow[Name]
} & { finite: number }

function newPart(x: number): Part {
  return {
    ...{ points: 0, x, end_x: x, nans: 0, infinities: 0, finite: 0 },
    ...{ low: null, high: null, mean: null },
  }
}

function addPoint(part: Part, x: number, value: number): void {
  part.points += 1
  part.x = Math.min(part.x, x)
  part.end_x = Math.max(part.end_x, x)
  if (Number.isNaN(value)) {
    part.nans += 1
  } else if (Math.abs(value) >= Number.MAX_VALUE) {
    // Infinities are kept as the largest double.
    part.infinities += 1
  } else {
    part.finite += 1
    part.low = Math.min(part.low ?? value, value)
    part.high = Math.max(part.high ?? value, value)
    // Shares first: a sum may pass the doubles.
    const mean = part.mean ?? 0
    part.mean = mean + (value / part.finite - mean / part.finite)
  }
}

/** Where a point is on the axis of steps, or on that of milliseconds since the first point. */
function placeOf({ step, timestampMs }: Point, x: 'step' | 'time', first: Int64): number {
  return x === 'step' ? Number(step) : Number(BigInt(timestampMs) - BigInt(first))
}
