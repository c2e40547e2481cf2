import type { FC } from 'hono/jsx'
import { plural, visibleText } from '../parts/text.tsx'
import { ColourLegend, type ColourScale, colourScaleOf } from './colour-scale.tsx'
import type { AxisPlace, AxisValue, ValueAxis } from './value-axis.ts'

type ParallelProps = {
  readonly axes: readonly ValueAxis[]
  /** Values of one run each, by column. */
  readonly runs: readonly ReadonlyMap<string, AxisValue>[]
  /** The axis that gives lines their colours. */
  readonly colour: ValueAxis | undefined
  /** What is kept of axes of numbers, by their columns. */
  readonly bounds: ReadonlyMap<string, KeptPart>
}

type KeptPart = { readonly from: number | undefined; readonly to: number | undefined }

const width = 1200
const [top, foot] = [46, 366]
const lanes = { none: 392, nan: 412 } as const
const height = 424
/** Room at the left for the names of the lanes. */
const left = 90

/** A line for each run, through its value on each axis. */
export const Parallel: FC<ParallelProps> = ({ axes, runs, colour, bounds }) => {
  const scale = colour && colourScaleOf(colour)
  const label = `${plural(runs.length, 'run')} along ${axes.map(({ title }) => title).join(', ')}`
  return (
    <figure class="chart">
      <figcaption>
        <strong>{visibleText(label)}</strong>
      </figcaption>
      <section class="parallel" tabindex={0} aria-label="Parallel coordinates">
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={visibleText(label)}>
          {linesByClass({ axes, runs, colour }, scale).map(([name, path]) => (
            <g class={name}>
              <path class="thread" d={path} />
            </g>
          ))}
          {(['none', 'nan'] as const).map((lane) => (
            <text class="tick" x="0" y={lanes[lane] + 4}>
              {lane === 'none' ? 'no value' : 'NaN'}
            </text>
          ))}
          {axes.map((axis, i) => (
            <Axis axis={axis} at={xOf(i, axes.length)} part={bounds.get(axis.column)} />
          ))}
        </svg>
      </section>
      {scale ? <ColourLegend scale={scale} /> : null}
    </figure>
  )
}

const charsMax = 18

type AxisProps = {
  readonly axis: ValueAxis
  readonly at: number
  readonly part: KeptPart | undefined
}

const Axis: FC<AxisProps> = ({ axis, at, part }) => {
  const { title, ticks, numbers, texts } = axis
  const about = numbers?.isLog ? ' (log)' : texts === undefined ? '' : ` (${plural(texts, 'text')})`
  return (
    <g>
      <path class="axis" d={`M${at} ${top}V${foot}M${at} ${lanes.none - 6}V${lanes.nan + 6}`} />
      <text class="axis-title" x={at} y={16} text-anchor="middle">
        {cutText(title)}
        {about}
      </text>
      {ticks.map((tick) => (
        <text class="tick" x={at + 5} y={yOf(tick.at) + 4}>
          {cutText(tick.text)}
        </text>
      ))}
      {numbers && part ? <KeptBar {...{ axis, at, part }} /> : null}
      {numbers ? (
        <rect
          class="brush"
          {...{ x: at - 16, y: top, width: 32, height: foot - top }}
          data-axis={axis.column}
          data-from={numbers.from}
          data-to={numbers.to}
          data-log={numbers.isLog ? '' : undefined}
        />
      ) : null}
    </g>
  )
}

/** Beside the axis, from the least to the greatest value that is kept. */
const KeptBar: FC<Pick<AxisProps, 'axis' | 'at'> & { readonly part: KeptPart }> = ({
  axis: { placeOf },
  at,
  part: { from, to },
}) => {
  const [low, high] = [
    from === undefined ? foot : yOf(placeOf(from)),
    to === undefined ? top : yOf(placeOf(to)),
  ]
  return <rect class="kept" x={at - 6} y={high} width="12" height={Math.max(2, low - high)} />
}

function cutText(text: string): string {
  const [...chars] = visibleText(text)
  return chars.length <= charsMax ? chars.join('') : `${chars.slice(0, charsMax - 1).join('')}…`
}

function xOf(i: number, count: number): number {
  return Math.round(left + ((i + 0.5) * (width - left)) / count)
}

function yOf(place: AxisPlace): number {
  return typeof place === 'number' ? Math.round(foot - place * (foot - top)) : lanes[place]
}

/** Runs that go the same way are one line. The colours of the greatest values are drawn last, on top. */
function linesByClass(
  { axes, runs, colour }: Omit<ParallelProps, 'bounds'>,
  scale: ColourScale | undefined,
): (readonly [string, string])[] {
  const paths = new Map<string, Set<string>>()
  for (const run of runs) {
    const name = scale && colour ? scale.classOf(run.get(colour.column)) : 'series-0'
    const places = axes.map(({ column, placeOf }) => yOf(placeOf(run.get(column))))
    const path = places.map((y, i) => `${i === 0 ? 'M' : 'L'}${xOf(i, axes.length)} ${y}`).join('')
    paths.set(name, (paths.get(name) ?? new Set()).add(path))
  }
  return [...paths]
    .map(([name, of]) => [name, [...of].join('')] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
