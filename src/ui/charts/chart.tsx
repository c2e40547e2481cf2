import type { Child, FC } from 'hono/jsx'
import type { MetricSeries, SeriesAxis } from '../../tracking/run-data/metric-series.ts'
import { Table } from '../parts/table.tsx'
import { countText, Given, numberText, plural, visibleText } from '../parts/text.tsx'
import { type ChartView, countBelowZero, logSeriesOf, smoothSeriesOf } from './chart-view.ts'
import { drawGrid, drawSeries, type Extent, extentOf, roundedOf } from './draw-series.ts'
import { Plot } from './plot.tsx'
import type { ReferenceLine } from './read-references.ts'

/** A line, or lines of one colour, which may be hidden. */
export type LegendEntry = {
  readonly text: string
  /** Which of the colours it has. */
  readonly colour: number
  readonly isHidden: boolean
  /** What its button sends as `line`. */
  readonly value: string
}

type ChartProps = {
  readonly title: string
  /** What the title leads to. */
  readonly href?: string | undefined
  readonly series: readonly MetricSeries[]
  readonly x: SeriesAxis
  /** Of a series, where there are several. */
  readonly nameOf?: ((series: MetricSeries) => string) | undefined
  /** What has a colour of its own, in the order of the colours. */
  readonly legend?: readonly LegendEntry[] | undefined
  /** The place of a series in the legend. */
  readonly placeOf?: ((series: MetricSeries) => number) | undefined
  readonly view?: Pick<ChartView, 'isLog' | 'smoothing'>
  /** Values that the series are held against. */
  readonly references?: readonly ReferenceLine[]
}

/** A metric along its axis, drawn by the server, with its least and greatest values as a table. */
export const Chart: FC<ChartProps> = (props) => {
  const { title, href, series, x, nameOf, view = plainView, references = [] } = props
  const { legend, placeOf = (_one: MetricSeries, i: number) => i } = props
  const extent = extentOf(series)
  const points = series.reduce((sum, one) => sum + one.points, 0)
  const drawn = series.reduce((sum, one) => sum + one.buckets.length, 0)
  return (
    <figure class="chart">
      <figcaption>
        <strong>
          {href ? (
            <a href={href}>
              <Given text={title} />
            </a>
          ) : (
            <Given text={title} />
          )}
        </strong>{' '}
        <span class="soft">
          {plural(points, 'point')}
          {drawn < points ? `, ${countText(drawn)} drawn: each from least to greatest` : ''}
        </span>
      </figcaption>
      {points === 0 ? (
        <p class="soft">Nothing was logged.</p>
      ) : points === 1 ? (
        <p class="figure">{onlyValue(series)}</p>
      ) : (
        <SeriesPlot {...{ title, series, x, extent, view, placeOf, references }} />
      )}
      <Oddities series={series} />
      {view.isLog ? <NotAboveZero series={series} /> : null}
      {points > 1 ? <References of={references} /> : null}
      {legend === undefined ? null : <Legend of={legend} />}
      <Values {...{ title, series, nameOf }} />
    </figure>
  )
}

function onlyValue(series: readonly MetricSeries[]): string {
  const [bucket] = series.flatMap(({ buckets }) => buckets)
  if (!bucket?.values) return bucket && bucket.nans > 0 ? 'NaN' : '∞'
  return numberText(bucket.values.mean)
}

const plainView = { isLog: false, smoothing: 0 } as const

type PlotProps = Pick<ChartProps, 'title' | 'series' | 'x'> &
  Required<Pick<ChartProps, 'view' | 'references'>> & {
    readonly extent: Extent
    /** Which of the colours a series has. */
    readonly placeOf: (series: MetricSeries, i: number) => number
  }

const SeriesPlot: FC<PlotProps> = ({ title, series, x, extent, view, placeOf, references }) => {
  const { isLog, smoothing } = view
  const shown = isLog ? series.map(logSeriesOf) : series
  const held = references
    .filter(({ value }) => !isLog || value > 0)
    .map((one) => ({ ...one, value: isLog ? Math.log10(one.value) : one.value }))
  const { ticks, ...drawn } = roundedOf(
    widenedBy(
      held.map(({ value }) => value),
      isLog ? extentOf(shown) : extent,
    ),
  )
  return (
    <Plot
      label={`${title} ${essenceOf(series, extent)}`}
      ticks={ticks}
      tickText={(value) => numberText(isLog ? 10 ** value : value)}
      drawn={drawn}
      range={extent.x}
      ends={[axisText(extent.x[0], x), `${axisText(extent.x[1], x)} ${x === 'step' ? 'step' : ''}`]}
    >
      {held
        .filter(({ value }) => drawn.y && value >= drawn.y[0] && value <= drawn.y[1])
        .map(({ kind, value }) => (
          <path class={`reference ${kind}`} d={drawGrid([value], drawn)} />
        ))}
      {shown.map((one, i) => {
        const { line, band, dots, marks } = drawSeries(one, drawn)
        const colour = classOf(placeOf(series[i] ?? one, i))
        const smooth = smoothing > 0 ? drawSeries(smoothSeriesOf(one, smoothing), drawn).line : ''
        return (
          <g class={smooth === '' ? colour : `${colour} smoothed`}>
            {band === '' ? null : <path class="band" d={band} />}
            {line === '' ? null : <path class="line" d={line} />}
            {dots === '' ? null : <path class="dots" d={dots} />}
            {smooth === '' ? null : <path class="line smooth" d={smooth} />}
            {marks === '' ? null : <path class="marks" d={marks} />}
          </g>
        )
      })}
    </Plot>
  )
}

/** With the values that are not too far off to be drawn beside the series. */
function widenedBy(values: readonly number[], { x, y }: Extent): Extent {
  if (!y) return { x, y }
  const span = Math.max(y[1] - y[0], Math.abs(y[1]) / 10)
  const near = values.filter((value) => value > y[0] - span && value < y[1] + span)
  return { x, y: [Math.min(y[0], ...near), Math.max(y[1], ...near)] }
}

const References: FC<{ readonly of: readonly ReferenceLine[] }> = ({ of }) =>
  of.length === 0 ? null : (
    <ul class="legend">
      {of.map(({ kind, text }) => (
        <li>
          <svg viewBox="0 0 24 8" aria-hidden="true" focusable="false">
            <path class={`reference ${kind}`} d="M0 4H24" />
          </svg>
          <Given text={text} />
        </li>
      ))}
    </ul>
  )

/** Ten colours; then the same with dashes. */
function classOf(i: number): string {
  const colour = `series-${i % 10}`
  return i < 10 ? colour : i < 20 ? `${colour} dashed` : `${colour} dotted`
}

function essenceOf(series: readonly MetricSeries[], { x, y }: Extent): string {
  const range = y ? `from ${numberText(y[0])} to ${numberText(y[1])}` : 'without finite values'
  return `of ${plural(series.length, 'run')}, ${range}, x from ${numberText(x[0])} to ${numberText(x[1])}`
}

function axisText(value: number, x: SeriesAxis): string {
  if (x === 'step') return numberText(value)
  const s = value / 1000
  return s < 120
    ? `${numberText(s)} s`
    : s < 7200
      ? `${numberText(Math.round(s / 6) / 10)} min`
      : `${numberText(Math.round(s / 360) / 10)} h`
}

/** What cannot be drawn as a height. */
const Oddities: FC<Pick<ChartProps, 'series'>> = ({ series }) => {
  const buckets = series.flatMap((one) => one.buckets)
  const nans = buckets.reduce((sum, one) => sum + one.nans, 0)
  const infinities = buckets.reduce((sum, one) => sum + one.infinities, 0)
  return nans + infinities === 0 ? null : (
    <p class="soft">
      {nans > 0 ? `NaN at ${plural(nans, 'point')}, marked at the foot. ` : ''}
      {infinities > 0 ? `Infinite at ${plural(infinities, 'point')}, marked at the head.` : ''}
    </p>
  )
}

const NotAboveZero: FC<Pick<ChartProps, 'series'>> = ({ series }) => {
  const hidden = series.reduce((sum, one) => sum + countBelowZero(one), 0)
  return hidden === 0 ? null : (
    <p class="soft">{plural(hidden, 'place')} with values that are not above 0: no logarithm.</p>
  )
}

/** The form that its buttons send. */
export const eyesForm = 'eyes'

/** Each entry hides its line, and brings it back. */
const Legend: FC<{ readonly of: readonly LegendEntry[] }> = ({ of }) => (
  <ul class="legend">
    {of.map(
      ({ text, colour, isHidden, value }): Child => (
        <li class={isHidden ? 'hidden-line' : undefined}>
          <button
            type="submit"
            form={eyesForm}
            name="line"
            value={value}
            aria-pressed={isHidden ? 'true' : 'false'}
          >
            <span class="unseen">Hide </span>
            <svg viewBox="0 0 24 8" aria-hidden="true" focusable="false">
              <g class={classOf(colour)}>
                <path class="line" d="M0 4H24" />
              </g>
            </svg>
            <Given text={text} />
          </button>
        </li>
      ),
    )}
  </ul>
)

const Values: FC<Pick<ChartProps, 'title' | 'series' | 'nameOf'>> = ({ title, series, nameOf }) => (
  <details>
    <summary>Values</summary>
    <Table
      caption={`Least and greatest of ${visibleText(title)}`}
      columns={[
        ...(nameOf ? ['Run'] : []),
        { title: 'Least', isNumber: true },
        { title: 'Greatest', isNumber: true },
        { title: 'Points', isNumber: true },
      ]}
    >
      {series.map((one) => {
        const { y } = extentOf([one])
        return (
          <tr>
            {nameOf ? (
              <th scope="row">
                <Given text={nameOf(one)} />
              </th>
            ) : null}
            <td class="number">{y ? numberText(y[0]) : '–'}</td>
            <td class="number">{y ? numberText(y[1]) : '–'}</td>
            <td class="number">{countText(one.points)}</td>
          </tr>
        )
      })}
    </Table>
  </details>
)
