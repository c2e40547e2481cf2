import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { letOthersRun } from '../../core/rounds.ts'
import type { Context } from '../../platform/context.ts'
import { hasSpansSql } from '../reading/read-infos.ts'
import { placeColumns, readTraceLines, type SpanPlace } from '../spans/read-lines.ts'
import { attributeText, type Span, spanTypeOf } from '../spans/span.ts'
import { parseSpanLine } from '../spans/span-line.ts'
import { cost, readAmount } from '../spans/usage.ts'
import type { ValueCount } from './aggregate.ts'
import { type MetricQuery, traceRangeOf } from './metric.ts'
import type { MetricFilters } from './metric-filters.ts'

/** Traces, and characters of their spans, that one query reads. */
const tracesMax = 20_000
const charsMax = 20_000_000

export type SpanCounting = {
  readonly query: MetricQuery
  readonly filters: MetricFilters
  /** A condition on `traces t`. */
  readonly inScope: SQL
  readonly valuesMax: number
}

type Counted = { -readonly [K in keyof ValueCount]: ValueCount[K] }

/** The values of a metric in the spans of traces, which are read for that. */
export async function countSpans(
  ctx: Context,
  { query, filters, inScope, valuesMax }: SpanCounting,
): Promise<readonly ValueCount[]> {
  const conditions = [inScope, hasSpansSql, ...filters.conditions, ...rangeOf(query)]
  const places = await ctx.db.all(sql<SpanPlace>`select ${placeColumns} from traces t
    where ${sql.join(conditions, sql` and `)} limit ${tracesMax + 1}`)
  if (places.length > tracesMax) throw tooMuch()
  const counted = new Map<string, Counted>()
  let charsRead = 0
  for await (const { lines, chars, isWhole } of readTraceLines(ctx, places)) {
    charsRead += chars
    if (!isWhole || charsRead > charsMax) throw tooMuch()
    for (const span of lines.map(parseSpanLine)) {
      const value = fits(span, query, filters) ? valueIn(span, query.metric) : undefined
      if (value !== undefined) countOne(counted, groupIn(span, query), value)
    }
    if (counted.size > valuesMax) break
    await letOthersRun()
  }
  return [...counted.values()]
}

function countOne(counted: Map<string, Counted>, group: Counted['group'], value: number): void {
  const key = JSON.stringify([group, value])
  const known = counted.get(key)
  if (known) known.count++
  else counted.set(key, { group, value, count: 1 })
}

/** As MLflow counts them: costs by when their span began, all else by when its trace did. */
function goesBySpan({ metric }: MetricQuery): boolean {
  return cost.parts.includes(metric)
}

/** Of the traces in which spans of the range may be: a span begins with its trace, or later. */
function rangeOf(query: MetricQuery): readonly SQL[] {
  if (!goesBySpan(query)) return traceRangeOf(query)
  const { startMs, endMs } = query
  const latest = sql`t.request_time_ms + coalesce(t.duration_ms, 0)`
  return [
    ...(startMs === undefined ? [] : [sql`${latest} >= ${startMs - openMs}`]),
    ...(endMs === undefined ? [] : [sql`t.request_time_ms <= ${endMs}`]),
  ]
}

/** A trace that has not ended may have later spans. */
const openMs = 3_600_000

function tooMuch(): Error {
  return invalid(
    `A query reads the spans of at most ${tracesMax} traces and ${charsMax} characters; ask for a shorter range of time`,
  )
}

function fits(span: Span, query: MetricQuery, { onSpans }: MetricFilters): boolean {
  if (goesBySpan(query) && !beganIn(span, query)) return false
  const has = { name: span.name, status: span.status, type: spanTypeOf(span) }
  return onSpans.every(({ key, value }) => has[key] === value)
}

function beganIn(span: Span, { startMs, endMs }: MetricQuery): boolean {
  const at = span.startNs / 1_000_000n
  return (
    (startMs === undefined || at >= BigInt(startMs)) && (endMs === undefined || at <= BigInt(endMs))
  )
}

function valueIn(span: Span, metric: string): number | undefined {
  if (metric === 'span_count') return 1
  if (metric !== 'latency') return readAmount(span, cost, metric)
  return span.endNs === 0n ? undefined : Number((span.endNs - span.startNs) / 1_000_000n)
}

function groupIn(span: Span, { dimensions, bucketSeconds }: MetricQuery) {
  const group = dimensions.map((name) => dimensionIn(span, name) ?? null)
  if (bucketSeconds === undefined) return group
  const step = BigInt(bucketSeconds) * 1_000_000_000n
  const at = new Date(Number((span.startNs / step) * BigInt(bucketSeconds)) * 1000)
  return [at.toISOString().replace('.000Z', '+00:00'), ...group]
}

function dimensionIn(span: Span, name: string): string | undefined {
  switch (name) {
    case 'span_name':
      return span.name
    case 'span_type':
      return spanTypeOf(span)
    case 'span_status':
      return span.status
    case 'span_model_name':
      return attributeText(span, 'mlflow.llm.model')
    default:
      return attributeText(span, 'mlflow.llm.provider')
  }
}
