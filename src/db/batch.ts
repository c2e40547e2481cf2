import type { SQL } from 'drizzle-orm'
import type { Batch, BatchRows, Database } from './database.ts'

/**
 * Runs named statements by a driver that takes a list, and gives the rows their names back. A name
 * that stands for nothing (undefined) runs nothing.
 */
export async function runNamed<Q extends Batch>(
  queries: Q,
  run: (statements: SQL[]) => Promise<unknown[][]>,
): Promise<BatchRows<Q>> {
  const named = Object.entries(queries)
  const rows = await run(named.flatMap(([, query]) => query ?? []))
  let at = 0
  const answers = named.map(([name, query]) => {
    if (query === undefined) return [name, undefined]
    const from = at
    at += isSeveral(query) ? query.length : 1
    return [name, isSeveral(query) ? rows.slice(from, at) : rows[from]]
  })
  // Rows are what their statements say they select: `sql<Row>` stands where the columns do.
  return Object.fromEntries(answers) as BatchRows<Q>
}

function isSeveral(query: SQL | readonly SQL[]): query is readonly SQL[] {
  return Array.isArray(query)
}

/**
 * `db` with a say over its batches: `run` gets the statements of each as a list, in order, and gives
 * the rows of each.
 */
export function withBatches(
  db: Database,
  run: (statements: readonly SQL[]) => Promise<unknown[][]>,
): Database {
  return {
    all: (query) => db.all(query),
    first: (query) => db.first(query),
    batch: (queries) => runNamed(queries, run),
  }
}

/** The statements of `list` as one batch. */
export async function runList(db: Database, list: readonly SQL[]): Promise<unknown[][]> {
  return (await db.batch({ list })).list
}
