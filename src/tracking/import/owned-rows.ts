import { type SQL, sql } from 'drizzle-orm'
import { type JsonCell, jsonChunksOf } from '../../db/sql.ts'

/**
 * Rows that belong to rows of another table, as sub-selects of `owner` (its `id`), `c0`, `c1`, ...;
 * several where one parameter cannot hold all.
 *
 * @param rows each begins with what its owner is found by; all are of one length
 * @param join table, alias `owner` and column to find it by: `runs owner on owner.run_id`
 */
export function ownedRows(rows: readonly (readonly JsonCell[])[], join: SQL): SQL[] {
  const width = (rows[0]?.length ?? 1) - 1
  const columns = Array.from(
    { length: width },
    (_, i) => sql`, one.value ->> ${sql.raw(String(i + 1))} as ${sql.raw(`c${i}`)}`,
  )
  return jsonChunksOf(rows).map(
    (chunk) => sql`(select owner.id as owner${sql.join(columns)} from json_each(${chunk}) one
      join ${join} = one.value ->> 0)`,
  )
}
