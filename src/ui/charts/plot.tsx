import type { Child, FC, PropsWithChildren } from 'hono/jsx'
import { numberText, visibleText } from '../parts/text.tsx'
import { drawGrid, drawnHeight, drawnWidth } from './draw-series.ts'

type PlotProps = PropsWithChildren<{
  /** What is seen, for who does not see it. */
  readonly label: string
  readonly ticks: readonly number[]
  /** What stands beside a tick; its number, where nothing is said. */
  readonly tickText?: (tick: number) => string
  readonly drawn: Parameters<typeof drawGrid>[1]
  /** Below it, from its left end to its right one, at even distances. */
  readonly ends: readonly Child[]
  /** Whether each of these stands in the middle of an equal part of the axis instead. */
  readonly areSlots?: boolean
  /** Where the left and the right end are, for zooming. */
  readonly range?: readonly [number, number]
  /** The same of both axes, where a part of both can be chosen. */
  readonly box?: Readonly<Record<'x' | 'y', PlotSide>>
}>

type PlotSide = { readonly from: number; readonly to: number; readonly isLog: boolean }

/** The axes and the grid of a chart, with its drawing in between. */
export const Plot: FC<PlotProps> = ({
  label,
  ticks,
  tickText,
  drawn,
  ends,
  areSlots = false,
  range,
  box,
  children,
}) => (
  <div class="plot">
    <div class="axis-y" aria-hidden="true">
      {ticks.map((value) => (
        <span>{(tickText ?? numberText)(value)}</span>
      ))}
    </div>
    <svg
      {...(range && { 'data-from': range[0], 'data-to': range[1] })}
      {...(box && { 'data-from': box.x.from, 'data-to': box.x.to, 'data-log': logSides(box) })}
      {...(box && { 'data-low': box.y.from, 'data-high': box.y.to })}
      viewBox={`0 0 ${drawnWidth} ${drawnHeight}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={visibleText(label)}
    >
      <path class="grid" d={drawGrid(ticks, drawn)} />
      {children}
    </svg>
    <div class={areSlots ? 'axis-x slots' : 'axis-x'} aria-hidden="true">
      {ends.map((end) => (
        <span>{end}</span>
      ))}
    </div>
  </div>
)

/** Which of the sides are drawn as logarithms. */
function logSides({ x, y }: NonNullable<PlotProps['box']>): string {
  return `${x.isLog ? 'x' : ''}${y.isLog ? 'y' : ''}`
}
