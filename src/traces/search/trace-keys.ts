import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { KnownClause } from '../../search/filter.ts'
import { stringOf } from '../../search/filter-sql.ts'
import type { Literals } from '../../search/literals.ts'
import type { SortField } from '../../search/order-sql.ts'
import {
  equalityOrList,
  equalityOrNull,
  type FilterField,
  ordering,
  type Vocabulary,
  vocabularyOf,
} from '../../search/vocabulary.ts'
import { assessmentField, issueField } from './assessment-keys.ts'

const attributePrefixes = ['', 'attribute', 'attributes', 'trace'] as const
const tagPrefixes = ['tag', 'tags'] as const
const metadataPrefixes = ['metadata', 'request_metadata'] as const

const name: FilterField = { type: 'string', operators: equalityOrNull, column: sql`t.name` }
const text = (column: SQL): FilterField => ({ type: 'string', operators: equalityOrList, column })
const number = (column: SQL): FilterField => ({ type: 'number', operators: ordering, column })
const time = (column: SQL): FilterField => ({ ...number(column), isTime: true })
const run: FilterField = { ...name, column: sql`t.source_run`, condition: runCondition }
const prompt: FilterField = {
  type: 'string',
  operators: ['='],
  column: sql`null`,
  condition: promptCondition,
}
const endTime = sql`t.request_time_ms + coalesce(t.duration_ms, 0)`

/** Keys of the searched row by their names, and what RLIKE compares. */
export const textColumns: ReadonlyMap<string, SQL> = new Map([
  ['status', sql`t.state`],
  ['request_id', sql`t.trace_id`],
  ['client_request_id', sql`t.client_request_id`],
  ['name', sql`t.name`],
  ['run_id', sql`t.source_run`],
])

/** What a filter of traces may name; the searched row is `traces t`. */
export const traceFilterKeys: Vocabulary<FilterField> = vocabularyOf<FilterField>('trace', [
  [
    attributePrefixes,
    new Map<string, FilterField>([
      ['status', text(sql`t.state`)],
      ['request_id', text(sql`t.trace_id`)],
      ['client_request_id', text(sql`t.client_request_id`)],
      ['name', name],
      ['run_id', run],
      ['timestamp', time(sql`t.request_time_ms`)],
      ['timestamp_ms', time(sql`t.request_time_ms`)],
      ['execution_time', number(sql`t.duration_ms`)],
      ['execution_time_ms', number(sql`t.duration_ms`)],
      ['end_time', time(endTime)],
      ['end_time_ms', time(endTime)],
      ['prompt', prompt],
    ]),
  ],
  [tagPrefixes, labelField(sql`t.tags`)],
  [metadataPrefixes, { ...labelField(sql`t.metadata`), condition: metadataCondition }],
  [['feedback'], assessmentField('feedback')],
  [['expectation'], assessmentField('expectation')],
  [
    ['issue'],
    new Map([
      ['id', issueField],
      // MLflow takes these as of the trace.
      ...([
        ['name', name],
        ['run_id', run],
        ['prompt', prompt],
      ] as const),
    ]),
  ],
])

/** The value under a key of a JSON object. */
export function labelSql(json: SQL, key: SQL): SQL {
  return sql`${json} ->> ('$."' || ${key} || '"')`
}

/** A tag or metadata: any name, which stands in a JSON object. */
function labelField(json: SQL): FilterField {
  return {
    type: 'string',
    operators: equalityOrNull,
    column: sql`x.value`,
    rows: (key) => sql`(select ${labelSql(json, key)} as value) x where x.value is not null`,
  }
}

/**
 * Traces of a session. Not told that they are few, SQLite reads all traces of an experiment in the order of
 * their time, and not the index of sessions.
 */
export function isOfSessionSql(session: SQL): SQL {
  return sql`unlikely(t.session_id = ${session})`
}

/** The session, the run and the logged model have columns, which indexes have too. */
function metadataCondition(clause: KnownClause, literals: Literals): SQL | undefined {
  if (clause.operator !== '=') return undefined
  if (clause.key.name === 'mlflow.sourceRun') return runCondition(clause, literals)
  const value = () => literals.text(stringOf(clause))
  if (clause.key.name === 'mlflow.modelId') return sql`t.model_id = ${value()}`
  return clause.key.name === 'mlflow.trace.session' ? isOfSessionSql(value()) : undefined
}

/** A trace is of the run that it began in; asked for one run, of one that it was linked with too. */
function runCondition(clause: KnownClause, literals: Literals): SQL | undefined {
  if (clause.operator !== '=') return undefined
  const run = literals.text(stringOf(clause))
  return sql`(t.source_run = ${run} or exists (select 1 from trace_links l
    where l.workspace = t.workspace and l.kind = 'run' and l.target = ${run} and l.trace_id = t.trace_id))`
}

function promptCondition(clause: KnownClause, literals: Literals): SQL {
  const value = 'value' in clause ? stringOf(clause) : ''
  if (value.split('/').length !== 2) throw invalid(messages.wrongPromptFilter(value))
  return sql`exists (select 1 from trace_links l where l.workspace = t.workspace
    and l.kind = 'prompt' and l.target = ${literals.text(value)} and l.trace_id = t.trace_id)`
}

const sortText = (column: SQL): SortField => ({
  type: 'text',
  column: () => column,
  optional: true,
})
const sortNumber = (column: SQL): SortField => ({
  type: 'int64',
  column: () => column,
  optional: true,
})
const sortTime: SortField = { type: 'int64', column: () => sql`t.request_time_ms` }

/** What traces may be ordered by. */
export const traceSortKeys: Vocabulary<SortField> = vocabularyOf<SortField>('trace', [
  [
    attributePrefixes,
    new Map<string, SortField>([
      ['timestamp', sortTime],
      ['timestamp_ms', sortTime],
      ['execution_time', sortNumber(sql`t.duration_ms`)],
      ['execution_time_ms', sortNumber(sql`t.duration_ms`)],
      ['end_time', sortNumber(endTime)],
      ['end_time_ms', sortNumber(endTime)],
      ['status', { type: 'text', column: () => sql`t.state` }],
      ['request_id', { type: 'text', column: () => sql`t.trace_id` }],
      ['experiment_id', { type: 'int64', column: () => sql`t.experiment` }],
      ['name', sortText(sql`t.name`)],
      ['run_id', sortText(sql`t.source_run`)],
    ]),
  ],
  [tagPrefixes, sortedLabel(sql`t.tags`)],
  [metadataPrefixes, sortedLabel(sql`t.metadata`)],
])

function sortedLabel(json: SQL): SortField {
  return {
    type: 'text',
    column: (alias) => sql`${alias}.value`,
    join: (alias, key) => sql`left join json_each(${json}) ${alias} on ${alias}.key = ${key}`,
  }
}
