import { type SQL, sql } from 'drizzle-orm'
import type { PageKey } from '../../core/page-token.ts'
import type { Filter, Operator } from '../filter.ts'
import { clauseLiteralsMax, filterSql } from '../filter-sql.ts'
import { Literals } from '../literals.ts'
import type { OrderItem } from '../order-by.ts'
import {
  isAfterSql,
  isBeforeSql,
  isBehindSql,
  isFromSql,
  keyColumns,
  namedTerms,
  orderBySql,
  orderLiteralsMax,
  orderSql,
  type SortField,
  type SortItem,
  type SortTerm,
} from '../order-sql.ts'
import { type FilterField, ordering, type Vocabulary, vocabularyOf } from '../vocabulary.ts'

/**
 * Rows of one part that an index has in the order of a number, so that a page of them is read from where it begins. The
 * number is a column of the searched row, or of a row `v` that it has of the key; it may be missing.
 */
export type ValueWalk = {
  /** The first of `order_by`. */
  readonly item: OrderItem
  /** With which clauses of a filter name the same number; none: no clause is looked at to shorten the walk. */
  readonly prefixes: readonly string[]
  readonly value: SortTerm
  /** 1 where the number is NaN; absent: it never is. */
  readonly isNan?: SQL
  /** The first term by which rows of equal values are in order, of the same row; descending. */
  readonly tie: SortTerm
  /** @param name of the key, as a bound value */
  readonly from: (name: SQL) => {
    /** How many rows have the number, more or less; absent: nobody knows. */
    readonly size?: SQL
    /** The table in order: by `isNan`, value and `tie`. */
    readonly ranked: WalkSource
    /** What joins the searched row to `v`. */
    readonly join?: SQL
    /** Searched rows that are not in that table, each with its `v`; absent: all are. */
    readonly unranked?: WalkSource
    /** Searched rows without the number. */
    readonly missing: WalkSource
  }
}

type WalkSource = { readonly from: SQL; readonly where: SQL }

/** What is searched by a walk. */
export type WalkedSearch = {
  /** One for each part. */
  readonly walks: readonly ValueWalk[]
  readonly id: SQL
  readonly sortKeys: Vocabulary<SortField>
  /** All that are asked for, the one of the walk first. */
  readonly orderBy: readonly SortItem[]
  /** The order of rows that are equal by those. */
  readonly rest: readonly SortTerm[]
  readonly filter: Filter
  /** What each row has to meet, its place aside. @param literals takes four of each clause, twice */
  readonly condition: (literals: Literals) => SQL
  readonly count: number
  readonly after: PageKey | undefined
}

export type WalkedRow = Readonly<Record<string, string | number | null>> & { readonly id: number }

/** First come numbers, then NaN, and rows without a value last. */
export const [numbers, nan, missing] = [0, 1, 2] as const
export type Rank = typeof numbers | typeof nan | typeof missing

/** The clauses of the filter about the key of the walk. */
export function ownClausesOf(filter: Filter, { prefixes, item }: ValueWalk): Filter {
  return filter.filter(
    ({ key, operator }) =>
      prefixes.includes(key.prefix ?? '') &&
      key.name === item.key.name &&
      comparisons.includes(operator),
  )
}

const comparisons: readonly string[] = ordering satisfies readonly Operator[]

/** What all statements about rows of one rank are made of. */
function rankParts(search: WalkedSearch, walk: ValueWalk, rank: typeof numbers | typeof nan) {
  const { orderBy, rest, after, filter } = search
  const literals = new Literals(literalsMaxOf(search))
  const sources = walk.from(literals.text(walk.item.key.name))
  // All NaN are equal, and then the index has them in the order of the rest.
  const descending = rank === nan || walk.item.descending
  const first = { ...walk.value, descending }
  const others = orderSql(orderBy.slice(1), search.sortKeys, literals)
  const isTied = descending && orderBy.length === 1
  const place = after?.[0] === rank ? after.slice(1) : undefined
  /** The terms that the index has in order. */
  const led = isTied ? [first, walk.tie] : [first]
  const own = rank === numbers ? ownClausesOf(filter, walk) : []
  const candidates = [
    sources.ranked.where,
    ...isRankSql(walk, rank),
    ...(own.length > 0 ? [filterSql(own, fieldsOf(walk), literals)] : []),
    ...(place ? [isFromSql(led, place, literals)] : []),
  ]
  return {
    ...{ literals, sources, others, led, place, candidates, descending },
    /** @param tie the first of the rest: of `v` or of the searched row */
    termsBy: (tie: SortTerm | undefined): SortTerm[] => [
      first,
      ...others.terms,
      ...(tie && isTied ? [tie, ...rest.slice(1)] : rest),
    ],
  }
}

type RankParts = ReturnType<typeof rankParts>

function isRankSql({ isNan }: ValueWalk, rank: typeof numbers | typeof nan): SQL[] {
  return isNan ? [sql`${isNan} = ${sql.raw(String(rank))}`] : []
}

function fieldsOf({ prefixes, value, isNan }: ValueWalk): Vocabulary<FilterField> {
  const column = sql`${value.expression}`
  return vocabularyOf<FilterField>('run', [
    [prefixes, { type: 'number', operators: ordering, column, ...(isNan && { isNan }) }],
  ])
}

/**
 * The rows of one rank, from both sources. Of those in order only what comes before the end of the window is read,
 * and of the others too only that is known to come next.
 */
export function valuedStatement(
  search: WalkedSearch,
  walk: ValueWalk,
  { rank, window }: { readonly rank: typeof numbers | typeof nan; readonly window?: number },
): SQL<WalkedRow> {
  const parts = rankParts(search, walk, rank)
  const { literals, sources, others, led, place, candidates } = parts
  const { count } = search
  const conditions = search.condition(literals)
  const behind = (terms: readonly SortTerm[]) =>
    place ? [isBehindSql(terms, place, literals)] : []
  const end = window && endSql(parts, window)
  const select = (from: SQL, terms: readonly SortTerm[], where: SQL[]) =>
    sql`select * from (select ${search.id} as id, ${namedTerms(terms)} from ${from} ${others.joins}
      where ${sql.join(where, sql` and `)} order by ${orderBySql(terms)} limit ${count})`
  const rankedTerms = parts.termsBy(walk.tie)
  const terms = parts.termsBy(undefined)
  const { from } = sources.ranked
  const ranked = select(sources.join ? sql`${from} ${sources.join}` : from, rankedTerms, [
    ...candidates,
    ...(end ? [isBeforeSql(led, end)] : []),
    conditions,
    ...behind(rankedTerms),
  ])
  const unranked =
    sources.unranked &&
    select(sources.unranked.from, terms, [
      sources.unranked.where,
      ...isRankSql(walk, rank),
      conditions,
      ...behind(terms),
    ])
  const outer = terms.map((term, i) => ({ ...term, expression: sql.raw(`t${i}`) }))
  const isKnown = end ? isBeforeSql(outer.slice(0, led.length), end) : sql`1`
  const keys = [constant(rank), ...outer]
  return sql<WalkedRow>`${literals.with()} select id, ${keyColumns(keys)}
    from (${unranked ? sql`${ranked} union all ${unranked}` : ranked}) where ${isKnown}
    order by ${orderBySql(outer)} limit ${count}`
}

/** A row where the index has as many rows as the window, or more. */
export function endStatement(
  search: WalkedSearch,
  walk: ValueWalk,
  window: number,
): SQL<{ size: number | null }> {
  const parts = rankParts(search, walk, numbers)
  const last = lastOfWindow(parts, window, sql`${parts.sources.size ?? sql`null`} as size`)
  return sql<{ size: number | null }>`${parts.literals.with()} ${last}`
}

/** The value, and what else is in order, of the last row of the window; past all values where it has fewer rows. */
function endSql(parts: RankParts, window: number): SQL {
  const columns = namedTerms(parts.led)
  const past = sql.raw(
    `${parts.descending ? '-' : ''}1e999 as t0${parts.led.length > 1 ? ', 0' : ''}`,
  )
  return sql`(select * from (${lastOfWindow(parts, window, columns)})
    union all select ${past} order by 1 ${sql.raw(parts.descending ? 'desc' : 'asc')} limit 1)`
}

function lastOfWindow({ sources, candidates, led }: RankParts, window: number, columns: SQL): SQL {
  return sql`select ${columns} from ${sources.ranked.from}
    where ${sql.join(candidates, sql` and `)} order by ${orderBySql(led)} limit 1 offset ${window - 1}`
}

export function missingStatement(search: WalkedSearch, walk: ValueWalk): SQL<WalkedRow> {
  const { after, count } = search
  const literals = new Literals(literalsMaxOf(search))
  const { from, where } = walk.from(literals.text(walk.item.key.name)).missing
  const others = orderSql(search.orderBy.slice(1), search.sortKeys, literals)
  const terms = [...others.terms, ...search.rest]
  const place = after?.[0] === missing ? after.slice(2) : undefined
  const conditions = [
    search.condition(literals),
    where,
    ...(place ? [isAfterSql(terms, place, literals)] : []),
  ]
  return sql<WalkedRow>`${literals.with()}
    select ${search.id} as id, ${keyColumns([constant(missing), constant(0), ...terms])}
    from ${from} ${others.joins} where ${sql.join(conditions, sql` and `)}
    order by ${orderBySql(terms)} limit ${count}`
}

function constant(number: number): SortTerm {
  return { expression: sql.raw(String(number)), type: 'int64' }
}

/** The filter stands in it twice, its clauses about the key five times, and the place seven times. */
function literalsMaxOf({ filter, orderBy, rest }: WalkedSearch): number {
  return (
    7 * filter.length * clauseLiteralsMax +
    7 * orderBy.length * orderLiteralsMax +
    7 * (rest.length + 1)
  )
}
