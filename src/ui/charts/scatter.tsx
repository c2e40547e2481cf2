import type { Child, FC } from 'hono/jsx'
import { numberText, plural, visibleText } from '../parts/text.tsx'
import { ColourLegend, type ColourScale, colourScaleOf } from './colour-scale.tsx'
import { drawnHeight, drawnWidth } from './draw-series.ts'
import { Plot } from './plot.tsx'
import type { AxisValue, ValueAxis } from './value-axis.ts'

/** Runs between these values of both axes; an end that is not there is open. */
export type ScatterBox = Readonly<Record<'x0' | 'x1' | 'y0' | 'y1', number | undefined>>

type ScatterProps = {
  readonly x: ValueAxis
  readonly y: ValueAxis
  readonly colour: ValueAxis | undefined
  readonly runs: readonly ReadonlyMap<string, AxisValue>[]
  readonly hasTrend: boolean
  readonly box: ScatterBox | undefined
}

/** A point for each run that has a value on both axes. */
export const Scatter: FC<ScatterProps> = (props) => {
  const { x, y, colour, runs, hasTrend, box } = props
  const scale = colour && colourScaleOf(colour)
  const points = pointsOf(props, scale)
  const trend = hasTrend ? trendOf(points.map(({ at }) => at)) : undefined
  const left = runs.length - points.length
  return (
    <figure class="chart">
      <figcaption>
        <strong>
          <bdi>{visibleText(y.title)}</bdi> over <bdi>{visibleText(x.title)}</bdi>
        </strong>
      </figcaption>
      <Plot
        label={`${y.title} over ${x.title} of ${plural(points.length, 'run')}`}
        ticks={y.ticks.map(({ at }) => at)}
        tickText={(at) => tickText(y.ticks.find((tick) => tick.at === at)?.text ?? '')}
        drawn={{ x: [0, 1], y: [0, 1] }}
        ends={x.ticks.toReversed().map(({ text }): Child => tickText(text))}
        {...(x.numbers && y.numbers && { box: { x: x.numbers, y: y.numbers } })}
      >
        {byClass(points).map(([name, path]) => (
          <g class={name}>
            <path class="dots" d={path} />
          </g>
        ))}
        {trend ? <path class="trend" d={trend.path} /> : null}
        {box ? <BoxOutline {...{ box, x, y }} /> : null}
      </Plot>
      <p class="soft">
        <bdi>{visibleText(y.title)}</bdi>
        {y.numbers?.isLog ? ' (log)' : ''} over <bdi>{visibleText(x.title)}</bdi>
        {x.numbers?.isLog ? ' (log)' : ''} of {plural(points.length, 'run')}.{' '}
        {left > 0
          ? `${plural(left, 'run')} without a value, or with NaN, on one of both axes. `
          : ''}
        {trend
          ? `The line explains ${numberText(Math.round(trend.r2 * 1000) / 10)} % of how far points are apart (r²).`
          : ''}
        {hasTrend && !trend ? 'There is no line through these points.' : ''}
      </p>
      {scale ? <ColourLegend scale={scale} /> : null}
    </figure>
  )
}

const tickChars = 20

function tickText(text: string): string {
  const [...chars] = visibleText(text)
  return chars.length <= tickChars ? chars.join('') : `${chars.slice(0, tickChars - 1).join('')}…`
}

type Point = { readonly at: readonly [number, number]; readonly class: string }

function pointsOf({ x, y, colour, runs }: ScatterProps, scale: ColourScale | undefined): Point[] {
  return runs.flatMap((run) => {
    const [across, up] = [x.placeOf(run.get(x.column)), y.placeOf(run.get(y.column))]
    if (typeof across !== 'number' || typeof up !== 'number') return []
    const name = scale && colour ? scale.classOf(run.get(colour.column)) : 'series-0'
    return [{ at: [across, up] as const, class: name }]
  })
}

/** Points of one colour as one path; those at the same place are one. */
function byClass(points: readonly Point[]): (readonly [string, string])[] {
  const groups = Map.groupBy(points, ({ class: name }) => name)
  return [...groups]
    .map(([name, of]) => {
      const places = new Set(of.map(({ at: [across, up] }) => placeText(across, up)))
      return [name, [...places].map((place) => `M${place}h0`).join('')] as const
    })
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** As the lines of the grid are drawn. */
const edge = 4

function placeText(across: number, up: number): string {
  return `${Math.round(across * drawnWidth)} ${Math.round(edge + (1 - up) * (drawnHeight - 2 * edge))}`
}

/** The straight line of least squares, as it is seen. Undefined: all points stand above one place. */
function trendOf(points: readonly (readonly [number, number])[]) {
  const count = points.length
  const meanOf = (i: 0 | 1) => points.reduce((sum, at) => sum + at[i], 0) / count
  const [mx, my] = [meanOf(0), meanOf(1)]
  const sum = (of: (x: number, y: number) => number) =>
    points.reduce((all, [x, y]) => all + of(x - mx, y - my), 0)
  const [xx, xy, yy] = [sum((x) => x * x), sum((x, y) => x * y), sum((_, y) => y * y)]
  if (count < 2 || xx === 0) return undefined
  const slope = xy / xx
  return {
    path: linePath((x) => my + slope * (x - mx), slope),
    r2: yy === 0 ? 1 : (xy * xy) / (xx * yy),
  }
}

/** As much of a straight line as is within the drawing. */
function linePath(heightAt: (x: number) => number, slope: number): string {
  const start = heightAt(0)
  const crossings = slope === 0 ? [] : [-start / slope, (1 - start) / slope]
  const ends = [0, 1, ...crossings].filter((x) => {
    const height = heightAt(x)
    return x >= 0 && x <= 1 && height > -1e-9 && height < 1 + 1e-9
  })
  if (ends.length === 0) return ''
  const [from, to] = [Math.min(...ends), Math.max(...ends)]
  return `M${placeText(from, heightAt(from))}L${placeText(to, heightAt(to))}`
}

const BoxOutline: FC<Pick<ScatterProps, 'x' | 'y'> & { readonly box: ScatterBox }> = ({
  box,
  x,
  y,
}) => {
  const placeOf = (axis: ValueAxis, value: number | undefined, absent: number) => {
    const place = value === undefined ? absent : axis.placeOf(value)
    return typeof place === 'number' ? place : absent
  }
  const [x0, x1] = [placeOf(x, box.x0, 0), placeOf(x, box.x1, 1)].sort((a, b) => a - b)
  const [y0, y1] = [placeOf(y, box.y0, 0), placeOf(y, box.y1, 1)].sort((a, b) => a - b)
  const corners = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ] as const
  const path = corners.map(([across = 0, up = 0]) => placeText(across, up)).join('L')
  return <path class="zoom" d={`M${path}Z`} />
}
