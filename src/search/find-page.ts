import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../core/error.ts'
import { decodePageToken, encodePageToken } from '../core/page-token.ts'
import { compile } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { Filter } from './filter.ts'
import { clauseLiteralsMax, filterSql } from './filter-sql.ts'
import { Literals } from './literals.ts'
import type { OrderItem } from './order-by.ts'
import {
  isAfterSql,
  keyColumns,
  keyOf,
  orderBySql,
  orderLiteralsMax,
  orderSql,
  type SortField,
  type SortTerm,
} from './order-sql.ts'
import type { FilterField, Vocabulary } from './vocabulary.ts'

/** How one kind of entity is searched. Data that stands beside the entity's search verb. */
export type Searchable = {
  /** Tables with the aliases that all expressions here use, e.g. `runs r`. */
  readonly from: SQL
  /** The integer that names a row, e.g. `r.id`. */
  readonly id: SQL
  readonly filterKeys: Vocabulary<FilterField>
  readonly sortKeys: Vocabulary<SortField>
  /** The order where none is asked for. The last term must be unique among the rows. */
  readonly defaultOrder: readonly SortTerm[]
  /** What decides between rows that order_by finds equal; likewise unique in the end. */
  readonly tieBreak: readonly SortTerm[]
}

/** What is asked for; syntax already parsed. */
export type Search = {
  /** Conditions besides the filter: workspace, experiments, life-cycle stage. */
  readonly scope: readonly SQL[]
  readonly filter: Filter
  readonly orderBy: readonly OrderItem[]
  /** Positive. */
  readonly maxResults: number
  readonly pageToken: string | undefined
  /** All that shapes the list, for the page token: a token that meets another question is refused. */
  readonly asked: readonly unknown[]
}

export type IdPage = {
  /** In order. */
  readonly ids: readonly number[]
  /** Undefined when there are no more rows. */
  readonly nextPageToken: string | undefined
}

/**
 * One page of ids, by keyset: rows written meanwhile neither repeat nor hide others. One statement
 * within D1's limits, whatever the filter. Read the details of the ids in a second round trip.
 *
 * @throws INVALID_PARAMETER_VALUE the filter or order names what the entity lacks, or the page
 *   token is not one for this question
 */
export async function findPage(
  db: Database,
  searchable: Searchable,
  search: Search,
): Promise<IdPage> {
  const literals = new Literals(literalsMaxOf(searchable, search))
  const { joins, terms } = orderTermsOf(searchable, search, literals)
  const after = decodePageToken(search.asked, search.pageToken)
  const conditions = [
    ...search.scope,
    ...(search.filter.length > 0
      ? [filterSql(search.filter, searchable.filterKeys, literals)]
      : []),
    ...(after ? [isAfterSql(terms, after, literals)] : []),
  ]
  const where = conditions.length > 0 ? sql.join(conditions, sql` and `) : sql`1`
  const statement = sql<
    Record<string, string | number | null> & { id: number }
  >`${literals.with()} select ${searchable.id} as id, ${keyColumns(terms)}
    from ${searchable.from} ${joins} where ${where}
    order by ${orderBySql(terms)} limit ${search.maxResults + 1}`
  if (search.filter.length > clausesAlwaysFitting) checkLength(statement)
  const rows = await db.all(statement)
  const page = rows.slice(0, search.maxResults)
  const last = page.at(-1)
  return {
    ids: page.map((row) => row.id),
    nextPageToken:
      rows.length > page.length && last
        ? encodePageToken(search.asked, keyOf(last, terms))
        : undefined,
  }
}

/** Of any kind of clause, this many stay far below the length that D1 takes. */
const clausesAlwaysFitting = 40
/** D1 takes 100 KB. All the caller wrote is bound, so the text is ASCII. */
const statementCharsMax = 95_000

function checkLength(statement: SQL): void {
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
    search.orderBy.length * orderLiteralsMax +
    2 * (terms + 1)
  )
}
