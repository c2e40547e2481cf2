import type { FC } from 'hono/jsx'
import { quantileOf } from '../../router/latencies.ts'
import type { CountsOfStep, DeploymentStats } from '../../serving/counts/read-counts.ts'
import { drawGrid, drawnHeight, drawnWidth, drawSeries, roundedOf } from '../charts/draw-series.ts'
import { Plot } from '../charts/plot.tsx'
import { Table } from '../parts/table.tsx'
import { numberText, plural } from '../parts/text.tsx'
import type { DeploymentStanding } from './read-deployment.ts'

/** Share, errors and slowest answers of each variant over the time that was chosen. */
export const TrafficCharts: FC<{ readonly standing: DeploymentStanding }> = ({ standing }) => {
  const { stats, history, sinceMs, window } = standing
  const variants = stats.filter(({ kind }) => kind === 'variant')
  const marks = history.filter(({ atMs }) => atMs >= sinceMs)
  const guard = standing.deployment.guard
  const totals = new Map<number, number>()
  for (const { atMs, requests } of variants.flatMap(({ steps }) => steps)) {
    totals.set(atMs, (totals.get(atMs) ?? 0) + requests)
  }
  const charts: readonly Omit<ChartOf, 'standing' | 'variants' | 'marks'>[] = [
    {
      title: 'Share of requests, %',
      figureOf: ({ atMs, requests }) => (100 * requests) / (totals.get(atMs) ?? 1),
      most: 100,
    },
    {
      title: 'Errors, % of requests',
      figureOf: ({ errors, requests }) => (100 * errors) / requests,
      bound: guard?.max_error_rate === undefined ? undefined : 100 * guard.max_error_rate,
    },
    {
      title: 'p95, ms',
      figureOf: ({ latencies }) => quantileOf(latencies, 0.95),
      bound: guard?.max_p95_ms,
    },
  ]
  return (
    <section class="near" aria-labelledby="charts" data-part="charts" data-steady>
      <h2 id="charts">The last {window.text}</h2>
      {variants.length === 0 ? (
        <p class="empty">
          Nothing was counted in the last {window.text}. What routes requests by this deployment
          tells its counts every two seconds.
        </p>
      ) : (
        <div class="charts">
          {charts.map((chart) => (
            <TrafficChart {...chart} {...{ standing, variants, marks }} />
          ))}
        </div>
      )}
    </section>
  )
}

type ChartOf = {
  readonly title: string
  readonly figureOf: (step: CountsOfStep) => number | undefined
  /** At the head of the chart; undefined: the greatest value. */
  readonly most?: number
  /** Of the guard. */
  readonly bound?: number | undefined
  readonly standing: DeploymentStanding
  readonly variants: readonly DeploymentStats[]
  /** Changes of the deployment in this time. */
  readonly marks: DeploymentStanding['history']
}

const TrafficChart: FC<ChartOf> = ({ title, figureOf, most, bound, variants, marks, ...props }) => {
  const { deployment, sinceMs, untilMs, window } = props.standing
  const order = deployment.variants.map(({ name }) => name)
  const series = variants
    .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
    .map(({ name, steps }) => ({ name, points: pointsOf(steps, figureOf) }))
  const values = series.flatMap(({ points }) => points.map(({ y }) => y))
  const greatest = Math.max(0, ...values)
  const spanMs = Math.max(1, untilMs - sinceMs)
  const { ticks, ...drawn } = roundedOf({ x: [0, spanMs], y: [0, most ?? (greatest || 1)] })
  const at = (ms: number) => Math.round(((ms - sinceMs) / spanMs) * drawnWidth)
  const lines = (isByGuard: boolean) =>
    marks
      .filter((mark) => mark.isByGuard === isByGuard)
      .map(({ atMs }) => `M${at(atMs)} 0V${drawnHeight}`)
      .join('')
  const isBounded = bound !== undefined && bound <= (drawn.y?.[1] ?? 0)
  return (
    <figure class="chart">
      <figcaption>
        <strong>{title}</strong>{' '}
        <span class="soft">
          {bound === undefined ? '' : `the guard allows ${numberText(bound)}`}
        </span>
      </figcaption>
      <Plot
        label={`${title} of ${plural(series.length, 'variant')} over the last ${window.text}${marksText(marks)}`}
        ticks={ticks}
        drawn={drawn}
        ends={[clockText(sinceMs, spanMs), `${clockText(untilMs, spanMs)} UTC`]}
      >
        {isBounded ? <path class="bound" d={drawGrid([bound], drawn)} /> : null}
        {lines(false) === '' ? null : <path class="moved" d={lines(false)} />}
        {lines(true) === '' ? null : <path class="moved by-guard" d={lines(true)} />}
        {series.map(({ points }, i) => {
          const { line, dots } = drawSeries(bucketsOf(points, sinceMs), drawn)
          return (
            <g class={`series-${i % 10}`}>
              {line === '' ? null : <path class="line" d={line} />}
              {dots === '' ? null : <path class="dots" d={dots} />}
            </g>
          )
        })}
      </Plot>
      <ul class="legend">
        {series.map(({ name }, i) => (
          <li>
            <LegendLine look={`series-${i % 10}`} />
            {name}
          </li>
        ))}
        {lines(false) === '' ? null : (
          <li>
            <LegendLine look="moved" />
            changed
          </li>
        )}
        {lines(true) === '' ? null : (
          <li>
            <LegendLine look="moved by-guard" />
            the guard acted
          </li>
        )}
      </ul>
      <Extremes title={title} series={series} />
    </figure>
  )
}

type Point = { readonly atMs: number; readonly y: number }
type Named = { readonly name: string; readonly points: readonly Point[] }

function pointsOf(steps: readonly CountsOfStep[], figureOf: ChartOf['figureOf']): Point[] {
  return steps
    .filter(({ requests }) => requests > 0)
    .flatMap((step) => {
      const y = figureOf(step)
      return y === undefined ? [] : [{ atMs: step.atMs, y }]
    })
}

/** As a series of single points; a step begins before the window at the earliest where that begins. */
function bucketsOf(points: readonly Point[], sinceMs: number) {
  return {
    ...{ runId: '', key: '', points: points.length },
    buckets: points.map(({ atMs, y }) => {
      const x = Math.max(0, atMs - sinceMs)
      return { x, end: x, values: { min: y, max: y, mean: y }, nans: 0, infinities: 0 }
    }),
  }
}

function marksText(marks: ChartOf['marks']): string {
  if (marks.length === 0) return ''
  const acts = marks.filter(({ isByGuard }) => isByGuard).length
  return `; marked: ${plural(marks.length, 'change')}, ${acts} of them by the guard`
}

function clockText(ms: number, spanMs: number): string {
  const text = new Date(ms).toISOString()
  if (spanMs > 2 * 86_400_000) return text.slice(0, 10)
  return spanMs > 3_600_000 ? text.slice(5, 16).replace('T', ' ') : text.slice(11, 19)
}

const LegendLine: FC<{ readonly look: string }> = ({ look }) => (
  <svg viewBox="0 0 24 8" aria-hidden="true" focusable="false">
    {look.startsWith('moved') ? (
      <path class={look} d="M12 0V8" />
    ) : (
      <g class={look}>
        <path class="line" d="M0 4H24" />
      </g>
    )}
  </svg>
)

const Extremes: FC<{ readonly title: string; readonly series: readonly Named[] }> = ({
  title,
  series,
}) => (
  <details>
    <summary>Values</summary>
    <Table
      caption={`Least, greatest and last of ${title}`}
      columns={[
        'Variant',
        { title: 'Least', isNumber: true },
        { title: 'Greatest', isNumber: true },
        { title: 'Last', isNumber: true },
      ]}
    >
      {series.map(({ name, points }) => {
        const values = points.map(({ y }) => y)
        const shown = [Math.min(...values), Math.max(...values), values.at(-1) ?? 0]
        return (
          <tr>
            <th scope="row">{name}</th>
            {shown.map((value) => (
              <td class="number">{values.length === 0 ? '–' : numberText(rounded(value))}</td>
            ))}
          </tr>
        )
      })}
    </Table>
  </details>
)

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
