import type { SeriesBucket } from '../../tracking/history/series-buckets.ts'
import type { MetricSeries } from '../../tracking/run-data/metric-series.ts'

/**
 * Several series as one: at each place of the axis the mean of those that have a value there, from the least
 * of all to the greatest. Places are put together where there are more than `bucketsMax`.
 */
export function mergeSeries(
  series: readonly MetricSeries[],
  { runId, bucketsMax }: { readonly runId: string; readonly bucketsMax: number },
): MetricSeries {
  const all = series.flatMap(({ buckets }) => buckets)
  const places = new Set(all.map(({ x }) => x))
  const [from, to] = all.reduce<readonly [number, number]>(
    ([least, greatest], { x }) => [Math.min(least, x), Math.max(greatest, x)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
  const width = (to - from) / bucketsMax
  const placeOf = ({ x }: SeriesBucket) =>
    places.size <= bucketsMax ? x : Math.min(bucketsMax - 1, Math.floor((x - from) / width))
  const bySeries = series.map(({ buckets }) => Map.groupBy(buckets, placeOf))
  const wanted = [...new Set(bySeries.flatMap((of) => [...of.keys()]))].sort((a, b) => a - b)
  return {
    runId,
    key: series[0]?.key ?? '',
    points: series.reduce((sum, { points }) => sum + points, 0),
    buckets: wanted.map((place) => mergeBuckets(bySeries.flatMap((of) => [of.get(place) ?? []]))),
  }
}

/** @param series the buckets of each at one place; none where it has none */
function mergeBuckets(series: readonly (readonly SeriesBucket[])[]): SeriesBucket {
  const all = series.flat()
  const values = all.flatMap((bucket) => bucket.values ?? [])
  const means = series.flatMap((buckets) => {
    const own = buckets.flatMap((bucket) => bucket.values?.mean ?? [])
    return own.length === 0 ? [] : [meanOf(own)]
  })
  return {
    x: Math.min(...all.map(({ x }) => x)),
    end: Math.max(...all.map(({ end }) => end)),
    values:
      values.length === 0
        ? undefined
        : {
            min: Math.min(...values.map(({ min }) => min)),
            max: Math.max(...values.map(({ max }) => max)),
            mean: meanOf(means),
          },
    nans: all.reduce((sum, { nans }) => sum + nans, 0),
    infinities: all.reduce((sum, { infinities }) => sum + infinities, 0),
  }
}

/** Of shares, since a sum of doubles may be infinite. */
function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value / values.length, 0)
}
