import { type SQL, sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import { letOthersRun } from '../../core/rounds.ts'
import { int64Column } from '../../db/sql.ts'
import { decodePoints, type Point } from '../history/chunk-codec.ts'
import { sortPoints } from '../history/point-order.ts'
import type { HistoryStore } from '../history/read-points.ts'
import { openSegment, type SegmentRow, segmentsStatement } from '../history/read-segments.ts'
import { encodeSegment, type Segment } from '../history/segment.ts'
import { type Metric, type MetricRow, metricFromRow } from '../run.ts'

/** What one segment is made from, at most: the rest of a run is for the next one. */
const rowsMax = 10_000
const chunksMax = 5000
const charsMax = 3_000_000
const charsOfRow = 40

/** From so many on, a run's small segments are written together. */
const segmentsMin = 4
const mergedBytesMax = 2_000_000

/** Points of a run for a pack, and what of the database they take the place of. */
export type GatheredRun = Segment & {
  readonly run: number
  /** The last pack in which the run had points; 0: it had none. */
  readonly packBefore: number
  /** Rows of `metrics`: how many, and the last one by their key. */
  readonly rows: { readonly count: number; readonly last: Metric } | undefined
  /** `metric_chunks.id`. */
  readonly chunks: readonly number[]
  /** Packs whose points of the run are in this segment too. */
  readonly merged: readonly number[]
  /** What was read for it, for a bound on what is done at once. */
  readonly chars: number
  /** Whether nothing of the run is left. */
  readonly isWhole: boolean
}

type ChunkBody = { readonly id: number; readonly key: string; readonly body: string }

/**
 * Read the points of a run that are in rows, or as many of them as one segment has.
 *
 * @returns undefined: there are none any more
 * @throws what is damaged
 */
export async function gatherPoints(
  store: HistoryStore,
  run: number,
): Promise<GatheredRun | undefined> {
  const found = await store.db.batch({
    segments: segmentsStatement(sql`${run}`),
    rows: rowsStatement(run),
    chunks: chunksStatement(run),
  })
  const { chunks, segments } = found
  const rows = found.rows.map(metricFromRow)
  const histories = new Map<string, Point[]>()
  addTo(histories, rows)
  for (const { key, body } of chunks) addTo(histories, keyed(key, decodePoints(body)))
  const loose = countPoints(histories)
  if (loose === 0) return undefined
  const merged = await addSegments(store, histories, { segments, loose })
  const sorted = new Map<string, Point[]>()
  for (const [key, points] of histories) {
    sorted.set(key, sortPoints(points))
    await letOthersRun()
  }
  const last = rows.at(-1)
  const chars = chunks.reduce((sum, { body }) => sum + body.length, rows.length * charsOfRow)
  return {
    ...encodeSegment(sorted),
    run,
    packBefore: segments.at(-1)?.pack ?? 0,
    rows: last && { count: rows.length, last },
    chunks: chunks.map(({ id }) => id),
    merged,
    chars,
    isWhole: rows.length < rowsMax && chunks.length < chunksMax && chars < charsMax / 2,
  }
}

function rowsStatement(run: number): SQL<MetricRow> {
  return sql<MetricRow>`select m.key, m.value, m.is_nan, ${int64Column(sql`m.step`)} as step,
      ${int64Column(sql`m.timestamp_ms`)} as timestamp_ms
    from metrics m where m.run = ${run}
    order by m.key, m.timestamp_ms, m.step, m.value, m.is_nan limit ${rowsMax}`
}

/** Lengths first, so that no more is read than is taken. */
function chunksStatement(run: number): SQL<ChunkBody> {
  return sql<ChunkBody>`with sizes as (
      select c.id, octet_length(c.body) as size, row_number() over () as place
      from (select id, body from metric_chunks where run = ${run}
        order by key, first_ms, first_step, id limit ${chunksMax}) c),
    sums as (select id, place, sum(size) over (order by place) as chars from sizes)
    select c.id, c.key, c.body from sums s cross join metric_chunks c on c.id = s.id
    where s.chars <= ${charsMax} or s.place = 1 order by s.place`
}

/**
 * Add the points of small segments, each no more than twice those that there are: a point is so written
 * anew a few times at most, however often late ones come.
 *
 * @returns their packs; none where one cannot be read, which stays as it is
 */
async function addSegments(
  { blobs }: HistoryStore,
  histories: Map<string, Point[]>,
  { segments, loose }: { readonly segments: readonly SegmentRow[]; readonly loose: number },
): Promise<number[]> {
  if (segments.length < segmentsMin) return []
  const chosen: SegmentRow[] = []
  let [points, bytes] = [loose, 0]
  for (const segment of segments.toSorted((a, b) => a.points - b.points)) {
    bytes += segment.length
    if (segment.points > 2 * points || bytes > mergedBytesMax) break
    points += segment.points
    chosen.push(segment)
  }
  const read: [string, Point[]][] = []
  try {
    for (const row of chosen) {
      const segment = await openSegment(blobs, row)
      for (const [key, chunks] of segment.directory) read.push([key, await segment.read(chunks)])
    }
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'DATA_LOSS') return []
    throw err
  }
  for (const [key, own] of read) addTo(histories, keyed(key, own))
  return chosen.map(({ pack }) => pack)
}

function addTo(histories: Map<string, Point[]>, points: readonly Metric[]): void {
  for (const { key, ...point } of points) {
    const own = histories.get(key)
    if (own) own.push(point)
    else histories.set(key, [point])
  }
}

function keyed(key: string, points: readonly Point[]): Metric[] {
  return points.map((point) => ({ ...point, key }))
}

function countPoints(histories: ReadonlyMap<string, readonly Point[]>): number {
  return [...histories.values()].reduce((sum, { length }) => sum + length, 0)
}
