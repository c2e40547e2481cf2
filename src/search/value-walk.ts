import { type SQL, sql } from 'drizzle-orm'
import { foreignPageToken, type PageKey } from '../core/page-token.ts'
import type { LongReads } from '../db/database.ts'
import type { Filter, Operator } from './filter.ts'
import { clauseLiteralsMax, filterSql } from './filter-sql.ts'
import { Literals } from './literals.ts'
import type { OrderItem } from './order-by.ts'
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
} from './order-sql.ts'
import { type FilterField, ordering, type Vocabulary, vocabularyOf } from './vocabulary.ts'

/**
 * Rows that an index has in the order of a number, so that a page of them is read from where it begins. The number
 * is `v.value` (and `v.is_nan` is 1 where it is NaN) of the row `v` that a searched row has of the key, if it has one.
 */
export type ValueWalk = {
  /** The first of `order_by`. */
  readonly item: OrderItem
  readonly prefixes: readonly string[]
  /** The first term by which rows of equal values are in order, as a column of `v`; descending. */
  readonly tie: SortTerm
  /** @param name of the key, as a bound value */
  readonly from: (name: SQL) => {
    /** How many rows have a `v`, more or less. */
    readonly size: SQL
    /** The table in order: by `is_nan`, value and `tie`. */
    readonly ranked: WalkSource
    /** What joins the searched row to `v`. */
    readonly join: SQL
    /** Searched rows that are not in that table, each with its `v`. */
    readonly unranked: WalkSource
    /** Searched rows that have no `v`. */
    readonly missing: WalkSource
  }
}

type WalkSource = { readonly from: SQL; readonly where: SQL }

/** What is searched by a walk. */
export type WalkedSearch = {
  readonly walk: ValueWalk
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

/** So many clauses, twice, stay far below the length of a statement that D1 takes. */
export const walkedClausesMax = 20

/** First come numbers, then NaN, and rows without a value last. */
const [numbers, nan, missing] = [0, 1, 2] as const
type Rank = typeof numbers | typeof nan | typeof missing

/** How many rows of the index are tried for a page: four for each wanted, and then many, where it has many more. */
const windowsOf = (count: number) => [4 * count, Math.max(20_000, 8 * count)] as const

/**
 * The rows of a page by a walk, as the sort of all rows would have them.
 *
 * @returns undefined: the filter leaves out so many rows that a sort of those it finds is cheaper
 * @throws INVALID_PARAMETER_VALUE the token is foreign
 */
export async function readWalkedRows(
  db: LongReads,
  search: WalkedSearch,
): Promise<readonly WalkedRow[] | undefined> {
  const { count } = search
  const first = firstRankOf(search)
  const wanted = ranksOf(search).filter((rank) => rank >= first)
  // A token that names another rank was not given out for this filter.
  if (wanted[0] !== first) throw foreignPageToken()
  const rows = first === numbers ? await readNumbers(db, search) : []
  const later = wanted.filter((rank) => rank !== numbers)
  if (!rows || rows.length === count || later.length === 0) return rows
  const { found } = await db.batch({
    found: later.map((rank) =>
      rank === nan ? valuedStatement(search, nan, undefined) : missingStatement(search),
    ),
  })
  const page = [...rows, ...found.flat()].slice(0, count)
  // A row that lost its number between the two reads.
  const isRepeated = new Set(page.map(({ id }) => id)).size < page.length
  return isRepeated ? undefined : page
}

/** Those that have a number: as many as are wanted, or all. @returns undefined: too many rows would be tried */
async function readNumbers(
  db: LongReads,
  search: WalkedSearch,
): Promise<readonly WalkedRow[] | undefined> {
  const [few, many] = windowsOf(search.count)
  const tried = await readWindow(db, search, few)
  if (tried.rows.length === search.count || !tried.isCut) return tried.rows
  if (tried.size < 2 * many) return undefined
  const again = await readWindow(db, search, many)
  return again.rows.length === search.count || !again.isCut ? again.rows : undefined
}

async function readWindow(db: LongReads, search: WalkedSearch, window: number) {
  const { rows, end } = await db.batch({
    rows: valuedStatement(search, numbers, window),
    end: endStatement(search, window),
  })
  return { rows, isCut: end.length > 0, size: end[0]?.size ?? 0 }
}

function firstRankOf({ after, orderBy, rest }: WalkedSearch): Rank {
  if (after === undefined) return numbers
  const [rank, value] = after
  // Each key has two terms: whether it is there, and its value.
  if (after.length < orderBy.length + rest.length + 1) throw foreignPageToken()
  if (rank === numbers || rank === nan) return rank
  if (rank !== missing || value !== 0) throw foreignPageToken()
  return rank
}

/** Where rows can be that the filter finds: no comparison holds of what is missing, and one of NaN. */
function ranksOf(search: WalkedSearch): readonly Rank[] {
  const own = ownClausesOf(search)
  if (own.some(({ operator }) => operator !== '!=')) return [numbers]
  return own.length > 0 ? [numbers, nan] : [numbers, nan, missing]
}

/** The clauses of the filter about the key of the walk. */
function ownClausesOf({ filter, walk }: WalkedSearch): Filter {
  const { prefixes, item } = walk
  return filter.filter(
    ({ key, operator }) =>
      prefixes.includes(key.prefix ?? '') &&
      key.name === item.key.name &&
      comparisons.includes(operator),
  )
}

const comparisons: readonly string[] = ordering satisfies readonly Operator[]

const value: SortTerm = { expression: sql`v.value`, type: 'double' }

/** What all statements about rows of one rank are made of. */
function rankParts(search: WalkedSearch, rank: typeof numbers | typeof nan) {
  const { walk, orderBy, rest, after } = search
  const literals = new Literals(literalsMaxOf(search))
  const sources = walk.from(literals.text(walk.item.key.name))
  // All NaN are equal, and then the index has them in the order of the rest.
  const descending = rank === nan || walk.item.descending
  const first = { ...value, descending }
  const others = orderSql(orderBy.slice(1), search.sortKeys, literals)
  const isTied = descending && orderBy.length === 1
  const place = after?.[0] === rank ? after.slice(1) : undefined
  /** The terms that the index has in order. */
  const led = isTied ? [first, walk.tie] : [first]
  const own = ownClausesOf(search).filter(() => rank === numbers)
  const candidates = [
    sources.ranked.where,
    sql`v.is_nan = ${sql.raw(String(rank))}`,
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

function fieldsOf({ prefixes }: ValueWalk): Vocabulary<FilterField> {
  return vocabularyOf<FilterField>('run', [
    [prefixes, { type: 'number', operators: ordering, column: sql`v.value`, isNan: sql`v.is_nan` }],
  ])
}

/**
 * The rows of one rank, from both sources. Of those in order only what comes before the end of the window is read,
 * and of the others too only that is known to come next.
 */
function valuedStatement(
  search: WalkedSearch,
  rank: typeof numbers | typeof nan,
  window: number | undefined,
): SQL<WalkedRow> {
  const parts = rankParts(search, rank)
  const { literals, sources, others, led, place, candidates } = parts
  const { count, walk } = search
  const conditions = search.condition(literals)
  const behind = (terms: readonly SortTerm[]) =>
    place ? [isBehindSql(terms, place, literals)] : []
  const end = window && endSql(parts, window)
  const select = (from: SQL, terms: readonly SortTerm[], where: SQL[]) =>
    sql`select * from (select ${search.id} as id, ${namedTerms(terms)} from ${from} ${others.joins}
      where ${sql.join(where, sql` and `)} order by ${orderBySql(terms)} limit ${count})`
  const rankedTerms = parts.termsBy(walk.tie)
  const terms = parts.termsBy(undefined)
  const ranked = select(sql`${sources.ranked.from} ${sources.join}`, rankedTerms, [
    ...candidates,
    ...(end ? [isBeforeSql(led, end)] : []),
    conditions,
    ...behind(rankedTerms),
  ])
  const unranked = select(sources.unranked.from, terms, [
    sources.unranked.where,
    sql`v.is_nan = ${sql.raw(String(rank))}`,
    conditions,
    ...behind(terms),
  ])
  const outer = terms.map((term, i) => ({ ...term, expression: sql.raw(`t${i}`) }))
  const isKnown = end ? isBeforeSql(outer.slice(0, led.length), end) : sql`1`
  const keys = [constant(rank), ...outer]
  return sql<WalkedRow>`${literals.with()} select id, ${keyColumns(keys)}
    from (${ranked} union all ${unranked}) where ${isKnown}
    order by ${orderBySql(outer)} limit ${count}`
}

/** A row where the index has as many rows as the window, or more. */
function endStatement(search: WalkedSearch, window: number): SQL<{ size: number | null }> {
  const parts = rankParts(search, numbers)
  const last = lastOfWindow(parts, window, sql`${parts.sources.size} as size`)
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

function missingStatement(search: WalkedSearch): SQL<WalkedRow> {
  const { walk, after, count } = search
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
