import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../core/error.ts'
import { ConstraintError } from './database.ts'

/** Who reads an object reads all its tags, params or latest metrics at once, which holds up everybody else meanwhile. */
const bytesMax = 5_000_000
/** What each counts beside its own bytes: a row takes time too. */
const rowBytes = 100

/**
 * The statement behind those that write tags or params: it fails the batch where one object would have
 * more of them than it may. `writeBounded` says so to the caller.
 *
 * @param table its name ends in `tags` or `params`; with columns `key` and `value`
 * @param owner its column that names the object
 * @param ids a select of that column: of one object or several
 */
export function boundStatement(table: string, owner: string, ids: SQL): SQL {
  return sumBound({
    ...{ column: `${table}.key`, per: owner, which: sql`${sql.raw(owner)} in (${ids})` },
    ...{ bytes: sql`octet_length(key) + octet_length(value)`, bytesMax },
  })
}

/**
 * As `boundStatement`, for the names of the metrics of runs that are written whole. One who logs has
 * `boundMetricNames`, which looks at no more than it must.
 *
 * @param runs a select of `runs.id`
 */
export function boundMetricsOfRuns(runs: SQL): SQL {
  return sumBound({
    ...{ column: 'latest_metrics.key', per: 'run', which: sql`run in (${runs})` },
    ...{ bytes: sql`octet_length(key)`, bytesMax },
  })
}

/** The latest metrics of some objects, and what is about to be written to them. */
export type MetricNames = {
  /** Its name ends in `metrics`; with a column `key`. */
  readonly table: string
  /** Its column that names the object. */
  readonly owner: string
  /** A select of that column's values, as `id`. */
  readonly ids: SQL
  /** A condition: of the names that are to be written to this object one is not there. */
  isNew(id: SQL): SQL
  /** The bytes of a name beside its key. */
  readonly besideKey?: SQL
}

/**
 * The statement before one that writes metrics: it fails the batch where an object has as many names
 * as it may, and is to have a new one. Points of known names cost a look at each.
 */
export function boundMetricNames(names: MetricNames): SQL {
  const { ids, isNew, besideKey = sql`0` } = names
  const [rows, id] = [sql.raw(names.table), sql.raw(names.owner)]
  return sql`update ${rows} set key = null where ${id} in (
    select owner.id from (${ids}) owner where case when ${isNew(sql`owner.id`)} then (
      select sum(octet_length(key) + ${besideKey} + ${rowBytes}) from ${rows}
      where ${id} = owner.id) > ${bytesMax} end)`
}

/**
 * Run a write that has a `boundStatement`.
 *
 * @throws INVALID_PARAMETER_VALUE the object would have more than it may; nothing happened
 */
export async function writeBounded<T>(write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (err) {
    const isOurs = err instanceof ConstraintError && err.kind === 'not null'
    const what = isOurs && /(tags|params|metrics)\.key$/.exec(err.subject)?.[1]
    if (!what) throw err
    const remedy =
      what === 'metrics'
        ? 'log to fewer names, or to several runs'
        : 'store long texts as artifacts'
    throw invalid(
      `All ${what} of one object may have ${bytesMax} bytes in sum, each counted with ${rowBytes} more, and these would be more; ${remedy}`,
      { cause: err },
    )
  }
}

/** A bound on the bytes of some rows in sum, each counted with some more. */
export type SumBound = {
  /** A column that must not be null, with its table: `aliases.alias`. */
  readonly column: string
  /** A condition on the table: the rows that count. */
  readonly which: SQL
  /** The column whose value those have in common that count together; absent: all of them do. */
  readonly per?: string
  /** The bytes of one row. */
  readonly bytes: SQL
  readonly bytesMax: number
}

/** The statement behind those that write such rows: it fails the batch where they would be more. See `refuseOver`. */
export function sumBound({ column, which, per, bytes, bytesMax: most }: SumBound): SQL {
  const [table = '', name = ''] = column.split('.')
  const [rows, key] = [sql.raw(table), sql.raw(name)]
  const isOver = sql`sum(${bytes} + ${rowBytes}) > ${most}`
  const some = sql`from ${rows} where ${which}`
  const group = per === undefined ? undefined : sql.raw(per)
  // The schema refuses a row without it.
  return sql`update ${rows} set ${key} = null where ${which} and ${
    group
      ? sql`${group} in (select ${group} ${some} group by ${group} having ${isOver})`
      : sql`(select ${isOver} ${some})`
  }`
}

/**
 * Run a write that has the `sumBound` of a column.
 *
 * @throws INVALID_PARAMETER_VALUE with this message; nothing happened
 */
export async function refuseOver<T>(
  write: Promise<T>,
  { column, message }: { readonly column: string; readonly message: string },
): Promise<T> {
  try {
    return await write
  } catch (err) {
    const isOver =
      err instanceof ConstraintError && err.kind === 'not null' && err.subject.endsWith(column)
    throw isOver ? invalid(message, { cause: err }) : err
  }
}
