import { type SQL, sql } from 'drizzle-orm'
import { int64FromRow } from '../../core/int64.ts'
import { letOthersRun } from '../../core/rounds.ts'
import type { Database } from '../../db/database.ts'
import { int64Column, int64Param } from '../../db/sql.ts'
import { storedValue } from '../latest-metrics.ts'
import { decodePoints, type Point } from './chunk-codec.ts'
import { comparePlaces, comparePoints, sortPoints } from './point-order.ts'

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

/** Points of one statement: their JSON stays far below the 2 MB that one value of D1 may have. */
const rowsPerRead = 5000
/** Of 8 to 1,000 points each; how many a part has to a chunk is known once some were read. */
const chunksPerRead = { least: 8, first: 16, most: 256, pointsOfOne: 100 }
/** Points of a part that are put in order in one turn, and lie in memory at once where nobody keeps them. */
const pointsPerTurn = 16_000

/**
 * The points of each part in the order of history, each once, wherever they are kept. One round trip for
 * all parts, and more where they are long.
 */
export async function readPointsOf(db: Database, parts: readonly PartWanted[]): Promise<Point[][]> {
  const points: Point[][] = parts.map(() => [])
  for await (const round of readRoundsOf(db, parts)) {
    for (const [i, part] of round.entries()) for (const point of part) points[i]?.push(point)
  }
  return points
}

/**
 * As `readPointsOf`, as they come: each round has the next points of each part. Every read of the history
 * of a metric goes through here.
 */
export async function* readRoundsOf(
  db: Database,
  parts: readonly PartWanted[],
): AsyncGenerator<readonly (readonly Point[])[]> {
  const readings = parts.map(startReading)
  for (;;) {
    const open = readings.filter(isOpen)
    if (open.length === 0) return
    const inRows = open.filter(({ rows }) => !rows.isDone)
    const inChunks = open.filter((reading) => !reading.chunks.isDone)
    const counts = inChunks.map((reading) => chunksWanted(reading, parts.length))
    const found = await db.batch({
      rows: inRows.map(rowsStatement),
      chunks: inChunks.map((reading, i) => chunksStatement(reading, counts[i] ?? 0)),
    })
    for (const [i, reading] of inRows.entries()) takeRows(reading, found.rows[i]?.[0]?.points)
    for (const [i, reading] of inChunks.entries()) {
      takeChunks(reading, found.chunks[i] ?? [], counts[i] ?? 0)
      await letOthersRun()
    }
    yield readings.map((reading) => (open.includes(reading) ? settleOrder(reading) : []))
  }
}

/** Whether some of the history of a metric of a run is in chunks; else it is all in rows of `metrics`. */
export function hasChunksSql(run: SQL, key: SQL): SQL {
  return sql`exists (select 1 from metric_chunks c where c.run = ${run} and c.key = ${key})`
}

/** How far one part is read: what is in rows and what is in chunks come at their own pace. */
type Reading = {
  readonly wanted: PartWanted
  readonly rows: { after: Point | undefined; isDone: boolean }
  readonly chunks: { last: ChunkRow | undefined; isDone: boolean; read: number; points: number }
  /** Read, but what comes still may belong before them. */
  waiting: Point[]
  /** Points that were passed on. */
  passed: number
}

function startReading(wanted: PartWanted): Reading {
  return {
    wanted,
    rows: { after: wanted.after, isDone: false },
    chunks: { last: undefined, isDone: false, read: 0, points: 0 },
    waiting: [],
    passed: 0,
  }
}

function isOpen({ wanted, rows, chunks, passed }: Reading): boolean {
  return passed < wanted.count && !(rows.isDone && chunks.isDone)
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

type ChunkRow = {
  readonly first_ms: number | string
  readonly first_step: number | string
  readonly id: number
  readonly body: string
}

function chunksStatement({ wanted, chunks }: Reading, count: number): SQL<ChunkRow> {
  const { run, key, after } = wanted
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
  const { after } = reading.wanted
  reading.chunks.isDone = found.length < count
  reading.chunks.last = found.at(-1) ?? reading.chunks.last
  reading.chunks.read += found.length
  for (const { body } of found) {
    const points = decodePoints(body)
    reading.chunks.points += points.length
    for (const point of points) {
      if (!after || comparePoints(point, after) > 0) reading.waiting.push(point)
    }
  }
}

/** What nothing that is still to be read can come before; it is passed on. */
function settleOrder(reading: Reading): readonly Point[] {
  const { wanted, rows, chunks, passed } = reading
  reading.waiting = sortPoints(reading.waiting)
  const chunkPlace = chunks.last && {
    timestampMs: int64FromRow(chunks.last.first_ms),
    step: int64FromRow(chunks.last.first_step),
  }
  const isWhole = rows.isDone && chunks.isDone
  const isSettled = (point: Point) =>
    (rows.isDone || (rows.after !== undefined && comparePoints(point, rows.after) <= 0)) &&
    (chunks.isDone || (chunkPlace !== undefined && comparePlaces(point, chunkPlace) < 0))
  const unsettled = isWhole ? -1 : reading.waiting.findIndex((point) => !isSettled(point))
  const count = Math.min(
    unsettled === -1 ? reading.waiting.length : unsettled,
    wanted.count - passed,
  )
  const settled = reading.waiting.slice(0, count)
  reading.waiting = reading.waiting.slice(count)
  reading.passed += count
  return settled
}
