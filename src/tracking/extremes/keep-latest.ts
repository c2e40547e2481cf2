import { type SQL, sql } from 'drizzle-orm'
import { fixSql } from '../../db/compile.ts'
import { type JsonCell, Real } from '../../db/sql.ts'
import { metricCellsOf } from '../history/write-points.ts'
import { latestOf } from '../latest-metrics.ts'
import type { Metric } from '../run.ts'
import type { Extremes } from './extremes.ts'

/** The extremes of values, NaN left out; undefined: there is no other. */
export function widened(extremes: Extremes | undefined, value: number): Extremes | undefined {
  if (Number.isNaN(value)) return extremes
  const { least, greatest } = extremes ?? { least: value, greatest: value }
  return { least: Math.min(least, value), greatest: Math.max(greatest, value) }
}

/** Cells of `latest_metrics`, but `run`, for each name of these points. @param points infinities clamped */
export function latestCellsOf(points: readonly Metric[]): JsonCell[][] {
  const extremes = new Map<string, Extremes | undefined>()
  for (const { key, value } of points) extremes.set(key, widened(extremes.get(key), value))
  return latestOf(points).map((point) => [
    ...metricCellsOf(point),
    ...extremeCellsOf(extremes.get(point.key)),
  ])
}

/** The cells `least` and `greatest`. */
export function extremeCellsOf(extremes: Extremes | undefined): JsonCell[] {
  return extremes ? [new Real(extremes.least), new Real(extremes.greatest)] : [null, null]
}

const isLater = sql`(excluded.step, excluded.timestamp_ms, excluded.value)
  > (old.step, old.timestamp_ms, old.value)`
/** Null is no number yet, which any number is beyond. */
const isBelow = sql`coalesce(excluded.least < old.least, old.least is null and excluded.least is not null)`
const isAbove = sql`coalesce(excluded.greatest > old.greatest, old.greatest is null and excluded.greatest is not null)`
const later = (column: string) => {
  const name = sql.raw(column)
  return sql`${name} = iif(${isLater}, excluded.${name}, old.${name})`
}

const into = fixSql(sql`insert into latest_metrics as old
  (run, key, timestamp_ms, step, value, is_nan, least, greatest)`)
const onConflict = fixSql(sql`on conflict (run, key) do update set ${later('timestamp_ms')},
    ${later('step')}, ${later('value')}, ${later('is_nan')},
    least = iif(${isBelow}, excluded.least, old.least),
    greatest = iif(${isAbove}, excluded.greatest, old.greatest)
  where ${isLater} or ${isBelow} or ${isAbove}`)

/**
 * The statement that keeps the latest point and the extremes of metrics; points that are logged again
 * change neither.
 *
 * @param rows a select of `run` and the cells of `latestCellsOf`; ends in a condition
 */
export function keepLatestSql(rows: SQL): SQL {
  return sql`${into} ${rows} ${onConflict}`
}
