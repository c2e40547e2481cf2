import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, mayReadSql } from '../../access/permissions/permitted.ts'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import type { Key } from '../../search/cursor.ts'
import { type Filter, parseFilter } from '../../search/filter.ts'
import { findPage, type Searchable } from '../../search/find-page.ts'
import { type OrderItem, orderItemsMax } from '../../search/order-by.ts'
import type { SortField } from '../../search/order-sql.ts'
import { checkPageSize, type Page } from '../../search/page.ts'
import {
  equalityOrList,
  type FilterField,
  ordering,
  type Vocabulary,
  vocabularyOf,
} from '../../search/vocabulary.ts'
import type { LoggedModel } from './logged-model.ts'
import { readLoggedModels } from './read-logged-models.ts'
import { markToken, unmarkToken } from './search-token.ts'

/** A dataset by name, and by digest where one is given. */
export type DatasetFilter = { readonly name: string; readonly digest: string | undefined }

/** One sort key. For a metric the latest point counts; where a dataset is named, the latest on it. */
export type LoggedModelOrder = {
  readonly field: string
  readonly descending: boolean
  readonly datasetName: string | undefined
  readonly datasetDigest: string | undefined
}

export type LoggedModelSearch = {
  readonly experimentIds: readonly number[]
  readonly filter: string | undefined
  /**
   * Only metrics logged on one of these datasets count. Where the filter names no metric, the model
   * needs any metric on one of them.
   */
  readonly datasets: readonly DatasetFilter[]
  /** Zero asks for the default, as in MLflow 3.17.2. */
  readonly maxResults: number | undefined
  readonly orderBy: readonly LoggedModelOrder[]
  readonly pageToken: string | undefined
}

const pageMax = 50_000
const pageDefault = 50

/**
 * One page of the models that are not deleted and that the caller may read; newest first, unless
 * `orderBy` says otherwise.
 *
 * @throws INVALID_PARAMETER_VALUE a filter, order, page size or page token that makes no sense
 */
export async function searchLoggedModels(
  ctx: Context,
  search: LoggedModelSearch,
): Promise<Page<LoggedModel>> {
  const phraseOf = messages.wrongFilterOfLoggedModels
  const filter = parseFilter(search.filter, phraseOf, phraseOf).map(withStatusName)
  const { experimentIds, datasets, orderBy } = search
  const page = await findPage(ctx.db, searchableOf(datasets, orderBy), {
    scope: [
      sql`m.lifecycle_stage = 'active'`,
      sql`m.experiment in (select e.id from experiments e where e.workspace = ${ctx.workspace}
        and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })} and e.id in (select value from json_each(${JSON.stringify(experimentIds)})))`,
      isNotDeniedSql(ctx, 'logged model'),
      ...(datasets.length > 0 && !namesMetric(filter) ? [hasMetricOnDataset] : []),
    ],
    filter,
    orderBy: orderItemsOf(orderBy),
    count: checkPageSize(search.maxResults, { most: pageMax, absent: pageDefault }),
    token: unmarkToken(search, search.pageToken),
    fingerprint: ['logged models', experimentIds, search.filter ?? '', datasets, orderBy],
  })
  return {
    items: await readLoggedModels(ctx.db, page.items),
    nextPageToken: markToken(search, page.nextPageToken),
  }
}

/** Whether the metric `p` was logged on a dataset of the list `d.list`. */
const onDataset = sql`exists (select 1 from json_each(d.list) one where p.dataset_name = one.value ->> 0
  and (one.value ->> 1 is null or p.dataset_digest = one.value ->> 1))`
const hasMetricOnDataset = sql`exists (select 1 from logged_model_metrics p
  where p.logged_model = m.id and ${onDataset})`

/** MLflow writes a status with and without it; the column is compared without. */
const statusPrefix = 'LOGGED_MODEL_'

function withStatusName(clause: Filter[number]): Filter[number] {
  if (clause.key.name !== 'status' || !isAttribute(clause.key)) return clause
  const bare = (text: string) =>
    text.startsWith(statusPrefix) ? text.slice(statusPrefix.length) : text
  if ('values' in clause) return { ...clause, values: clause.values.map(bare) }
  if (!('value' in clause)) return clause
  return { ...clause, value: { ...clause.value, text: bare(clause.value.text) } }
}

function isAttribute(key: Key): boolean {
  return key.prefix === undefined || key.prefix === 'attributes'
}

function namesMetric(filter: Filter): boolean {
  return filter.some((clause) => clause.key.prefix === 'metrics')
}

/** The columns that a model is found and sorted by. */
const attributes = {
  text: {
    name: sql`m.name`,
    model_id: sql`m.model_id`,
    model_type: sql`m.model_type`,
    status: sql.raw(`substr(m.status, ${statusPrefix.length + 1})`),
    source_run_id: sql`m.source_run_id`,
    experiment_id: sql`cast(m.experiment as text)`,
    artifact_location: sql`m.artifact_uri`,
    lifecycle_stage: sql`m.lifecycle_stage`,
  },
  time: {
    creation_timestamp: sql`m.created_at_ms`,
    creation_timestamp_ms: sql`m.created_at_ms`,
    creation_time: sql`m.created_at_ms`,
    last_updated_timestamp: sql`m.updated_at_ms`,
    last_updated_timestamp_ms: sql`m.updated_at_ms`,
  },
} as const

const filterAttributes: ReadonlyMap<string, FilterField> = new Map([
  ...Object.entries(attributes.text).map(([name, column]): [string, FilterField] => [
    name,
    { type: 'string', operators: equalityOrList, column },
  ]),
  ...Object.entries(attributes.time).map(([name, column]): [string, FilterField] => [
    name,
    { type: 'number', operators: ordering, column },
  ]),
])

const sortAttributes: ReadonlyMap<string, SortField> = new Map([
  ...Object.entries(attributes.text).map(([name, column]): [string, SortField] => [
    name,
    { type: 'text', column: () => column },
  ]),
  ...Object.entries(attributes.time).map(([name, column]): [string, SortField] => [
    name,
    { type: 'int64', column: () => column },
  ]),
])

const newestFirst = [
  { expression: sql`m.created_at_ms`, descending: true, type: 'int64' },
  { expression: sql`m.model_id`, type: 'text' },
] as const

function searchableOf(
  datasets: readonly DatasetFilter[],
  orderBy: readonly LoggedModelOrder[],
): Searchable {
  const list = JSON.stringify(datasets.map(({ name, digest }) => [name, digest ?? null]))
  return {
    from:
      datasets.length > 0
        ? sql`(select ${list} as list) d cross join logged_models m`
        : sql`logged_models m`,
    id: sql`m.id`,
    filterKeys: vocabularyOf<FilterField>('logged model', [
      [['', 'attributes'], filterAttributes],
      [['params'], textFieldOf(sql`logged_model_params`)],
      [['tags'], textFieldOf(sql`logged_model_tags`)],
      [['metrics'], metricFieldOf(datasets.length > 0)],
    ]),
    sortKeys: sortKeysOf(orderBy),
    defaultOrder: newestFirst,
    tieBreak: newestFirst,
  }
}

function textFieldOf(table: SQL): FilterField {
  return {
    type: 'string',
    operators: equalityOrList,
    column: sql`t.value`,
    rows: (name) => sql`${table} t where t.logged_model = m.id and t.key = ${name}`,
  }
}

function metricFieldOf(onDatasets: boolean): FilterField {
  const rows = (name: SQL) =>
    sql`logged_model_metrics p where p.logged_model = m.id and p.key = ${name}`
  return {
    type: 'number',
    operators: ordering,
    column: sql`p.value`,
    isNan: sql`p.is_nan`,
    rows: onDatasets ? (name) => sql`${rows(name)} and ${onDataset}` : rows,
  }
}

/**
 * The prefix of a metric has its place in the list, since each may name another dataset. No prefix
 * that a caller gives holds a blank, so the two cannot be confused.
 */
function metricPrefixOf(place: number): string {
  return `metrics ${place}`
}

function orderItemsOf(orderBy: readonly LoggedModelOrder[]): OrderItem[] {
  if (orderBy.length > orderItemsMax) {
    throw invalid(`order_by takes at most ${orderItemsMax} keys`)
  }
  return orderBy.map(({ field, descending }, place) => {
    const dot = field.indexOf('.')
    if (dot < 0) return { key: { prefix: undefined, name: field }, descending }
    if (field.slice(0, dot) !== 'metrics') {
      throw invalid(
        `${messages.wrongOrderField(field)}. Only attributes and metrics are supported.`,
      )
    }
    return { key: { prefix: metricPrefixOf(place), name: field.slice(dot + 1) }, descending }
  })
}

function sortKeysOf(orderBy: readonly LoggedModelOrder[]): Vocabulary<SortField> {
  return {
    unknownKey: messages.wrongOrderField,
    ...vocabularyOf<SortField>('logged model', [
      [[''], sortAttributes],
      ...orderBy.map((order, place) => [[metricPrefixOf(place)], latestMetricOf(order)] as const),
    ]),
  }
}

/** The latest point of a metric: greatest timestamp, then step, then the first run by id. */
function latestMetricOf({ datasetName, datasetDigest }: LoggedModelOrder): SortField {
  const wanted = JSON.stringify([datasetName ?? null, datasetDigest ?? null])
  const onNamedDataset =
    datasetName === undefined && datasetDigest === undefined
      ? sql``
      : sql`and exists (select 1 from (select ${wanted} as pair)
          where p.dataset_name = coalesce(pair ->> 0, p.dataset_name)
          and p.dataset_digest = coalesce(pair ->> 1, p.dataset_digest))`
  return {
    type: 'double',
    column: (alias) => sql`${alias}.value`,
    isNan: (alias) => sql`${alias}.is_nan`,
    join: (alias, name) => sql`left join (
      select p.logged_model, p.value, p.is_nan, row_number() over (partition by p.logged_model
        order by p.timestamp_ms desc, p.step desc, p.run_id, p.value desc) as place
      from logged_model_metrics p where p.key = ${name} ${onNamedDataset}
    ) ${alias} on ${alias}.logged_model = m.id and ${alias}.place = 1`,
  }
}
