import { type SQL, sql } from 'drizzle-orm'
import { narrow, parseInt64 } from '../core/int64.ts'
import { foreignPageToken, type PageKey } from '../core/page-token.ts'
import { int64Column } from '../db/sql.ts'
import type { Literals } from './literals.ts'
import type { OrderItem } from './order-by.ts'
import { fieldOf, type Vocabulary } from './vocabulary.ts'

/** How an order_by's key reads from SQL. */
export type SortField = {
  readonly type: SortTerm['type']
  /** The value, of the searched row or of the joined one. */
  readonly column: (alias: SQL) => SQL
  /** `left join ... alias on ...` for what stands in rows of its own, one row at most. */
  readonly join?: (alias: SQL, name: SQL) => SQL
  /** 1 where the stored number is NaN: behind all numbers in both directions. */
  readonly isNan?: (alias: SQL) => SQL
  /** The value may be missing; then the row comes last in both directions. Joined values always may. */
  readonly optional?: true
}

/** What to sort by; `field` is what the key means, where that is none of the words that callers have. */
export type SortItem = OrderItem & { readonly field?: SortField }

/** One expression to sort by; never NULL. */
export type SortTerm = {
  readonly expression: SQL
  readonly descending?: boolean
  readonly type: 'text' | 'double' | 'int64'
}

/** Upper bound of the literals that one order_by key binds: its name, and twice two terms of a key. */
export const orderLiteralsMax = 5

export type Joined = { readonly joins: SQL; readonly terms: readonly SortTerm[] }

/**
 * The joins and terms that sort by `items`.
 *
 * @throws INVALID_PARAMETER_VALUE a key that the entity cannot be sorted by
 */
export function orderSql(
  items: readonly SortItem[],
  words: Vocabulary<SortField>,
  literals: Literals,
): Joined {
  const joins: SQL[] = []
  const terms: SortTerm[] = []
  items.forEach(({ key, descending, field = fieldOf(words, key) }, i) => {
    const alias = sql.raw(`o${i}`)
    const column = field.column(alias)
    if (field.join) joins.push(field.join(alias, literals.text(key.name)))
    if (!field.join && !field.optional) {
      terms.push({ expression: column, descending, type: field.type })
      return
    }
    const present = field.isNan ? sql`${field.isNan(alias)}` : sql`0`
    const missing = field.type === 'text' ? sql`''` : sql`0`
    terms.push(
      { expression: sql`iif(${column} is null, 2, ${present})`, type: 'int64' },
      { expression: sql`coalesce(${column}, ${missing})`, descending, type: field.type },
    )
  })
  return { joins: sql.join(joins, sql` `), terms }
}

/** ORDER BY's list. */
export function orderBySql(terms: readonly SortTerm[]): SQL {
  const parts = terms.map((term) =>
    term.descending ? sql`${term.expression} desc` : sql`${term.expression}`,
  )
  return sql.join(parts, sql`, `)
}

/** The select list that `keyOf` reads: `k0`, `k1` and so on. */
export function keyColumns(terms: readonly SortTerm[]): SQL {
  const parts = terms.map((term, i) => {
    const value = term.type === 'int64' ? int64Column(term.expression) : term.expression
    return sql`${value} as ${sql.raw(`k${i}`)}`
  })
  return sql.join(parts, sql`, `)
}

/** The place of a row that was read with `keyColumns`. */
export function keyOf(
  row: Readonly<Record<string, string | number | null>>,
  terms: readonly SortTerm[],
): PageKey {
  return terms.map((_, i) => row[`k${i}`] ?? null)
}

/**
 * The condition that a row comes behind `key`.
 *
 * @throws INVALID_PARAMETER_VALUE the key does not fit the terms: the token was tampered with
 */
export function isAfterSql(terms: readonly SortTerm[], key: PageKey, literals: Literals): SQL {
  const behind = isBehindSql(terms, key, literals)
  const first = terms[0]
  if (!first) throw foreignPageToken()
  // Implied by the CASE, but only in this form can an index seek to it.
  const from = sql`${first.expression} ${sql.raw(first.descending ? '<=' : '>=')} ${keyValueSql(first, key[0], literals)}`
  return sql`(${from} and ${behind})`
}

/** As `isAfterSql`, where another condition seeks. */
export function isBehindSql(terms: readonly SortTerm[], key: PageKey, literals: Literals): SQL {
  if (key.length !== terms.length) throw foreignPageToken()
  // One flat CASE: nested ORs and ANDs of many terms would leave D1's expression depth.
  const steps = terms.map((term, i) => {
    const { expression, descending } = term
    const value = keyValueSql(term, key[i], literals)
    return sql`when ${expression} <> ${value} then ${expression} ${sql.raw(descending ? '<' : '>')} ${value}`
  })
  return sql`case ${sql.join(steps, sql` `)} else 0 end`
}

/** @throws INVALID_PARAMETER_VALUE the value does not fit the term */
function keyValueSql(term: SortTerm, value: PageKey[number] | undefined, literals: Literals): SQL {
  if (term.type === 'text') {
    if (typeof value !== 'string') throw foreignPageToken()
    return literals.text(value)
  }
  if (term.type === 'int64') {
    const whole = typeof value === 'string' ? parseInt64(value) : value
    if (typeof whole === 'bigint') return literals.integer(narrow(whole))
    if (!Number.isSafeInteger(whole)) throw foreignPageToken()
    return literals.integer(Number(whole))
  }
  // JSON spells an infinity as 1e999.
  if (typeof value !== 'number' || !Number.isFinite(value)) throw foreignPageToken()
  return literals.double(value)
}

/** As `keyColumns`, but as they are: `t0`, `t1` and so on. */
export function namedTerms(terms: readonly SortTerm[]): SQL {
  const named = terms.map(({ expression }, i) => sql`${expression} as ${sql.raw(`t${i}`)}`)
  return sql.join(named, sql`, `)
}

/** The condition that a row comes not before a place, by terms of one direction: an index seeks to it. */
export function isFromSql(terms: readonly SortTerm[], place: PageKey, literals: Literals): SQL {
  const values = terms.map((term, i) => keyValueSql(term, place[i], literals))
  return sql`${vectorOf(terms)} ${sql.raw(terms[0]?.descending ? '<=' : '>=')} (${sql.join(values, sql`, `)})`
}

/** @param end as many columns as terms */
export function isBeforeSql(terms: readonly SortTerm[], end: SQL): SQL {
  return sql`${vectorOf(terms)} ${sql.raw(terms[0]?.descending ? '>' : '<')} ${end}`
}

function vectorOf(terms: readonly SortTerm[]): SQL {
  return sql`(${sql.join(
    terms.map(({ expression }) => sql`${expression}`),
    sql`, `,
  )})`
}
