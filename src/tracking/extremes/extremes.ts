import { type SQL, sql } from 'drizzle-orm'

/** Which value of a metric: the latest, or the least or greatest of all its points. */
export type MetricFigure = 'last' | 'min' | 'max'
export type Extreme = Exclude<MetricFigure, 'last'>

/** Between which values the points of a metric lie that are numbers. */
export type Extremes = { readonly least: number; readonly greatest: number }

/** The extremes of a row as it is read. */
export type ExtremeCells = { readonly least: number | null; readonly greatest: number | null }

const columnOf = { min: 'least', max: 'greatest' } as const

/**
 * A figure of a row of `latest_metrics`; null where it has none: the latest value is NaN, all are, or an
 * earlier release logged it and `fillExtremes` has not read it.
 */
export function figureSql(row: SQL, figure: MetricFigure): SQL {
  if (figure === 'last') return sql`iif(${row}.is_nan, null, ${row}.value)`
  const isRead = sql`not coalesce((${row}.run, ${row}.key) < (select x.run, x.key from metric_extremes x), 0)`
  return sql`iif(${isRead}, ${row}.${sql.raw(columnOf[figure])}, null)`
}

/** The columns of `ExtremeCells` of a row of `latest_metrics`. */
export function extremeColumns(row: SQL): SQL {
  return sql`${figureSql(row, 'min')} as least, ${figureSql(row, 'max')} as greatest`
}

export function extremesFrom({ least, greatest }: ExtremeCells): Extremes | undefined {
  return least === null || greatest === null ? undefined : { least, greatest }
}
