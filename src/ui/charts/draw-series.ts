import { nice, ticks } from 'd3-array'
import type { SeriesBucket } from '../../tracking/history/series-buckets.ts'
import type { MetricSeries } from '../../tracking/run-data/metric-series.ts'

/** Units of a drawing; a browser stretches it to the place that there is. */
export const drawnWidth = 1000
export const drawnHeight = 400

/** What all series of a chart are drawn within. */
export type Extent = {
  readonly x: readonly [number, number]
  /** Undefined: there is no finite value. */
  readonly y: readonly [number, number] | undefined
}

/** About so many round values stand beside a drawing. */
const ticksWanted = 4

/**
 * The extent from one round value to another, and round values at even distances from its greatest to
 * its least. Where doubles are too coarse for that, the extent as it is, with its middle.
 */
export function roundedOf(extent: Extent): Extent & { readonly ticks: readonly number[] } {
  if (extent.y === undefined) return { ...extent, ticks: [] }
  const [least, greatest] = nice(...extent.y, ticksWanted)
  const values = ticks(least, greatest, ticksWanted)
  const isWhole = values.length > 1 && values[0] === least && values.at(-1) === greatest
  if (isWhole) return { ...extent, y: [least, greatest], ticks: values.toReversed() }
  const [from, to] = extent.y
  return { ...extent, ticks: from < to ? [to, from / 2 + to / 2, from] : [from] }
}

export function extentOf(series: readonly MetricSeries[]): Extent {
  const buckets = series.flatMap((one) => one.buckets)
  const values = buckets.flatMap((bucket) => bucket.values ?? [])
  return {
    x: [least(buckets.map(({ x }) => x)), greatest(buckets.map(({ end }) => end))],
    y:
      values.length === 0
        ? undefined
        : [least(values.map(({ min }) => min)), greatest(values.map(({ max }) => max))],
  }
}

function least(of: readonly number[]): number {
  return of.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
}

function greatest(of: readonly number[]): number {
  return of.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
}

/** Paths of SVG. */
export type Drawing = {
  readonly line: string
  /** From the least to the greatest value of each bucket; empty where all are single points. */
  readonly band: string
  /** Points that no line leads to. */
  readonly dots: string
  /** Where NaN was logged, at the foot; infinities, at the head. */
  readonly marks: string
}

/** A series as paths. No line leads across NaN, an infinity, or a gap. */
export function drawSeries({ buckets }: MetricSeries, extent: Extent): Drawing {
  const across = scaleOf(extent.x, 0, drawnWidth)
  const up = heightsOf(extent)
  const place = (x: number, y: number) => `${coordinate(across(x))} ${coordinate(up(y))}`
  const parts = splitAtGaps(buckets)
  const lines = parts.filter((part) => part.length > 1)
  const isWide = buckets.some(({ values }) => values && values.max > values.min)
  return {
    line: lines
      .map((part) => `M${part.map(({ x, values }) => place(x, values.mean)).join('L')}`)
      .join(''),
    band: isWide
      ? lines
          .map((part) => {
            const top = part.map(({ x, values }) => place(x, values.max))
            const foot = part.toReversed().map(({ x, values }) => place(x, values.min))
            return `M${[...top, ...foot].join('L')}Z`
          })
          .join('')
      : '',
    dots: parts
      .filter((part) => part.length === 1)
      .flatMap((part) => part.map(({ x, values }) => `M${place(x, values.mean)}h0`))
      .join(''),
    marks: buckets
      .map(({ x, nans, infinities }) => {
        const at = coordinate(across(x))
        const foot = nans > 0 ? `M${at} ${drawnHeight}v-14` : ''
        return infinities > 0 ? `${foot}M${at} 0v14` : foot
      })
      .join(''),
  }
}

/** Lines across at these heights. */
export function drawGrid(values: readonly number[], extent: Extent): string {
  const up = heightsOf(extent)
  return values.map((value) => `M0 ${coordinate(up(value))}H${drawnWidth}`).join('')
}

function heightsOf({ y }: Extent): (value: number) => number {
  return y ? scaleOf(y, drawnHeight - 4, 4) : () => drawnHeight / 2
}

type Valued = SeriesBucket & { readonly values: NonNullable<SeriesBucket['values']> }

/** So many times the usual distance from one point to the next is a gap. */
const gapFactor = 4

function splitAtGaps(buckets: readonly SeriesBucket[]): Valued[][] {
  const usual = usualDistance(buckets)
  const parts: Valued[][] = []
  let part: Valued[] = []
  const end = () => {
    if (part.length > 0) parts.push(part)
    part = []
  }
  for (const bucket of buckets) {
    const { x, values } = bucket
    const last = part.at(-1)
    if (last && x - last.x > usual * gapFactor) end()
    if (values) part.push({ ...bucket, values })
    if (bucket.nans > 0 || bucket.infinities > 0) end()
  }
  end()
  return parts
}

/** The distance that half of all distances do not exceed. */
function usualDistance(buckets: readonly SeriesBucket[]): number {
  const distances = buckets.slice(1).map(({ x }, i) => x - (buckets[i]?.x ?? x))
  return distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0
}

function scaleOf([from, to]: readonly [number, number], low: number, high: number) {
  const middle = (low + high) / 2
  // Halves, since a difference of two doubles may be infinite.
  const span = to / 2 - from / 2
  return (value: number) =>
    span > 0 ? low + ((value / 2 - from / 2) / span) * (high - low) : middle
}

function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10)
}
