import { type SQL, sql } from 'drizzle-orm'
import { mayAll, mayReadSql } from '../../access/permissions/permitted.ts'
import { excerpt, invalid } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import type { Context } from '../../platform/context.ts'
import { type Filter, type KnownClause, keyText, parseFilter } from '../../search/filter.ts'
import { numberOf, stringOf } from '../../search/filter-sql.ts'
import { findPage, type Searchable } from '../../search/find-page.ts'
import { parseOrderBy } from '../../search/order-by.ts'
import type { SortField } from '../../search/order-sql.ts'
import { checkPageSize, type Page } from '../../search/page.ts'
import { refusedAt } from '../../search/places.ts'
import { regexTest } from '../../search/text-match.ts'
import { equality, type FilterField, ordering, vocabularyOf } from '../../search/vocabulary.ts'
import { type EvalDataset, type EvalDatasetRow, evalDatasetFrom } from './dataset.ts'

const pageMax = 50_000
const pageDefault = 1000
const experimentsMax = 1000
/** Each is a test of its own on every dataset. */
const patternsMax = 20

/** Of columns, which MLflow orders as texts too. RLIKE is judged before; see `matchPatterns`. */
const text = (column: SQL): FilterField => ({
  type: 'string',
  operators: [...equality, '<', '<=', '>', '>='],
  column,
})
const nameColumn = sql`d.name`
/** What RLIKE compares. */
const patternColumns: ReadonlyMap<string, SQL> = new Map([
  ['name', nameColumn],
  ['created_by', sql`d.created_by`],
  ['last_updated_by', sql`d.last_updated_by`],
])
const time = (column: SQL): FilterField => ({
  type: 'number',
  operators: ordering,
  column,
  condition: (clause) => {
    checkWhole(clause)
    return undefined
  },
})

const newestFirst = [
  { expression: sql`d.created_at_ms`, descending: true, type: 'int64' },
  { expression: sql`d.id`, descending: true, type: 'int64' },
] as const

const searchableDatasets: Searchable = {
  from: sql`eval_datasets d`,
  id: sql`d.id`,
  filterKeys: vocabularyOf<FilterField>('dataset', [
    [
      [''],
      new Map([
        ...[...patternColumns].map(([key, column]) => [key, text(column)] as const),
        ['name', { ...text(nameColumn), operators: [...text(nameColumn).operators, 'IN'] }],
        ['created_time', time(sql`d.created_at_ms`)],
        ['last_update_time', time(sql`d.updated_at_ms`)],
      ]),
    ],
    [
      ['tags'],
      {
        type: 'string',
        operators: equality,
        column: sql`x.value`,
        rows: (key) =>
          sql`(select d.tags ->> ('$."' || ${key} || '"') as value) x where x.value is not null`,
      },
    ],
  ]),
  sortKeys: vocabularyOf<SortField>('dataset', [
    [
      [''],
      new Map<string, SortField>([
        ['name', { type: 'text', column: () => sql`d.name` }],
        ['created_time', { type: 'int64', column: () => sql`d.created_at_ms` }],
        ['last_update_time', { type: 'int64', column: () => sql`d.updated_at_ms` }],
      ]),
    ],
  ]),
  defaultOrder: newestFirst,
  tieBreak: newestFirst,
}

export type EvalDatasetSearch = {
  /** None for all. */
  readonly experimentIds: readonly number[]
  readonly filter?: string | undefined
  readonly orderBy: readonly string[]
  readonly maxResults?: Int64 | undefined
  readonly pageToken?: string | undefined
}

/**
 * Datasets, as far as the caller may read them: in experiments all of which it may read, or its own in none.
 *
 * @throws INVALID_PARAMETER_VALUE filter, order, page size or page token is wrong
 */
export async function searchEvalDatasets(
  ctx: Context,
  search: EvalDatasetSearch,
): Promise<Page<EvalDataset>> {
  const experiments = [...new Set(search.experimentIds)]
  if (experiments.length > experimentsMax) {
    throw invalid(`A search takes at most ${experimentsMax} experiments`)
  }
  const count = checkPageSize(search.maxResults, { most: pageMax, absent: pageDefault })
  const readable = sql`d.workspace = ${ctx.workspace} and ${isReadable(ctx, experiments)}`
  const { clauses, condition } = await matchPatterns(
    ctx,
    readable,
    parseFilter(search.filter || undefined),
  )
  const page = await findPage(ctx.db, searchableDatasets, {
    scope: [readable, condition],
    filter: clauses,
    orderBy: parseOrderBy(search.orderBy),
    count,
    token: search.pageToken,
    fingerprint: [
      'evaluation datasets',
      ctx.workspace,
      experiments,
      search.filter ?? '',
      search.orderBy,
    ],
  })
  const ids = JSON.stringify(page.items)
  const rows = await ctx.db.all(sql<EvalDatasetRow>`select d.* from json_each(${ids}) j
    cross join eval_datasets d on d.id = j.value order by j.key`)
  return { items: rows.map(evalDatasetFrom), nextPageToken: page.nextPageToken }
}

/** Times are whole milliseconds. @throws INVALID_PARAMETER_VALUE the value is none */
function checkWhole(clause: KnownClause): void {
  if (!('value' in clause)) return
  const value = numberOf(clause)
  if (/^[+-]?\d+$/.test(value)) return
  const key = keyText(clause.key)
  throw refusedAt(
    { key: clause.key, part: 'value' },
    `Invalid value for numeric attribute '${key}': '${excerpt(value)}'; give whole milliseconds`,
  )
}

/**
 * The clauses that SQL judges, and a condition for those with RLIKE, which SQL does not know: the datasets
 * whose texts match.
 */
async function matchPatterns(ctx: Context, readable: SQL, filter: Filter) {
  const patterns = filter.flatMap((clause) => {
    const { prefix, name } = clause.key
    const column = prefix === undefined ? patternColumns.get(name) : undefined
    const isPattern = clause.operator === 'OTHER' && clause.written.toUpperCase() === 'RLIKE'
    return column && isPattern ? [{ clause, column, test: regexTest(stringOf(clause)) }] : []
  })
  if (patterns.length === 0) return { clauses: filter, condition: sql`1` }
  if (patterns.length > patternsMax) throw invalid(`A filter has at most ${patternsMax} RLIKE`)
  const rows = await ctx.db.all(sql<{ id: number; texts: string }>`
    select d.id, json_array(${sql.join(
      patterns.map(({ column }) => column),
      sql`, `,
    )}) as texts from eval_datasets d where ${readable}`)
  const ids = rows.flatMap(({ id, texts }) => {
    const found: readonly (string | null)[] = JSON.parse(texts)
    const fits = patterns.every(({ test }, i) => {
      const text = found[i]
      return typeof text === 'string' && test(text)
    })
    return fits ? [id] : []
  })
  return {
    clauses: filter.filter((clause) => !patterns.some((one) => one.clause === clause)),
    condition: sql`d.id in (select value from json_each(${JSON.stringify(ids)}))`,
  }
}

function isReadable(ctx: Context, experiments: readonly number[]): SQL {
  const some = (which: SQL) => sql`exists (select 1 from eval_dataset_experiments x
    where x.dataset = d.id and ${which})`
  const isHidden = some(sql`not ${mayReadSql(ctx, 'experiment', { id: sql`x.experiment` })}`)
  const isShown = mayAll(ctx) ? sql`1` : sql`not ${isHidden}`
  if (experiments.length > 0) {
    const wanted = sql`x.experiment in (select value from json_each(${JSON.stringify(experiments)}))`
    return sql`(${some(wanted)} and ${isShown})`
  }
  const isOwn = mayAll(ctx) ? sql`1` : sql`d.account = ${ctx.principal.accountId ?? null}`
  return sql`(${isShown} and (${isOwn} or ${some(sql`1`)}))`
}
