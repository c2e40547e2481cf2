import { type SQL, sql } from 'drizzle-orm'
import { type JsonCell, Real } from '../../db/sql.ts'
import { storedValue } from '../latest-metrics.ts'
import type { Metric } from '../run.ts'
import { encodePoints } from './chunk-codec.ts'
import { sortPoints } from './point-order.ts'

/** So many points of a metric that come together are kept in one row; fewer are a row each. */
const chunkMin = 8
const chunkMax = 1000

/** Cells of `metrics` and of `metric_chunks`, but `run`, in the order of their columns. */
export type KeptPoints = {
  readonly rows: readonly (readonly JsonCell[])[]
  readonly chunks: readonly (readonly JsonCell[])[]
}

export const pointColumns = sql`run, key, timestamp_ms, step, value, is_nan`
const chunkColumns = sql`run, key, first_ms, first_step, last_ms, last_step, body`

/** How points of one run that come together are kept. @param points infinities clamped */
export function keepPoints(points: readonly Metric[]): KeptPoints {
  const rows: JsonCell[][] = []
  const chunks: JsonCell[][] = []
  for (const [key, all] of Map.groupBy(points, ({ key }) => key)) {
    const own = all.length < chunkMin ? all : sortPoints(all)
    if (own.length < chunkMin) {
      rows.push(...own.map(metricCellsOf))
      continue
    }
    for (let at = 0; at < own.length; at += chunkMax) {
      chunks.push(chunkCellsOf(key, own.slice(at, at + chunkMax)))
    }
  }
  return { rows, chunks }
}

export function metricCellsOf({ key, timestampMs, step, value }: Metric): JsonCell[] {
  return [key, timestampMs, step, new Real(storedValue(value)), Number.isNaN(value) ? 1 : 0]
}

function chunkCellsOf(key: string, points: readonly Metric[]): JsonCell[] {
  const [first, last] = [points.at(0), points.at(-1)]
  if (!first || !last) throw new Error('A chunk has points')
  // A column of doubles has no -0 either.
  const body = encodePoints(points.map((point) => ({ ...point, value: point.value + 0 })))
  return [key, first.timestampMs, first.step, last.timestampMs, last.step, body]
}

/**
 * The chunks of `from`, to be inserted. One that is repeated, as a client does that got no answer, is
 * left out; what is kept twice nevertheless is read once.
 *
 * @param from ends in a condition
 * @param cells `run` and the cells of a chunk by their place, as SQL of `from`
 */
export function newChunksSql(
  from: SQL,
  cells: { readonly run: SQL; readonly cell: (place: number) => SQL },
): SQL {
  const { run, cell } = cells
  const first = sql`${run}, ${cell(0)}, ${cell(1)}, ${cell(2)}`
  const alike = sql`from metric_chunks k where (k.run, k.key, k.first_ms, k.first_step) = (${first})`
  return sql`insert into metric_chunks (${chunkColumns})
    select ${first}, ${cell(3)}, ${cell(4)}, ${cell(5)} ${from} and not exists (
      select 1 from metric_chunks l where l.id = (select max(k.id) ${alike}) and l.body = ${cell(5)})`
}
