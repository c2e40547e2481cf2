import { type SQL, sql } from 'drizzle-orm'
import { mayAll, mayReadSql } from '../../access/permissions/permitted.ts'
import { invalid } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import type { Context } from '../../platform/context.ts'
import { parseFilter } from '../../search/filter.ts'
import { findPage, type Searchable } from '../../search/find-page.ts'
import { parseOrderBy } from '../../search/order-by.ts'
import type { SortField } from '../../search/order-sql.ts'
import { checkPageSize, type Page } from '../../search/page.ts'
import {
  equalityOrList,
  type FilterField,
  ordering,
  vocabularyOf,
} from '../../search/vocabulary.ts'
import { type EvalDataset, type EvalDatasetRow, evalDatasetFrom } from './dataset.ts'

const pageMax = 50_000
const pageDefault = 1000
const experimentsMax = 1000

const text = (column: SQL): FilterField => ({ type: 'string', operators: equalityOrList, column })
const time = (column: SQL): FilterField => ({ type: 'number', operators: ordering, column })

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
        ['name', text(sql`d.name`)],
        ['created_by', text(sql`d.created_by`)],
        ['last_updated_by', text(sql`d.last_updated_by`)],
        ['created_time', time(sql`d.created_at_ms`)],
        ['last_update_time', time(sql`d.updated_at_ms`)],
      ]),
    ],
    [
      ['tags'],
      {
        ...text(sql`x.value`),
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
  const page = await findPage(ctx.db, searchableDatasets, {
    scope: [sql`d.workspace = ${ctx.workspace}`, isReadable(ctx, experiments)],
    filter: parseFilter(search.filter || undefined),
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
