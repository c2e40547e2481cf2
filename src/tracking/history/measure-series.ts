import { sql } from 'drizzle-orm'
import type { Int64 } from '../../core/int64.ts'
import type { Database } from '../../db/database.ts'
import type { Point } from './chunk-codec.ts'
import { readPointsOf } from './read-points.ts'
import type { PartRow } from './series-buckets.ts'

type Series = { readonly run: number; readonly key: string }

type Axis = {
  readonly x: 'step' | 'time'
  readonly range?: { readonly from: number; readonly to: number } | undefined
  readonly bucketsMax: number
}

/** Series that are read in one round trip. */
const seriesPerRead = 10

/** Each of `series` in parts along the axis, here, since SQL reads no chunks. */
export async function measureSeries<S extends Series>(
  db: Database,
  series: readonly S[],
  { x, range, bucketsMax: partsMax }: Axis,
): Promise<Map<S, PartRow[]>> {
  const parts = new Map<S, PartRow[]>()
  for (let at = 0; at < series.length; at += seriesPerRead) {
    const round = series.slice(at, at + seriesPerRead)
    const read = await readPointsOf(
      db,
      round.map(({ run, key }) => ({ run: sql`${run}`, key, count: Number.POSITIVE_INFINITY })),
    )
    for (const [i, one] of round.entries()) {
      const points = read[i] ?? []
      const first = points[0]?.timestampMs ?? 0
      const { run, key } = one
      const terms = { run, key, first: Number(first), placeOf: placeOfPoint(x, first) }
      parts.set(one, seriesPartsOf(points, { ...terms, range, partsMax }))
    }
  }
  return parts
}

/** The parts of one series that are to be told apart, and whose it is. */
type SeriesParts = Pick<PartRow, 'run' | 'key' | 'first'> & {
  readonly placeOf: (point: Point) => number
  /** Undefined: all places. */
  readonly range?: { readonly from: number; readonly to: number } | undefined
  readonly partsMax: number
}

/** A part for each place of the axis that has points, or for equal pieces of the axis where these are too many. */
function seriesPartsOf(points: readonly Point[], series: SeriesParts): PartRow[] {
  const { placeOf, range, partsMax } = series
  const places = new Map<number, Part>()
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const within = points.filter((point) => {
    const place = placeOf(point)
    if (range && (place < range.from || place > range.to)) return false
    low = Math.min(low, place)
    high = Math.max(high, place)
    return true
  })
  const isFew = new Set(within.map(placeOf)).size <= partsMax
  const width = (high - low + 1) / partsMax
  for (const point of within) {
    const x = placeOf(point)
    // Among places beyond 2^53 a difference of 1 is lost, and the last would be one piece more.
    const piece = isFew ? x : Math.min(partsMax - 1, Math.floor((x - low) / width))
    const part = places.get(piece) ?? newPart(x)
    places.set(piece, part)
    addPoint(part, x, point.value)
  }
  const { run, key, first } = series
  return [...places.values()]
    .map(({ finite, ...part }) => ({ ...part, run, key, first, from_ms: 0, to_ms: 0 }))
    .sort((a, b) => a.x - b.x)
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
function placeOfPoint(x: 'step' | 'time', first: Int64): (point: Point) => number {
  return x === 'step'
    ? ({ step }) => Number(step)
    : ({ timestampMs }) => Number(BigInt(timestampMs) - BigInt(first))
}
