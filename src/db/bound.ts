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
 * @param ids a select of that column
 */
export function boundStatement(table: string, owner: string, ids: SQL): SQL {
  const [rows, id] = [sql.raw(table), sql.raw(owner)]
  // The schema refuses a row without a key.
  return sql`update ${rows} set key = null where ${id} in (${ids})
    and (select sum(octet_length(key) + octet_length(value) + ${rowBytes}) from ${rows}
      where ${id} in (${ids})) > ${bytesMax}`
}

/**
 * The statement before one that writes metrics of a run: it fails the batch where the run has as many
 * names as it may, and one of these is new. Points of known names cost a look at each.
 *
 * @param run a select of `runs.id`
 * @param json the points, each with its key first
 */
export function boundMetricNames(run: SQL, json: string): SQL {
  const isNew = sql`exists (select 1 from json_each(${json}) p where not exists (
    select 1 from latest_metrics l where l.run = (${run}) and l.key = p.value ->> 0))`
  // One row is enough to fail on, and quick to find.
  return sql`update latest_metrics set key = null where run = (${run})
    and key = (select min(key) from latest_metrics where run = (${run}))
    and case when ${isNew} then (select sum(octet_length(key) + ${rowBytes}) from latest_metrics
      where run = (${run})) > ${bytesMax} end`
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
  /** A condition on the table: the rows that count together. */
  readonly which: SQL
  /** The bytes of one row. */
  readonly bytes: SQL
  readonly bytesMax: number
}

/** The statement behind those that write such rows: it fails the batch where they would be more. See `refuseOver`. */
export function sumBound({ column, which, bytes, bytesMax: most }: SumBound): SQL {
  const [table = '', name = ''] = column.split('.')
  const [rows, key] = [sql.raw(table), sql.raw(name)]
  return sql`update ${rows} set ${key} = null where ${which}
    and (select sum(${bytes} + ${rowBytes}) from ${rows} where ${which}) > ${most}`
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
