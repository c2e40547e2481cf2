import { type SQL, sql } from 'drizzle-orm'
import type { Int64 } from '../core/int64.ts'

/**
 * An int64 column in a select list: a number, or text where a number would round (2^53 and up).
 * D1 would round silently, libSQL would throw.
 */
export function int64Column(column: SQL): SQL {
  return sql`iif(${column} between -9007199254740991 and 9007199254740991, ${column}, cast(${column} as text))`
}

/** An int64 as a bound parameter: D1 refuses bigints, so it travels as text and is cast. */
export function int64Param(value: Int64): SQL {
  return typeof value === 'number' ? sql`${value}` : sql`cast(${value.toString()} as integer)`
}

/**
 * Rows for one `json_each(?)` parameter: the way every bulk write travels, since D1 binds at most
 * 100 parameters. Read in SQL by position: `value ->> 0`, `value ->> 1`.
 */
export function jsonRowsOf(rows: readonly (readonly JsonCell[])[]): string {
  return `[${rows.map((row) => `[${row.map(jsonCellOf).join(',')}]`).join(',')}]`
}

export type JsonCell = string | number | bigint | null | Real

/** Marks a double, as opposed to an integer, inside `jsonRowsOf`. */
export class Real {
  constructor(readonly value: number) {}
}

/**
 * SQLite reads the shortest decimal of a double wrong now and then (about one in 10,000 comes out
 * one bit off, libSQL 3.45); with 17 digits none of millions did. Infinities are not JSON: clamp first.
 */
function jsonCellOf(cell: JsonCell): string {
  if (cell instanceof Real) return cell.value.toPrecision(17)
  if (typeof cell === 'bigint') return cell.toString()
  // SQL unpacks no half of a character: see `compile`.
  return JSON.stringify(typeof cell === 'string' ? cell.toWellFormed() : cell)
}

/**
 * `rows` in slices whose JSON stays below D1's limit for one parameter (2 MB), for one statement each.
 */
export function jsonChunksOf(rows: readonly (readonly JsonCell[])[], charsMax = 400_000): string[] {
  const chunks: string[] = []
  let chunk: string[] = []
  let chars = 0
  for (const row of rows) {
    const text = `[${row.map(jsonCellOf).join(',')}]`
    if (chunk.length > 0 && chars + text.length > charsMax) {
      chunks.push(`[${chunk.join(',')}]`)
      chunk = []
      chars = 0
    }
    chunk.push(text)
    chars += text.length + 1
  }
  if (chunk.length > 0) chunks.push(`[${chunk.join(',')}]`)
  return chunks
}

/**
 * The JSON list in `value` with the one item of the list `added` at its end, both written as they
 * were; `added` alone where `value` is no list.
 */
export function jsonListWithSql(value: SQL, added: SQL): SQL {
  const whole = sql`rtrim(${value}, char(9, 10, 13, 32))`
  return sql`case when not json_valid(${value}) then ${added}
    when json_type(${value}) <> 'array' or json_array_length(${value}) = 0 then ${added}
    else substr(${whole}, 1, length(${whole}) - 1) || ', ' || substr(${added}, 2) end`
}

/** Up to here, in bytes of JSON, SQLite's own merge is the faster one; its time grows with the square of the names. */
const patchBytesMax = 20_000

/**
 * An object of texts in JSON with those of another, which wins.
 *
 * @param base JSON, a column or what is cheap to evaluate several times, as `over` is
 */
export function mergedTexts(base: SQL, over: SQL): SQL {
  return sql`iif(octet_length(${base}) + octet_length(${over}) <= ${patchBytesMax}, json_patch(${base}, ${over}), (
    select json_group_object(m.key, m.value) from (
      select key, value from json_each(${base}) where key not in (select key from json_each(${over}))
      union all select key, value from json_each(${over})) m))`
}
