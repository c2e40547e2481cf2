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
  /** Below its left and its right end. */
  readonly ends: readonly [Child, Child]
  /** Where the left and the right end are, for zooming. */
  readonly range?: readonly [number, number]
}>

/** The axes and the grid of a chart, with its drawing in between. */
export const Plot: FC<PlotProps> = ({ label, ticks, tickText, drawn, ends, range, children }) => (
  <div class="plot">
    <div class="axis-y" aria-hidden="true">
      {ticks.map((value) => (
        <span>{(tickText ?? numberText)(value)}</span>
      ))}
    </div>
    <svg
      {...(range && { 'data-from': range[0], 'data-to': range[1] })}
      viewBox={`0 0 ${drawnWidth} ${drawnHeight}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={visibleText(label)}
    >
      <path class="grid" d={drawGrid(ticks, drawn)} />
      {children}
    </svg>
    <div class="axis-x" aria-hidden="true">
      <span>{ends[0]}</span>
      <span>{ends[1]}</span>
    </div>
  </div>
)
