import { excerpt, invalid } from '../../core/error.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import type {
  MetricSeries,
  SeriesAxis,
  SeriesRange,
} from '../../tracking/run-data/metric-series.ts'

/** How series are drawn; it stands in the address. */
export type ChartView = {
  readonly x: SeriesAxis
  /** The part of the axis that is drawn; undefined: all of it. */
  readonly range: SeriesRange | undefined
  /** Whether heights are logarithms. */
  readonly isLog: boolean
  /** How much of the points before counts in each; 0: none. */
  readonly smoothing: number
}

export const smoothings = [0, 0.3, 0.6, 0.9, 0.97] as const

/** `x=time&x0=10&x1=20&log=1&smooth=0.6`. @throws INVALID_PARAMETER_VALUE */
export function chartViewOf(c: AppContext): ChartView {
  const x = optionalQuery(c, 'x') ?? 'step'
  if (x !== 'step' && x !== 'time') throw invalid("The axis 'x' is step or time")
  const [from, to] = [numberIn(c, 'x0'), numberIn(c, 'x1')]
  const smoothing = numberIn(c, 'smooth') ?? 0
  if (smoothing < 0 || smoothing >= 1) throw invalid("'smooth' is from 0 to below 1")
  return {
    x,
    range:
      from === undefined && to === undefined
        ? undefined
        : { from: from ?? -Number.MAX_SAFE_INTEGER, to: to ?? Number.MAX_SAFE_INTEGER },
    isLog: optionalQuery(c, 'log') === '1',
    smoothing,
  }
}

function numberIn(c: AppContext, name: string): number | undefined {
  const text = (optionalQuery(c, name) ?? '').trim()
  if (text === '') return undefined
  const value = Number(text)
  if (Number.isFinite(value)) return value
  throw invalid(`'${name}' is a number; got '${excerpt(text)}'`)
}

/** The view as an address has it; what is the default is left out. */
export function viewTerms({ x, range, isLog, smoothing }: ChartView) {
  const end = (value: number | undefined) =>
    value === undefined || Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : String(value)
  return {
    x: x === 'step' ? undefined : x,
    x0: end(range?.from),
    x1: end(range?.to),
    log: isLog ? '1' : undefined,
    smooth: smoothing === 0 ? undefined : String(smoothing),
  }
}

/** Heights as logarithms of base 10. What is not above 0 has none, and its bucket is left empty. */
export function logSeriesOf(series: MetricSeries): MetricSeries {
  const buckets = series.buckets.map((bucket) => {
    const { values } = bucket
    if (values === undefined || values.mean <= 0 || values.max <= 0) {
      return { ...bucket, values: undefined }
    }
    const min = Math.log10(values.min > 0 ? values.min : values.mean)
    return {
      ...bucket,
      values: { min, max: Math.log10(values.max), mean: Math.log10(values.mean) },
    }
  })
  return { ...series, buckets }
}

/** Parts whose values are not above 0, which no logarithmic chart has. */
export function countBelowZero({ buckets }: MetricSeries): number {
  return buckets.filter(({ values }) => values !== undefined && values.min <= 0).length
}

/** Each mean with a share of those before it, so that the first ones count no more than others. */
export function smoothSeriesOf(series: MetricSeries, smoothing: number): MetricSeries {
  let sum = 0
  let weight = 0
  const buckets = series.buckets.map((bucket) => {
    const { values } = bucket
    if (values === undefined) return bucket
    sum = smoothing * sum + (1 - smoothing) * values.mean
    weight = smoothing * weight + (1 - smoothing)
    const mean = sum / weight
    return { ...bucket, values: { min: mean, max: mean, mean } }
  })
  return { ...series, buckets }
}
