import { invalid } from '../../core/error.ts'
import { hasTag } from '../../http/etag.ts'
import { hashText } from '../../platform/hash.ts'
import { requireRuns } from '../../tracking/permissions.ts'
import {
  type MetricSeries,
  readMetricSeries,
  type SeriesRange,
} from '../../tracking/run-data/metric-series.ts'
import * as endpoints from '../endpoints/metric-series.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** As many as a page of charts draws at once. */
const seriesMax = 100
/** Of all series: an isolate of a Worker has little memory. */
const valuesMax = 50_000

/** What a chart draws of metrics. */
export const metricSeriesRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.readMetricSeries,
    (ctx, { query }) => requireRuns(ctx, listOf(query.run), 'READ'),
    async (ctx, { query }, c) => {
      const [runIds, keys] = [listOf(query.run), listOf(query.key)]
      if (runIds.length * keys.length > seriesMax) {
        throw invalid(
          `${runIds.length} runs and ${keys.length} metrics are more than ${seriesMax} series: ask for fewer at once`,
        )
      }
      const { x, points: bucketsMax } = query
      if (runIds.length * keys.length * bucketsMax > valuesMax) {
        throw invalid(
          `${runIds.length} runs and ${keys.length} metrics of ${bucketsMax} points are more than ${valuesMax} values: ask for fewer points`,
        )
      }
      const range = rangeOf(query)
      const series = await readMetricSeries(ctx, { runIds, keys, x, bucketsMax, range })
      const told = JSON.stringify({ x, items: series.map(seriesToWire) })
      const tag = await hashText(ctx, told)
      const headers = { ETag: `"${tag}"`, 'Cache-Control': 'private, no-cache' }
      if (hasTag(c, tag)) return c.body(null, 304, headers)
      return c.body(told, 200, { ...headers, 'Content-Type': 'application/json' })
    },
  ),
]

function listOf(given: string | readonly string[]): string[] {
  return [...new Set([given].flat())]
}

function rangeOf({
  from,
  to,
}: {
  readonly from?: number | undefined
  readonly to?: number | undefined
}): SeriesRange | undefined {
  return from === undefined && to === undefined
    ? undefined
    : { from: from ?? -Number.MAX_SAFE_INTEGER, to: to ?? Number.MAX_SAFE_INTEGER }
}

function seriesToWire({ runId, key, points, buckets }: MetricSeries) {
  const sum = (of: readonly number[]) => of.reduce((one, other) => one + other, 0)
  const [nans, infinities] = [
    buckets.map((bucket) => bucket.nans),
    buckets.map((bucket) => bucket.infinities),
  ]
  const valuesOf = (name: 'min' | 'max' | 'mean') =>
    buckets.map(({ values }) => values?.[name] ?? null)
  return {
    ...{ run_id: runId, key, points, nans: sum(nans), infinities: sum(infinities) },
    columns: {
      x: buckets.map((bucket) => bucket.x),
      end: buckets.map(({ end }) => end),
      ...{ min: valuesOf('min'), max: valuesOf('max'), mean: valuesOf('mean') },
      ...{ nans, infinities },
    },
  }
}
