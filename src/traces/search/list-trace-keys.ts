import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { keyIn } from '../../search/cursor.ts'
import { fieldOf } from '../../search/vocabulary.ts'
import { traceFilterKeys } from './trace-keys.ts'

export type TraceKeyKind = 'tag' | 'metadata' | 'feedback' | 'expectation'

/** Names and values come from so many traces, the newest ones. */
export const keyTracesMax = 2000
const valuesMax = 50
/** Longer ones are no help to somebody who types. */
const valueCharsMax = 500

/** A name that traces have a value for, and how many of the newest have it. */
export type TraceKey = { readonly key: string; readonly traces: number }

export type TraceKeySearch = {
  readonly experimentId: number
  readonly kind: TraceKeyKind
  /** How the name begins; empty: anyhow. */
  readonly prefix?: string | undefined
  /** What stands somewhere in the name, in whatever case of A to Z. */
  readonly part?: string | undefined
  /** So many at most. */
  readonly count: number
}

/** Names of one kind, those that most of the newest traces have first. The caller may read the experiment. */
export function listTraceKeys(
  ctx: Context,
  { experimentId, kind, prefix = '', part = '', count }: TraceKeySearch,
): Promise<readonly TraceKey[]> {
  const { name, rows } = namesOf[kind]
  return ctx.db.all(sql<TraceKey>`
    select ${name} as key, count(distinct newest.id) as traces
    from (${newestTraces(ctx, experimentId)}) newest cross join ${rows}
      and substr(${name}, 1, length(${prefix})) = ${prefix}
      and instr(lower(${name}), lower(${part})) > 0
    group by 1 order by traces desc, key limit ${count}`)
}

/** Where names are, beside `newest`: table and condition. */
const namesOf: Readonly<Record<TraceKeyKind, { readonly name: SQL; readonly rows: SQL }>> = {
  tag: labelNames(sql`t.tags`),
  metadata: labelNames(sql`t.metadata`),
  feedback: assessmentNames('feedback'),
  expectation: assessmentNames('expectation'),
}

function labelNames(json: SQL) {
  return { name: sql`j.key`, rows: labelRows(json) }
}

function labelRows(json: SQL): SQL {
  return sql`traces t on t.id = newest.id cross join json_each(${json}) j where 1`
}

function assessmentNames(kind: 'feedback' | 'expectation') {
  const rows = sql`assessments a on a.trace = newest.id
    where a.kind = ${sql.raw(`'${kind}'`)} and a.valid = 1`
  return { name: sql`a.name`, rows }
}

/** @param count so many at most */
export function newestTraces(ctx: Context, experimentId: number, count = keyTracesMax): SQL {
  return sql`select n.id from traces n where n.experiment = (select e.id from experiments e
      where e.id = ${experimentId} and e.workspace = ${ctx.workspace})
    order by n.request_time_ms desc, n.trace_id desc limit ${count}`
}

/** A value that traces have for a key, and how many of the newest have it. */
export type TraceKeyValue = { readonly value: string; readonly traces: number }

/**
 * The texts that the newest 2,000 traces of an experiment have for a key, those that most have first, at most
 * 50 of up to 500 characters; none of what is in spans but their names, types and states. The caller may read the experiment.
 *
 * @param search.key as a filter of traces spells it: `tags.team`, `span.type`, `status`
 * @throws INVALID_PARAMETER_VALUE it is no key of traces, or one of numbers
 */
export function readTraceValues(
  ctx: Context,
  search: { readonly experimentId: number; readonly key: string; readonly prefix?: string },
): Promise<readonly TraceKeyValue[]> {
  const { experimentId, key, prefix = '' } = search
  const { value, rows } = valuesOf(key)
  return ctx.db.all(sql<TraceKeyValue>`
    select ${value} as value, count(distinct newest.id) as traces
    from (${newestTraces(ctx, experimentId)}) newest cross join ${rows}
      and length(${value}) between 1 and ${valueCharsMax}
      and substr(${value}, 1, length(${prefix})) = ${prefix}
    group by 1 order by traces desc, value limit ${valuesMax}`)
}

/** What is told of spans: a dictionary has it. */
const spanColumns: ReadonlyMap<string, SQL> = new Map([
  ['name', sql`k.name`],
  ['type', sql`k.type`],
  ['status', sql`k.status`],
])

const labelColumns: ReadonlyMap<string, SQL> = new Map([
  ['tag', sql`t.tags`],
  ['tags', sql`t.tags`],
  ['metadata', sql`t.metadata`],
  ['request_metadata', sql`t.metadata`],
])

/** Where the values of a key are, beside `newest`: table and condition. */
function valuesOf(key: string): { readonly value: SQL; readonly rows: SQL } {
  const { prefix, name } = keyIn(key)
  if (prefix === 'span') {
    return {
      value: spanColumns.get(name) ?? sql`null`,
      rows: sql`trace_span_kinds s on s.trace = newest.id cross join span_kinds k on k.id = s.kind where 1`,
    }
  }
  if (prefix === 'feedback' || prefix === 'expectation') {
    return {
      // Numbers are compared as such, and lists and maps by nobody.
      value: sql`case json_type(a.value) when 'text' then a.value ->> '$'
        when 'true' then 'true' when 'false' then 'false' end`,
      rows: sql`assessments a on a.trace = newest.id
        where a.kind = ${prefix} and a.name = ${name} and a.valid = 1`,
    }
  }
  const labels = prefix === undefined ? undefined : labelColumns.get(prefix)
  if (labels) return { value: sql`j.value`, rows: sql`${labelRows(labels)} and j.key = ${name}` }
  const field = fieldOf(traceFilterKeys, { prefix, name })
  if (field.type !== 'string') {
    throw invalid(`'${key}' holds numbers; values are told of text: a tag, status, span.type`)
  }
  return { value: field.column, rows: sql`traces t on t.id = newest.id where 1` }
}
