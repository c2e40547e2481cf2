import { sql } from 'drizzle-orm'
import { mayReadSql } from '../../access/permissions/permitted.ts'
import type { Int64 } from '../../core/int64.ts'
import type { Context } from '../../platform/context.ts'
import { parseFilter } from '../../search/filter.ts'
import { findPage, type Searchable } from '../../search/find-page.ts'
import { parseOrderBy } from '../../search/order-by.ts'
import type { SortField } from '../../search/order-sql.ts'
import { checkPageSize, type Page } from '../../search/page.ts'
import { type ExactFilter, exactFilter, withTimes } from '../../search/times/filter-times.ts'
import {
  equality,
  equalityOrList,
  equalityOrNull,
  type FilterField,
  ordering,
  vocabularyOf,
} from '../../search/vocabulary.ts'
import { type Experiment, readExperiments, type ViewType, viewConditions } from './experiment.ts'

/** As MLflow: 1 to 50,000 experiments a page. */
export const experimentPageMax = 50_000

const attributePrefixes = ['', 'attribute', 'attributes']

const searchableExperiments: Searchable = {
  from: sql`experiments e`,
  id: sql`e.id`,
  filterKeys: vocabularyOf<FilterField>('experiment', [
    [
      attributePrefixes,
      new Map<string, FilterField>([
        ['name', { type: 'string', operators: equality, column: sql`e.name` }],
        [
          'experiment_id',
          { type: 'string', operators: equalityOrList, column: sql`cast(e.id as text)` },
        ],
        [
          'creation_time',
          { type: 'number', isTime: true, operators: ordering, column: sql`e.created_at_ms` },
        ],
        [
          'last_update_time',
          { type: 'number', isTime: true, operators: ordering, column: sql`e.updated_at_ms` },
        ],
      ]),
    ],
    [
      ['tag', 'tags'],
      {
        type: 'string',
        operators: equalityOrNull,
        column: sql`t.value`,
        rows: (name) => sql`experiment_tags t where t.experiment = e.id and t.key = ${name}`,
      },
    ],
  ]),
  sortKeys: vocabularyOf<SortField>('experiment', [
    [
      attributePrefixes,
      new Map<string, SortField>([
        ['name', { type: 'text', column: () => sql`e.name` }],
        ['experiment_id', { type: 'int64', column: () => sql`e.id` }],
        ['creation_time', { type: 'int64', column: () => sql`e.created_at_ms` }],
        ['last_update_time', { type: 'int64', column: () => sql`e.updated_at_ms` }],
      ]),
    ],
  ]),
  defaultOrder: [
    { expression: sql`e.created_at_ms`, descending: true, type: 'int64' },
    { expression: sql`e.id`, type: 'int64', descending: true },
  ],
  tieBreak: [{ expression: sql`e.id`, type: 'int64' }],
}

export type ExperimentSearch = {
  readonly filter?: string | undefined
  /** What times in words are counted from; undefined: a program asks, and gives milliseconds. */
  readonly nowMs?: number | undefined
  readonly orderBy: readonly string[]
  readonly view?: ViewType | undefined
  /** MLflow has no default: absent is refused. */
  readonly maxResults?: Int64 | undefined
  readonly pageToken?: string | undefined
}

/**
 * Experiments that the caller may read; newest first, unless `orderBy` says otherwise.
 *
 * @throws INVALID_PARAMETER_VALUE filter, order, page size or page token is wrong
 * @see MLflow REST API, "Search Experiments"
 */
export async function searchExperiments(
  ctx: Context,
  search: ExperimentSearch,
): Promise<Page<Experiment>> {
  const count = checkPageSize(search.maxResults, { most: experimentPageMax })
  const view = search.view ?? 'ACTIVE_ONLY'
  const { items: ids, nextPageToken } = await findPage(ctx.db, searchableExperiments, {
    scope: [
      sql`e.workspace = ${ctx.workspace}`,
      ...viewConditions(sql`e.lifecycle_stage`, view),
      mayReadSql(ctx, 'experiment', { id: sql`e.id` }),
    ],
    filter: withTimes(parseFilter(search.filter), searchableExperiments.filterKeys, search.nowMs),
    orderBy: parseOrderBy(search.orderBy),
    count,
    token: search.pageToken,
    fingerprint: ['experiments', ctx.workspace, search.filter ?? '', search.orderBy, view],
  })
  return { items: await readExperiments(ctx, ids), nextPageToken }
}

/** A filter that a person wrote, as MLflow's clients give it. */
export function exactExperimentFilter(text: string, nowMs: number): ExactFilter {
  return exactFilter(text, searchableExperiments.filterKeys, nowMs)
}
