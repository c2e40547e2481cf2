import { invalid } from '../../core/error.ts'
import { anyone } from '../../http/guards/guard.ts'
import { aggregationTypes, metricViews } from '../../traces/metrics/metric.ts'
import { measureTraceMetrics } from '../../traces/metrics/query-metrics.ts'
import { measureCorrelation } from '../../traces/search/measure-correlation.ts'
import { type Operation, operation } from '../operation.ts'
import { textsToJson, unlessEmpty } from '../wire/json.ts'
import { message } from '../wire/message.ts'

const text = { type: 'string' } as const
const required = { type: 'string', required: true } as const
const texts = { type: 'string', repeated: true } as const
const experiment_ids = { type: 'experiment_id', repeated: true, required: true } as const

const Aggregation = message({
  aggregation_type: { type: aggregationTypes, required: true },
  percentile_value: { type: 'double' },
})

const pointsDefault = 1000
/** Beyond, an answer would be too long. */
const pointsMax = 50_000

/** Figures over many traces, of the experiments that the caller may read. */
export const traceMetricOperations: readonly Operation[] = [
  operation('queryTraceMetrics', {
    request: message({
      experiment_ids,
      view_type: { type: metricViews, required: true },
      metric_name: required,
      aggregations: { type: Aggregation, repeated: true },
      dimensions: texts,
      filters: texts,
      time_interval_seconds: { type: 'int32' },
      start_time_ms: { type: 'time_ms' },
      end_time_ms: { type: 'time_ms' },
      max_results: { type: 'int32' },
    }),
    rule: anyone,
    answer: async (ctx, req) => {
      const points = await measureTraceMetrics(ctx, {
        experimentIds: req.experiment_ids,
        view: req.view_type,
        metric: req.metric_name,
        aggregations: req.aggregations.map(({ aggregation_type, percentile_value }) => ({
          type: aggregation_type,
          percentile: percentile_value,
        })),
        dimensions: req.dimensions,
        filters: req.filters,
        bucketSeconds: bucketIn(req.time_interval_seconds),
        startMs: req.start_time_ms,
        endMs: req.end_time_ms,
        pointsMax: Math.max(0, Math.min(req.max_results ?? pointsDefault, pointsMax)),
      })
      const data_points = points.map(({ dimensions, values }) => ({
        metric_name: req.metric_name,
        dimensions: textsToJson(dimensions),
        values,
      }))
      return { data_points: unlessEmpty(data_points) }
    },
  }),
  operation('calculateTraceFilterCorrelation', {
    request: message({
      experiment_ids,
      filter_string1: required,
      filter_string2: required,
      base_filter: text,
    }),
    rule: anyone,
    answer: async (ctx, req) => {
      const found = await measureCorrelation(ctx, {
        experimentIds: req.experiment_ids,
        first: req.filter_string1,
        second: req.filter_string2,
        base: req.base_filter,
      })
      return {
        npmi: found.npmi,
        npmi_smoothed: found.npmiSmoothed,
        filter1_count: found.first,
        filter2_count: found.second,
        joint_count: found.joint,
        total_count: found.total,
      }
    },
  }),
]

/** 0 is none. */
function bucketIn(seconds: number | undefined): number | undefined {
  if (seconds === undefined || seconds === 0) return undefined
  if (seconds > 0) return seconds
  throw invalid(`time_interval_seconds must be a positive integer, got ${seconds}`)
}
