import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, isPromptModel, mayReadSql } from '../../access/permissions/permitted.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import { type Filter, parseFilter } from '../../search/filter.ts'
import {
  findPage,
  type LooserFilter,
  listLooserFilters,
  type Searchable,
} from '../../search/find-page.ts'
import { parseOrderBy } from '../../search/order-by.ts'
import type { SortField } from '../../search/order-sql.ts'
import { checkPageSize, type Page } from '../../search/page.ts'
import { type ExactFilter, exactFilter, withTimes } from '../../search/times/filter-times.ts'
import {
  equalityOrList,
  equalityOrListOrNull,
  equalityOrNull,
  type FilterField,
  ordering,
  vocabularyOf,
} from '../../search/vocabulary.ts'
import { promptKeys, promptPrefix, withPromptsHidden } from '../prompts.ts'
import { fingerprintOf, type RegistrySearch } from '../versions/search-versions.ts'
import { type RegisteredModel, readModels } from './read-models.ts'

/**
 * As in MLflow, up to 1,000 models a page. MLflow answers 0 with an empty page; this refuses it.
 */
const pageMax = 1000
const pageDefault = 100

const attributePrefixes = ['', 'attribute', 'attributes']
const byName = [{ expression: sql`m.name`, type: 'text' }] as const
const updated: SortField = { type: 'int64', column: () => sql`m.updated_at_ms` }
const created: SortField = { type: 'int64', column: () => sql`m.created_at_ms` }

const searchableModels: Searchable = {
  from: sql`registered_models m`,
  id: sql`m.id`,
  filterKeys: vocabularyOf<FilterField>('registered model', [
    [
      attributePrefixes,
      new Map<string, FilterField>([
        ['name', { type: 'string', operators: equalityOrList, column: sql`m.name` }],
        ['description', { type: 'string', operators: equalityOrNull, column: sql`m.description` }],
        ['user_id', { type: 'string', operators: equalityOrNull, column: sql`m.user_id` }],
        [
          'creation_timestamp',
          { type: 'number', isTime: true, operators: ordering, column: sql`m.created_at_ms` },
        ],
        [
          'last_updated_timestamp',
          { type: 'number', isTime: true, operators: ordering, column: sql`m.updated_at_ms` },
        ],
        [
          'alias',
          {
            type: 'string',
            operators: equalityOrListOrNull,
            column: sql`a.alias`,
            rows: () => sql`aliases a where a.registered_model = m.id and shown.versions = 1`,
          },
        ],
        [
          'stage',
          {
            type: 'string',
            operators: equalityOrList,
            column: sql`v.stage`,
            rows: () =>
              sql`model_versions v where v.registered_model = m.id and shown.versions = 1`,
          },
        ],
      ]),
    ],
    [
      ['tag', 'tags'],
      {
        type: 'string',
        operators: equalityOrNull,
        column: sql`t.value`,
        rows: tagRows,
      },
    ],
    [[promptPrefix], promptKeys(tagRows)],
  ]),
  sortKeys: {
    unknownKey: messages.unknownOrderKey,
    ...vocabularyOf<SortField>('registered model', [
      [
        attributePrefixes,
        new Map<string, SortField>([
          ['name', { type: 'text', column: () => sql`m.name` }],
          ['creation_timestamp', created],
          ['last_updated_timestamp', updated],
          ['timestamp', updated],
        ]),
      ],
    ]),
  },
  defaultOrder: byName,
  tieBreak: byName,
}

/** With whether the caller may read the versions of a model, so that no filter tells of others. */
function withShownVersions(ctx: Context): Searchable {
  return {
    ...searchableModels,
    from: sql`${searchableModels.from} left join (select 1 as versions) shown
      on ${isNotDeniedSql(ctx, 'version', isPromptModel)}`,
  }
}

function tagRows(key: ReturnType<typeof sql>) {
  return sql`registered_model_tags t where t.registered_model = m.id and t.key = ${key}`
}

/**
 * Registered models that the caller may read, by name where no order is asked for. Prompts are
 * left out unless the filter asks for them by `tags.mlflow.prompt.is_prompt`.
 *
 * @throws INVALID_PARAMETER_VALUE filter, order, page size or page token is wrong
 * @see MLflow REST API, "Search RegisteredModels"; docs/search.md for the keys that MLflow lacks
 */
export async function searchRegisteredModels(
  ctx: Context,
  search: RegistrySearch,
): Promise<Page<RegisteredModel>> {
  const { items: ids, nextPageToken } = await findPage(ctx.db, withShownVersions(ctx), {
    scope: scopeOf(ctx, search),
    filter: withPromptsHidden(readFilter(search)),
    orderBy: parseOrderBy(search.orderBy),
    count: checkPageSize(search.maxResults, {
      most: pageMax,
      absent: pageDefault,
      refusal: messages.pageSizeOfRegistry,
    }),
    token: search.pageToken,
    fingerprint: fingerprintOf(ctx, 'models', search),
  })
  return { items: await readModels(ctx, ids), nextPageToken }
}

function scopeOf(ctx: Context, { also }: Pick<RegistrySearch, 'also'>): SQL[] {
  return [
    sql`m.workspace = ${ctx.workspace}`,
    mayReadSql(ctx, 'model', { id: sql`m.id`, isPrompt: isPromptModel }),
    ...(also ? [also.where] : []),
  ]
}

function readFilter({ filter, nowMs }: Pick<RegistrySearch, 'filter' | 'nowMs'>): Filter {
  return withTimes(parseFilter(filter), searchableModels.filterKeys, nowMs)
}

/** A filter that a person wrote, as MLflow's clients give it. */
export function exactModelFilter(text: string, nowMs: number): ExactFilter {
  return exactFilter(text, searchableModels.filterKeys, nowMs)
}

/** What a filter that finds no model would find without each of its clauses. */
export function listLooserModelFilters(
  ctx: Context,
  search: Pick<RegistrySearch, 'also' | 'nowMs'> & { readonly filter: string },
): Promise<LooserFilter[]> {
  return listLooserFilters(ctx.db, withShownVersions(ctx), {
    scope: scopeOf(ctx, search),
    text: search.filter,
    filter: readFilter(search),
    complete: withPromptsHidden,
  })
}
