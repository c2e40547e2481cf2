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
/** Of 8 to 1,000 points each, at first and at most: a short page needs few. */
const chunksPerRead = { first: 8, most: 256, points: 100 }

/**
 * The points of each part in the order of history, each once, wherever they are kept: every read of the
 * history of a metric goes through here. One round trip for all parts, and more where they are long.
 */
export async function readPointsOf(db: Database, parts: readonly PartWanted[]): Promise<Point[][]> {
  const readings = parts.map(startReading)
  const longest = Math.max(0, ...parts.map(({ count }) => count)) / parts.length
  const first = Math.max(chunksPerRead.first, Math.ceil(longest / chunksPerRead.points))
  for (
    let chunks = Math.min(first, chunksPerRead.most);
    ;
    chunks = Math.min(2 * chunks, chunksPerRead.most)
  ) {
    const open = readings.filter(isOpen)
    if (open.length === 0) return readings.map(({ points }) => points)
    const inRows = open.filter(({ rows }) => !rows.isDone)
    const inChunks = open.filter((reading) => !reading.chunks.isDone)
    const found = await db.batch({
      rows: inRows.map(rowsStatement),
      chunks: inChunks.map((reading) => chunksStatement(reading, chunks)),
    })
    for (const [i, reading] of inRows.entries()) takeRows(reading, found.rows[i]?.[0]?.points)
    for (const [i, reading] of inChunks.entries()) {
      takeChunks(reading, found.chunks[i] ?? [], chunks)
    }
    for (const reading of open) settleOrder(reading)
    await letOthersRun()
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
  readonly chunks: { last: ChunkRow | undefined; isDone: boolean }
  /** Read, but what comes still may belong before them. */
  waiting: Point[]
  readonly points: Point[]
}

function startReading(wanted: PartWanted): Reading {
  return {
    wanted,
    rows: { after: wanted.after, isDone: false },
    chunks: { last: undefined, isDone: false },
    waiting: [],
    points: [],
  }
}

function isOpen({ wanted, rows, chunks, points }: Reading): boolean {
  return points.length < wanted.count && !(rows.isDone && chunks.isDone)
}

function rowsWanted({ wanted, points }: Reading): number {
  return Math.min(rowsPerRead, wanted.count - points.length)
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
  for (const { body } of found) {
    for (const point of decodePoints(body)) {
      if (!after || comparePoints(point, after) > 0) reading.waiting.push(point)
    }
  }
}

/** Pass on what nothing that is still to be read can come before. */
function settleOrder(reading: Reading): void {
  const { wanted, rows, chunks, points } = reading
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
    wanted.count - points.length,
  )
  for (const point of reading.waiting.slice(0, count)) points.push(point)
  reading.waiting = reading.waiting.slice(count)
}
