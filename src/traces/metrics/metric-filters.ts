import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { type Clause, keyText, parseFilter } from '../../search/filter.ts'
import { stringOf } from '../../search/filter-sql.ts'
import { labelSql } from '../search/trace-keys.ts'
import type { MetricView } from './metric.ts'

/** Filters of a query by what they are about. */
export type MetricFilters = {
  /** Conditions on `traces t`, and of assessments on `assessments a`. */
  readonly conditions: readonly SQL[]
  /** What spans must have. */
  readonly onSpans: readonly { readonly key: SpanKey; readonly value: string }[]
}

type SpanKey = (typeof spanKeys)[number]
const spanKeys = ['name', 'status', 'type'] as const
const assessmentKeys = ['name', 'type'] as const
const views = { trace: undefined, span: 'SPANS', assessment: 'ASSESSMENTS' } as const

/** @throws INVALID_PARAMETER_VALUE one is no single clause with `=`, or its key is not of the view */
export function readMetricFilters(texts: readonly string[], view: MetricView): MetricFilters {
  const conditions: SQL[] = []
  const onSpans: MetricFilters['onSpans'][number][] = []
  for (const text of texts) {
    const { entity, key, value } = readClause(text, view)
    if (entity === 'trace') conditions.push(traceCondition(key, value))
    else if (entity === 'span') onSpans.push({ key: knownIn(spanKeys, entity, key), value })
    else {
      const column = knownIn(assessmentKeys, entity, key) === 'name' ? sql`a.name` : sql`a.kind`
      conditions.push(sql`${column} = ${value}`)
    }
  }
  return { conditions, onSpans }
}

function readClause(text: string, view: MetricView) {
  const [clause, ...others] = parseFilter(text)
  if (!clause || others.length > 0) throw invalid(`${messages.wrongClauses(text)}; give one each`)
  if (clause.operator !== '=') {
    const written = clause.operator === 'OTHER' ? clause.written : clause.operator
    throw invalid(messages.onlyEquals(written))
  }
  const { entity, key } = entityOf(clause)
  const needed = views[entity]
  if (needed !== undefined && needed !== view) {
    throw invalid(`Filtering by ${entity} is only supported for ${needed} view type, got ${view}`)
  }
  return { entity, key, value: stringOf(clause) }
}

function entityOf({ key }: Clause): { readonly entity: keyof typeof views; readonly key: string } {
  const { prefix, name } = key
  if (prefix === 'trace' || prefix === 'span' || prefix === 'assessment') {
    return { entity: prefix, key: name }
  }
  throw invalid(`Invalid identifier '${keyText(key)}'; begin it with trace., span. or assessment.`)
}

function traceCondition(key: string, value: string): SQL {
  if (key === 'status') return sql`t.state = ${value}`
  const [, kind, name = ''] = /^(tag|metadata)\.(.+)$/s.exec(key) ?? []
  if (kind === undefined) throw unknownKey('trace', key, ['status', 'tag', 'metadata'])
  const json = kind === 'tag' ? sql`t.tags` : sql`t.metadata`
  return sql`${labelSql(json, sql`${name.replaceAll('`', '')}`)} = ${value}`
}

function knownIn<K extends string>(known: readonly K[], entity: string, key: string): K {
  const found = known.find((one) => one === key)
  if (found === undefined) throw unknownKey(entity, key, known)
  return found
}

function unknownKey(entity: string, key: string, known: readonly string[]): Error {
  return invalid(messages.wrongEntity(key, entity, known))
}
