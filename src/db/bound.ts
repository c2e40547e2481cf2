import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../core/error.ts'
import { ConstraintError } from './database.ts'

/** Who reads an object reads all its tags or params at once, which holds up everybody else meanwhile. */
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
 * Run a write that has a `boundStatement`.
 *
 * @throws INVALID_PARAMETER_VALUE the object would have more than it may; nothing happened
 */
export async function writeBounded<T>(write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (err) {
    const isOurs = err instanceof ConstraintError && err.kind === 'not null'
    const what = isOurs && /(tags|params)\.key$/.exec(err.subject)?.[1]
    if (!what) throw err
    throw invalid(
      `All ${what} of one object may have ${bytesMax} bytes in sum, each counted with ${rowBytes} more, and these would be more; store long texts as artifacts`,
      { cause: err },
    )
  }
}
