import { type SQL, sql } from 'drizzle-orm'
import type { SortField } from '../../search/order-sql.ts'
import {
  equality,
  equalityOrList,
  equalityOrListOrNull,
  equalityOrNull,
  type FilterField,
  ordering,
  type Vocabulary,
  vocabularyOf,
} from '../../search/vocabulary.ts'
import { promptKeys, promptPrefix } from '../prompts.ts'

const attributePrefixes = ['', 'attribute', 'attributes'] as const

const text = (column: SQL, operators: FilterField['operators']): FilterField => ({
  type: 'string',
  operators,
  column,
})
const time = (column: SQL): FilterField => ({ type: 'number', operators: ordering, column })
const versionNumber: FilterField = {
  type: 'integer',
  operators: ordering,
  column: sql`v.version`,
}
const stage = text(sql`v.stage`, equalityOrList)
const source = text(sql`v.source`, equality)

/**
 * Prefixes of keys about the run `r` that the version came from or, if that is gone, about the
 * revision of facts `k` that is kept with the version. Both are null where the caller may not read them.
 */
const metricPrefixes = ['metric', 'metrics']
const paramPrefixes = ['param', 'params', 'parameter', 'parameters']
const datasetPrefixes = ['dataset', 'datasets']
export const runPrefixes: readonly string[] = [
  ...metricPrefixes,
  ...paramPrefixes,
  ...datasetPrefixes,
]

const files = () =>
  sql`manifest_files f join blobs b on b.id = f.blob where f.manifest = v.manifest`
const usedDataset = () => sql`(select s.name, s.digest
    from run_datasets d join datasets s on s.id = d.dataset where d.run = r.id
  union all select f.value ->> 'name', f.value ->> 'digest' from ${kept('datasets')}) s where 1`

/** Items of the facts `k`, as rows `f` with key and value. */
function kept(kind: 'metrics' | 'params' | 'datasets'): SQL {
  return sql`version_fact_parts p join json_each(p.facts, ${sql.raw(`'$.${kind}'`)}) f
    where p.model_version = k.model_version and p.revision = k.revision`
}

/** What a filter of versions may name: `model_versions v` and its `registered_models m`. */
export const versionFilterKeys: Vocabulary<FilterField> = vocabularyOf<FilterField>(
  'model version',
  [
    [
      attributePrefixes,
      new Map<string, FilterField>([
        ['name', text(sql`m.name`, equalityOrList)],
        // MLflow keeps an absent run id as the empty string, and clients filter by that.
        ['run_id', { ...text(sql`v.run_id`, equalityOrList), missing: '' }],
        ['source_path', source],
        ['version_number', versionNumber],
        ['source', source],
        ['version', versionNumber],
        ['stage', stage],
        ['current_stage', stage],
        ['approval_status', text(sql`v.approval_status`, equalityOrListOrNull)],
        ['status', text(sql`v.status`, equalityOrList)],
        ['description', text(sql`v.description`, equalityOrNull)],
        ['user_id', text(sql`v.user_id`, equalityOrNull)],
        ['model_id', text(sql`v.model_id`, equalityOrListOrNull)],
        ['creation_timestamp', time(sql`v.created_at_ms`)],
        ['last_updated_timestamp', time(sql`v.updated_at_ms`)],
        [
          'alias',
          {
            ...text(sql`a.alias`, equalityOrListOrNull),
            rows: () =>
              sql`aliases a where a.registered_model = v.registered_model and a.version = v.version`,
          },
        ],
      ]),
    ],
    [['tag', 'tags'], { ...text(sql`t.value`, equalityOrNull), rows: tagRows }],
    [
      metricPrefixes,
      {
        type: 'number',
        operators: ordering,
        column: sql`t.value`,
        isNan: sql`t.is_nan`,
        rows: (name) => sql`(select value, is_nan from latest_metrics
            where run = r.id and key = ${name}
          union all select f.value, f.type = 'text' from ${kept('metrics')} and f.key = ${name}) t
          where 1`,
      },
    ],
    [
      paramPrefixes,
      {
        ...text(sql`t.value`, equalityOrNull),
        rows: (name) => sql`(select value from params where run = r.id and key = ${name}
          union all select f.value from ${kept('params')} and f.key = ${name}) t where 1`,
      },
    ],
    [
      datasetPrefixes,
      new Map<string, FilterField>([
        ['name', { ...text(sql`s.name`, equalityOrList), rows: usedDataset }],
        ['digest', { ...text(sql`s.digest`, equalityOrList), rows: usedDataset }],
      ]),
    ],
    [
      ['file', 'files'],
      new Map<string, FilterField>([
        ['path', { ...text(sql`f.path`, equalityOrList), rows: files }],
        ['sha256', { ...text(sql`b.sha256`, equalityOrList), rows: files }],
      ]),
    ],
    [[promptPrefix], promptKeys(tagRows)],
  ],
)

function tagRows(key: SQL): SQL {
  return sql`model_version_tags t where t.model_version = v.id and t.key = ${key}`
}

/** What versions may be ordered by. */
export const versionSortKeys: Vocabulary<SortField> = vocabularyOf<SortField>('model version', [
  [
    attributePrefixes,
    new Map<string, SortField>([
      ['name', { type: 'text', column: () => sql`m.name` }],
      ['version_number', { type: 'int64', column: () => sql`v.version` }],
      ['creation_timestamp', { type: 'int64', column: () => sql`v.created_at_ms` }],
      ['last_updated_timestamp', { type: 'int64', column: () => sql`v.updated_at_ms` }],
    ]),
  ],
])
