import { type SQL, sql } from 'drizzle-orm'
import { excerpt, RegistryError } from '../../core/error.ts'
import { int64FromRow } from '../../core/int64.ts'
import { letOthersRun } from '../../core/rounds.ts'
import type { Database } from '../../db/database.ts'
import { int64Column, int64Param } from '../../db/sql.ts'
import type { Platform } from '../../platform/context.ts'
import { storedValue } from '../latest-metrics.ts'
import { decodePoints, type Point } from './chunk-codec.ts'
import { findFolded, type OpenSegments, openSegmentsOf, readFolded } from './read-folded.ts'
import { isFoldedSql, type SegmentRow, segmentsStatement } from './read-segments.ts'
import {
  addBehind,
  type ChunkRow,
  isBehind,
  isMoved,
  isOpen,
  type PartWanted,
  pointsPerTurn,
  type Reading,
  settleOrder,
  startAnew,
  startReading,
} from './reading.ts'

/** Points of one statement: their JSON stays far below the 2 MB that one value of D1 may have. */
const rowsPerRead = 5000
/** Of 8 to 1,000 points each; how many a part has to a chunk is known once some were read. */
const chunksPerRead = { least: 8, first: 16, most: 256, pointsOfOne: 100 }

/** Where histories are. */
export type HistoryStore = Pick<Platform, 'db' | 'blobs'>

/**
 * The points of each part in the order of history, each once, wherever they are kept. One round trip for
 * all parts, and more where they are long or folded.
 *
 * @throws DATA_LOSS points are lost: a history that cannot be read is not a shorter one
 */
export async function readPointsOf(
  store: HistoryStore,
  parts: readonly PartWanted[],
): Promise<Point[][]> {
  const points: Point[][] = parts.map(() => [])
  for await (const round of readRoundsOf(store, parts)) {
    for (const [i, part] of round.entries()) for (const point of part) points[i]?.push(point)
  }
  return points
}

/**
 * As `readPointsOf`, as they come: each round has the next points of each part. Every read of the history
 * of a metric goes through here. A round is one moment of the database; where points were folded between two,
 * that part is read anew from behind what was passed on.
 */
export async function* readRoundsOf(
  { db, blobs }: HistoryStore,
  parts: readonly PartWanted[],
): AsyncGenerator<readonly (readonly Point[])[]> {
  const readings = parts.map(startReading)
  const openSegment = openSegmentsOf(blobs)
  for (;;) {
    const open = readings.filter(isOpen)
    if (open.length === 0) return
    const moved = await readOn(db, open, { openSegment, parts: parts.length })
    yield readings.map((reading) =>
      open.includes(reading) && !moved.has(reading) ? settleOrder(reading) : [],
    )
  }
}

/** @returns those that begin anew */
async function readOn(
  db: Database,
  open: readonly Reading[],
  { openSegment, parts }: { readonly openSegment: OpenSegments; readonly parts: number },
): Promise<ReadonlySet<Reading>> {
  const inRows = open.filter((reading) => isBehind(reading, 'rows'))
  const inChunks = open.filter((reading) => isBehind(reading, 'chunks'))
  const counts = inChunks.map((reading) => chunksWanted(reading, parts))
  const found = await db.batch({
    rows: inRows.map(rowsStatement),
    chunks: inChunks.map((reading, i) => chunksStatement(reading, counts[i] ?? 0)),
    folded: open.map(({ wanted }) => segmentsStatement(wanted.run)),
  })
  const moved = new Set(open.filter((reading, i) => isMoved(reading, found.folded[i] ?? [])))
  for (const [i, reading] of inRows.entries()) takeRows(reading, found.rows[i]?.[0]?.points)
  for (const [i, reading] of inChunks.entries()) {
    // Between parts, not behind the last one: what was just read is passed on before it grows old in the heap.
    if (i > 0) await letOthersRun()
    takeChunks(reading, found.chunks[i] ?? [], counts[i] ?? 0)
  }
  const stayed = open.map((reading, i) => ({ reading, rows: found.folded[i] ?? [] }))
  await Promise.all(
    stayed.map(({ reading, rows }) =>
      moved.has(reading) ? startAnew(reading) : takeFolded(openSegment, reading, rows),
    ),
  )
  return moved
}

/** Whether some of the history of a metric of a run may be elsewhere than in rows of `metrics`. */
export function hasChunksSql(run: SQL, key: SQL): SQL {
  return sql`(exists (select 1 from metric_chunks c where c.run = ${run} and c.key = ${key})
    or ${isFoldedSql(run)})`
}

/** @param parts that are read at once, and share what is read at first */
function chunksWanted({ wanted, chunks, passed }: Reading, parts: number): number {
  const points = Math.min(wanted.count - passed, pointsPerTurn)
  const { least, first, most, pointsOfOne } = chunksPerRead
  if (chunks.read === 0) {
    return Math.max(least, Math.min(first, Math.ceil(points / pointsOfOne / parts)))
  }
  // One more, since nothing behind the beginning of the last one is known.
  return Math.max(least, Math.min(most, Math.ceil((points * chunks.read) / chunks.points) + 1))
}

function rowsWanted({ wanted, passed }: Reading): number {
  return Math.min(rowsPerRead, wanted.count - passed)
}

/**
 * The points as one row, since drivers take longer over a row than SQLite over a point. Values go as
 * text of 17 digits, since SQLite's JSON has 15.
 */
function rowsStatement(reading: Reading): SQL<{ points: string }> {
  const { run, key } = reading.wanted
  const { after } = reading.rows
  const behind = after
    ? sql`and (m.timestamp_ms, m.step, m.value, m.is_nan) > (${int64Param(after.timestampMs)},
        ${int64Param(after.step)}, ${storedValue(after.value)}, ${Number.isNaN(after.value) ? 1 : 0})`
    : sql``
  return sql<{ points: string }>`
    select json_group_array(json_array(
      printf('%!.17g', p.value), p.is_nan, p.step, p.timestamp_ms)) as points
    from (select m.value, m.is_nan, ${int64Column(sql`m.step`)} as step,
        ${int64Column(sql`m.timestamp_ms`)} as timestamp_ms from metrics m
      where m.run = ${run} and m.key = ${key} ${behind}
      order by m.timestamp_ms, m.step, m.value, m.is_nan limit ${rowsWanted(reading)}) p`
}

type PointCells = [
  value: string,
  isNan: number,
  step: number | string,
  timestampMs: number | string,
]

function takeRows(reading: Reading, text: string | undefined): void {
  const cells: readonly PointCells[] = JSON.parse(text ?? '[]')
  const points = cells.map(([value, isNan, step, timestampMs]) => ({
    timestampMs: int64FromRow(timestampMs),
    step: int64FromRow(step),
    value: isNan ? Number.NaN : Number(value),
  }))
  reading.rows.isDone = points.length < rowsWanted(reading)
  reading.rows.after = points.at(-1) ?? reading.rows.after
  for (const point of points) reading.waiting.push(point)
}

function chunksStatement({ wanted, chunks, after }: Reading, count: number): SQL<ChunkRow> {
  const { run, key } = wanted
  const unread = after
    ? sql`and (c.last_ms, c.last_step) >= (${int64Param(after.timestampMs)}, ${int64Param(after.step)})`
    : sql``
  const behind = chunks.last
    ? sql`and (c.first_ms, c.first_step, c.id) > (${int64Param(int64FromRow(chunks.last.first_ms))},
        ${int64Param(int64FromRow(chunks.last.first_step))}, ${chunks.last.id})`
    : sql``
  return sql<ChunkRow>`select ${int64Column(sql`c.first_ms`)} as first_ms,
      ${int64Column(sql`c.first_step`)} as first_step, c.id, c.body
    from metric_chunks c where c.run = ${run} and c.key = ${key} ${unread} ${behind}
    order by c.first_ms, c.first_step, c.id limit ${count}`
}

function takeChunks(reading: Reading, found: readonly ChunkRow[], count: number): void {
  reading.chunks.isDone = found.length < count
  reading.chunks.last = found.at(-1) ?? reading.chunks.last
  reading.chunks.read += found.length
  for (const { body } of found) {
    const points = decodeUnlessDamaged(reading.wanted.key, body)
    reading.chunks.points += points.length
    addBehind(reading, points)
  }
}

/** @throws DATA_LOSS the row is damaged */
function decodeUnlessDamaged(key: string, body: string): Point[] {
  try {
    return decodePoints(body)
  } catch (cause) {
    throw new RegistryError(
      'DATA_LOSS',
      `Stored points of the metric '${excerpt(key)}' are damaged; restore the database from a backup, or delete the run`,
      { cause },
    )
  }
}

async function takeFolded(
  open: OpenSegments,
  reading: Reading,
  rows: readonly SegmentRow[],
): Promise<void> {
  const { wanted, after, passed } = reading
  reading.folded ??= await findFolded(open, rows, { key: wanted.key, after })
  if (reading.folded.lost || !isBehind(reading, 'folded')) return
  const count = Math.min(wanted.count - passed, pointsPerTurn)
  const { points, left } = await readFolded(reading.folded, count)
  reading.folded = left
  addBehind(reading, points)
}
