import { type SQL, sql } from 'drizzle-orm'
import type { Int64 } from '../core/int64.ts'
import { int64Param, type JsonCell, jsonRowsOf, Real } from '../db/sql.ts'

/** Bound values stay direct up to this many; D1 takes 100 a statement, and the verb has its own. */
const directMax = 80

/**
 * The values that a search binds. Few of them are parameters of their own; many become one JSON
 * parameter, read through a common table expression, because D1 binds at most 100.
 */
export class Literals {
  readonly #folded: boolean
  readonly #values: JsonCell[] = []

  /** @param valuesMax an upper bound of how many will be bound */
  constructor(valuesMax: number) {
    this.#folded = valuesMax > directMax
  }

  text(value: string): SQL {
    return this.#folded ? this.#fold(value) : sql`${value}`
  }

  integer(value: Int64): SQL {
    return this.#folded ? this.#fold(value) : int64Param(value)
  }

  /** @param value finite */
  double(value: number): SQL {
    return this.#folded ? this.#fold(new Real(value)) : sql`${value}`
  }

  /** What the statement must begin with; empty when nothing is folded. Ask once all is bound. */
  with(): SQL {
    if (!this.#folded) return sql``
    const rows = jsonRowsOf([this.#values])
    return sql`with literals (n, v) as materialized (select j.key, j.value from json_each(${rows}, '$[0]') j)`
  }

  #fold(value: JsonCell): SQL {
    this.#values.push(value)
    return sql`(select v from literals where n = ${sql.raw(String(this.#values.length - 1))})`
  }
}
