import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../core/error.ts'
import { encodePageToken, type PageKey } from '../core/page-token.ts'
import { compile } from '../db/compile.ts'
import { type Database, longReadsOf } from '../db/database.ts'
import type { Filter } from './filter.ts'
import { clauseLiteralsMax, filterSql } from './filter-sql.ts'
import { Literals } from './literals.ts'
import {
  isAfterSql,
  keyColumns,
  keyOf,
  orderBySql,
  orderLiteralsMax,
  orderSql,
  type SortField,
  type SortItem,
  type SortTerm,
} from './order-sql.ts'
import { type Page, type PageRequest, readKeysetPage } from './page.ts'
import { clausesApart } from './places.ts'
import type { FilterField, Vocabulary } from './vocabulary.ts'
import { readWalkedRows, walkedClausesMax } from './walk/read-walked-rows.ts'
import type { ValueWalk, WalkedRow } from './walk/walk-statements.ts'

/** How one kind of entity is searched: data, kept beside the entity's search verb. */
export type Searchable = {
  /** Tables with the aliases that all expressions here use, e.g. `runs r`. */
  readonly from: SQL
  /** The integer that names a row, e.g. `r.id`. */
  readonly id: SQL
  readonly filterKeys: Vocabulary<FilterField>
  readonly sortKeys: Vocabulary<SortField>
  /** The order when the caller gives none. The last term must be unique among the rows. */
  readonly defaultOrder: readonly SortTerm[]
  /** The order of rows that are equal by order_by. The last term must be unique here too. */
  readonly tieBreak: readonly SortTerm[]
}

/** What a search asks for, with the syntax already parsed. */
export type Search = PageRequest & {
  /** Conditions besides the filter: workspace, experiments, life-cycle stage. */
  readonly scope: readonly SQL[]
  readonly filter: Filter
  readonly orderBy: readonly SortItem[]
  /** The condition that a row is of one of the parts that `walks` are of; absent: that is in `scope`. */
  readonly within?: SQL | undefined
  /** Where an index has the rows of each part in the order of the first of `orderBy`. */
  readonly walks?: readonly ValueWalk[] | undefined
  /**
   * Parts of the rows, each of which an index has in this order: the FROM of a table that `scope` refers to, once for
   * each of its rows. The first rows of each part are read, and those are sorted.
   */
  readonly parts?: SQL | undefined
}

/** A page of ids, which may still be cut. */
export type FoundPage = Page<number> & {
  /** The token of the page that starts behind the first `count` items. */
  readonly tokenBehind: (count: number) => string | undefined
}

type FoundRow = WalkedRow

/**
 * One page of ids, in order. Each statement is within D1's limits, whatever the filter. Read the details
 * of the ids in a second round trip.
 *
 * @throws INVALID_PARAMETER_VALUE the filter or order names what the entity lacks, or the page
 *   token belongs to another search
 */
export async function findPage(
  db: Database,
  searchable: Searchable,
  search: Search,
): Promise<FoundPage> {
  const literals = new Literals(literalsMaxOf(searchable, search))
  const { joins, terms } = orderTermsOf(searchable, search, literals)
  const page = await readKeysetPage<FoundRow>(search, {
    read: async (after, count) => {
      const walked = await walkedRows(db, searchable, { ...search, after, count })
      if (walked && search.walks?.length === 1) return walked
      const condition = conditionSql(searchable, search, {
        ...{ literals, place: after && { terms, after } },
      })
      const within = walked ? isAmongSql(searchable, walked) : search.within
      const where = within ? sql`${within} and ${condition}` : condition
      const { from, id } = searchable
      const tail = sql`order by ${orderBySql(terms)} limit ${count}`
      const found = search.parts
        ? sql`${search.parts} cross join ${from} ${joins}
            where ${id} in (select ${id} from ${from} ${joins} where ${where} ${tail})`
        : sql`${from} ${joins} where ${where}`
      const statement = sql<FoundRow>`${literals.with()}
        select ${id} as id, ${keyColumns(terms)} from ${found} ${tail}`
      if (search.filter.length > clausesAlwaysFitting) checkStatement(statement)
      return longReadsOf(db).all(statement)
    },
    keyOf: (row) => keyOf(row, terms),
  })
  return {
    items: page.items.map((row) => row.id),
    nextPageToken: page.nextPageToken,
    tokenBehind: (count) => {
      const last = page.items[count - 1]
      return last && encodePageToken(search.fingerprint, keyOf(last, terms))
    },
  }
}

/** Of several walks all rows: they are asked for once more, to have them in one order as they are at one moment. */
function isAmongSql({ id }: Searchable, rows: readonly FoundRow[]): SQL {
  return sql`${id} in (select value from json_each(${JSON.stringify(rows.map((row) => row.id))}))`
}

/** The rows of a page where an index has them in order; undefined: all rows have to be sorted. */
async function walkedRows(
  db: Database,
  searchable: Searchable,
  search: Search & { readonly after: PageKey | undefined },
): Promise<readonly FoundRow[] | undefined> {
  const { walks = [], filter, orderBy, after, count } = search
  if (walks.length === 0 || filter.length > walkedClausesMax) return undefined
  const condition = (literals: Literals) =>
    conditionSql(searchable, search, { literals, place: undefined })
  return readWalkedRows(longReadsOf(db), {
    ...{ walks, filter, orderBy, condition, after, count },
    ...{ id: searchable.id, sortKeys: searchable.sortKeys, rest: searchable.tieBreak },
  })
}

/** What is counted: no order, and no page. */
type CountedSearch = Pick<Search, 'scope' | 'filter'>

/** How many rows each of some searches finds, up to `most`, in one round trip. */
export async function countFound(
  db: Database,
  searchable: Searchable,
  { searches, most }: { readonly searches: readonly CountedSearch[]; readonly most: number },
): Promise<number[]> {
  const counts = await longReadsOf(db).batch(
    Object.fromEntries(
      searches.map((search, i) => [String(i), countStatement(searchable, search, most)]),
    ),
  )
  return searches.map((_, i) => counts[String(i)]?.[0]?.count ?? 0)
}

/** A filter without one of its clauses. */
export type LooserFilter = {
  /** The one that is left out. */
  readonly clause: string
  readonly others: string
  /** What it finds, up to `looserCounted`. */
  readonly count: number
}

export const looserCounted = 1000
/** Of longer filters none is tried. */
const clausesTried = 6

type NothingFound = {
  readonly scope: readonly SQL[]
  /** As it was given. */
  readonly text: string
  /** What was read from it. */
  readonly filter: Filter
  /** Conditions that each filter gets, whatever it has left. */
  readonly complete?: (filter: Filter) => Filter
}

/** What a filter that finds nothing would find without each of its clauses, the most first; none where there is one clause. */
export async function listLooserFilters(
  db: Database,
  searchable: Searchable,
  { scope, text, filter, complete = (same) => same }: NothingFound,
): Promise<LooserFilter[]> {
  if (filter.length < 2 || filter.length > clausesTried) return []
  const counts = await countFound(db, searchable, {
    searches: filter.map((_, i) => ({ scope, filter: complete(filter.toSpliced(i, 1)) })),
    most: looserCounted,
  })
  return clausesApart(text, filter)
    .map((apart, i) => ({ ...apart, count: counts[i] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
}

function countStatement(
  searchable: Searchable,
  search: CountedSearch,
  most: number,
): SQL<{ count: number }> {
  const literals = new Literals(search.filter.length * clauseLiteralsMax)
  const where = conditionSql(searchable, search, { literals, place: undefined })
  return sql<{ count: number }>`${literals.with()} select count(*) as count from (
    select 1 from ${searchable.from} where ${where} limit ${most})`
}

function conditionSql(
  searchable: Searchable,
  search: CountedSearch,
  {
    literals,
    place,
  }: {
    readonly literals: Literals
    readonly place: { readonly terms: readonly SortTerm[]; readonly after: PageKey } | undefined
  },
): SQL {
  const conditions = [...search.scope]
  if (search.filter.length > 0) {
    conditions.push(filterSql(search.filter, searchable.filterKeys, literals))
  }
  if (place) conditions.push(isAfterSql(place.terms, place.after, literals))
  return conditions.length > 0 ? sql.join(conditions, sql` and `) : sql`1`
}

/** So many clauses, of whatever kind, stay far below the length that D1 takes. */
const clausesAlwaysFitting = 40
/** D1 takes 100 KB. What the caller wrote is bound, so the text is ASCII. */
const statementCharsMax = 95_000

/** @throws INVALID_PARAMETER_VALUE the filters in it are more than D1 takes */
export function checkStatement(statement: SQL): void {
  if (compile(statement).text.length > statementCharsMax) {
    throw invalid('The filter is too large: use fewer clauses, or fewer with long patterns')
  }
}

function orderTermsOf(searchable: Searchable, search: Search, literals: Literals) {
  const { joins, terms } = orderSql(search.orderBy, searchable.sortKeys, literals)
  const rest = search.orderBy.length > 0 ? searchable.tieBreak : searchable.defaultOrder
  return { joins, terms: [...terms, ...rest] }
}

function literalsMaxOf(searchable: Searchable, search: Search): number {
  const terms = Math.max(searchable.tieBreak.length, searchable.defaultOrder.length)
  return (
    search.filter.length * clauseLiteralsMax +
    // Where parts are read, the names in it stand there twice.
    search.orderBy.length * (orderLiteralsMax + 1) +
    2 * (terms + 1)
  )
}
