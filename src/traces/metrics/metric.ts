import { type SQL, sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { cost, tokenUsage } from '../spans/usage.ts'

export const metricViews = ['TRACES', 'SPANS', 'ASSESSMENTS'] as const
export type MetricView = (typeof metricViews)[number]

export const aggregationTypes = ['COUNT', 'SUM', 'AVG', 'PERCENTILE', 'MIN', 'MAX'] as const
export type Aggregation = {
  readonly type: (typeof aggregationTypes)[number]
  /** 0 to 100, of PERCENTILE alone. */
  readonly percentile: number | undefined
}

export type MetricQuery = {
  /** Unknown ids are ignored. */
  readonly experimentIds: readonly number[]
  readonly view: MetricView
  readonly metric: string
  readonly aggregations: readonly Aggregation[]
  readonly dimensions: readonly string[]
  /** A clause each; all must hold. */
  readonly filters: readonly string[]
  /** Undefined: all of the range is one. */
  readonly bucketSeconds: number | undefined
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  readonly pointsMax: number
}

/** What may be asked of one metric. */
type Metric = {
  readonly aggregations: readonly Aggregation['type'][]
  readonly dimensions: readonly string[]
}

const counts = ['COUNT'] as const
const spread = ['AVG', 'MAX', 'MIN', 'PERCENTILE'] as const
const amounts = ['AVG', 'MAX', 'MIN', 'PERCENTILE', 'SUM'] as const
const ofSpans = ['span_model_name', 'span_model_provider', 'span_name', 'span_status', 'span_type']

export const tokenMetrics: readonly string[] = tokenUsage.parts.slice(0, 5)

const metrics: Readonly<Record<MetricView, ReadonlyMap<string, Metric>>> = {
  TRACES: new Map<string, Metric>([
    ['trace_count', { aggregations: counts, dimensions: ['trace_name', 'trace_status'] }],
    ['session_count', { aggregations: counts, dimensions: [] }],
    ['latency', { aggregations: spread, dimensions: ['trace_name'] }],
    ...tokenMetrics.map((name): [string, Metric] => [
      name,
      { aggregations: amounts, dimensions: ['trace_name'] },
    ]),
  ]),
  SPANS: new Map<string, Metric>([
    ['span_count', { aggregations: counts, dimensions: ofSpans }],
    ['latency', { aggregations: spread, dimensions: ofSpans }],
    ...cost.parts.map((name): [string, Metric] => [
      name,
      { aggregations: amounts, dimensions: ofSpans },
    ]),
  ]),
  ASSESSMENTS: new Map<string, Metric>([
    [
      'assessment_count',
      { aggregations: counts, dimensions: ['assessment_name', 'assessment_value'] },
    ],
    ['assessment_value', { aggregations: spread, dimensions: ['assessment_name'] }],
  ]),
}

const listMax = 20

/** @throws INVALID_PARAMETER_VALUE the metric is unknown, or is asked for what it has not */
export function checkMetricQuery(query: MetricQuery): void {
  const known = metrics[query.view]
  const metric = known.get(query.metric)
  if (!metric) throw invalid(messages.unknownMetric(query.metric, [...known.keys()]))
  if (query.aggregations.length === 0) throw invalid(messages.missing('aggregations'))
  refuseOthers('aggregation_type', {
    found: query.aggregations.map(({ type }) => type),
    known: metric.aggregations,
  })
  refuseOthers('dimension', { found: query.dimensions, known: metric.dimensions })
  for (const { type, percentile } of query.aggregations) {
    if (type !== 'PERCENTILE') continue
    if (percentile === undefined || !(percentile >= 0 && percentile <= 100)) {
      throw invalid('A PERCENTILE needs a percentile_value of 0 to 100')
    }
  }
  const { bucketSeconds, startMs, endMs } = query
  if (bucketSeconds !== undefined && (startMs === undefined || endMs === undefined)) {
    throw invalid('start_time_ms and end_time_ms are required if time_interval_seconds is set')
  }
  for (const list of [query.aggregations, query.dimensions, query.filters]) {
    if (list.length > listMax) throw invalid(`A query has at most ${listMax} of each part`)
  }
}

function refuseOthers(
  what: 'aggregation_type' | 'dimension',
  { found, known }: { readonly found: readonly string[]; readonly known: readonly string[] },
): void {
  const others = found.filter((one) => !known.includes(one))
  if (others.length > 0) throw invalid(messages.unsupportedInMetric(what, others, known))
}

/** Conditions on `traces t`: those that began in the range. */
export function traceRangeOf({ startMs, endMs }: MetricQuery): readonly SQL[] {
  return [
    ...(startMs === undefined ? [] : [sql`t.request_time_ms >= ${startMs}`]),
    ...(endMs === undefined ? [] : [sql`t.request_time_ms <= ${endMs}`]),
  ]
}
