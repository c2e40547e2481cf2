import { type SQL, sql } from 'drizzle-orm'
import type { SortField, SortItem } from '../../search/order-sql.ts'
import {
  equality,
  equalityOrList,
  equalityOrNull,
  type FilterField,
  ordering,
  type Vocabulary,
  vocabularyOf,
} from '../../search/vocabulary.ts'
import { type Extreme, figureSql } from '../extremes/extremes.ts'

/** An order by an extreme of a metric, for which MLflow's grammar has no word. */
export type ExtremeOrder = {
  readonly metric: string
  readonly extreme: Extreme
  readonly isDescending: boolean
}

/** Runs without the value come last in both directions. */
export function extremeSort({ metric, extreme, isDescending }: ExtremeOrder): SortItem {
  return {
    key: { prefix: 'metrics', name: metric },
    descending: isDescending,
    field: {
      type: 'double',
      column: (alias) => figureSql(alias, extreme),
      join: joinRows(sql`latest_metrics`),
    },
  }
}

const attributePrefixes = ['', 'attribute', 'attributes', 'attr', 'run'] as const
export const metricPrefixes = ['metric', 'metrics'] as const
const paramPrefixes = ['param', 'params', 'parameter', 'parameters'] as const
const tagPrefixes = ['tag', 'tags'] as const

const text = (column: SQL): FilterField => ({ type: 'string', operators: equality, column })
const time = (column: SQL): FilterField => ({
  type: 'number',
  operators: ordering,
  column,
  isTime: true,
})
const usedDataset = () => sql`run_datasets d join datasets s on s.id = d.dataset where d.run = r.id`
const dataset = (column: SQL, rows: () => SQL): FilterField => ({
  type: 'string',
  operators: equalityOrList,
  column,
  rows,
})

/** What a filter of runs may name; the searched row is `runs r`. */
export const runFilterKeys: Vocabulary<FilterField> = vocabularyOf('run', [
  [
    attributePrefixes,
    new Map([
      ['run_id', { ...text(sql`r.run_id`), operators: equalityOrList }],
      ['run_name', text(sql`r.name`)],
      ['run name', text(sql`r.name`)],
      ['Run name', text(sql`r.name`)],
      ['Run Name', text(sql`r.name`)],
      ['status', text(sql`r.status`)],
      ['artifact_uri', text(sql`r.artifact_uri`)],
      ['user_id', text(sql`r.user_id`)],
      ['start_time', time(sql`r.start_time_ms`)],
      ['created', time(sql`r.start_time_ms`)],
      ['Created', time(sql`r.start_time_ms`)],
      ['end_time', time(sql`r.end_time_ms`)],
    ]),
  ],
  [
    metricPrefixes,
    {
      type: 'number',
      operators: ordering,
      column: sql`t.value`,
      rows: (name) => sql`latest_metrics t where t.run = r.id and t.key = ${name}`,
      isNan: sql`t.is_nan`,
    },
  ],
  [paramPrefixes, keyValue((name) => sql`params t where t.run = r.id and t.key = ${name}`)],
  [tagPrefixes, keyValue((name) => sql`run_tags t where t.run = r.id and t.key = ${name}`)],
  [
    ['dataset', 'datasets'],
    new Map([
      ['name', dataset(sql`s.name`, usedDataset)],
      ['digest', dataset(sql`s.digest`, usedDataset)],
      [
        'context',
        dataset(
          sql`t.value`,
          () => sql`run_dataset_tags t where t.run = r.id and t.key = 'mlflow.data.context'`,
        ),
      ],
    ]),
  ],
])

/** A tag or param: any name, and rows of key and value named `t`. */
function keyValue(rows: (name: SQL) => SQL): FilterField {
  return { type: 'string', operators: equalityOrNull, column: sql`t.value`, rows }
}

const sortText = (column: SQL): SortField => ({ type: 'text', column: () => column })
export const runName = sortText(sql`r.name`)
export const startTime: SortField = { type: 'int64', column: () => sql`r.start_time_ms` }
export const endTime: SortField = {
  type: 'int64',
  column: () => sql`r.end_time_ms`,
  optional: true,
}

/** What runs may be ordered by. */
export const runSortKeys: Vocabulary<SortField> = vocabularyOf<SortField>('run', [
  [
    attributePrefixes,
    new Map<string, SortField>([
      ['run_id', sortText(sql`r.run_id`)],
      ['run_name', runName],
      ['run name', runName],
      ['Run name', runName],
      ['Run Name', runName],
      ['status', sortText(sql`r.status`)],
      ['artifact_uri', sortText(sql`r.artifact_uri`)],
      ['user_id', sortText(sql`r.user_id`)],
      ['start_time', startTime],
      ['created', startTime],
      ['Created', startTime],
      ['end_time', endTime],
    ]),
  ],
  [
    metricPrefixes,
    {
      type: 'double',
      column: (alias) => sql`${alias}.value`,
      isNan: (alias) => sql`${alias}.is_nan`,
      join: joinRows(sql`latest_metrics`),
    },
  ],
  [paramPrefixes, sortedRows(sql`params`)],
  [tagPrefixes, sortedRows(sql`run_tags`)],
])

function sortedRows(table: SQL): SortField {
  return { type: 'text', column: (alias) => sql`${alias}.value`, join: joinRows(table) }
}

function joinRows(table: SQL) {
  return (alias: SQL, name: SQL) =>
    sql`left join ${table} ${alias} on ${alias}.run = r.id and ${alias}.key = ${name}`
}
