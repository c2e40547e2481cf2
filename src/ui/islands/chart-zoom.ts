import { brushAxis } from './axis-brush.ts'
import { type AxisEnds, fillField, followDrag, isDrag, stretch, valueAt } from './drag.ts'

/** So much of a chart's width is a drag, and not a click. */
const leastShare = 0.01

/**
 * A drag with the mouse over a chart of a page that has a part of the axis in its address draws that part. Where
 * the chart says where its foot and its head are, it is a part of both axes; where it has axes of their own, of that
 * axis.
 */
export function zoomCharts(): void {
  const form = document.querySelector<HTMLFormElement>('form.chart-settings')
  if (!form) return
  // Charts are drawn anew while their run goes on.
  document.addEventListener('pointerdown', (event) => {
    const { target } = event
    if (!(target instanceof Element) || !isDrag(event)) return
    const plot = target.closest('.plot > svg[data-from]')
    if (plot instanceof SVGSVGElement) zoomPlot(form, plot, event)
    if (target instanceof SVGRectElement && target.dataset.axis) brushAxis(form, target, event)
  })
}

function zoomPlot(form: HTMLFormElement, plot: SVGSVGElement, down: PointerEvent): void {
  const { width, height } = plot.viewBox.baseVal
  const { from, to, low, high, log = '' } = plot.dataset
  const isBox = low !== undefined
  followDrag(plot, down, {
    draw: (start, last, box) => {
      stretch(box, { side: 'x', from: start.x, to: last.x, length: width })
      const [top, foot] = isBox ? [start.y, last.y] : [0, 1]
      stretch(box, { side: 'y', from: top, to: foot, length: height })
    },
    done: (start, last) => {
      if (Math.abs(last.x - start.x) < leastShare) return
      const across = {
        from: Number(from),
        to: Number(to),
        isWhole: !isBox,
        isLog: log.includes('x'),
      }
      fillEnds(form, { side: 'x', shares: [start.x, last.x], ...across })
      if (isBox) {
        const up = { from: Number(low), to: Number(high), isLog: log.includes('y') }
        fillEnds(form, { side: 'y', shares: [1 - start.y, 1 - last.y], ...up })
      }
      form.requestSubmit()
    },
  })
}

type Dragged = AxisEnds & {
  readonly side: 'x' | 'y'
  readonly shares: readonly [number, number]
}

/** The fields of both ends, such as `x0` and `x1`. */
function fillEnds(form: HTMLFormElement, { side, shares: [a, b], ...ends }: Dragged): void {
  fillField(form, `${side}0`, valueAt(Math.min(a, b), ends))
  fillField(form, `${side}1`, valueAt(Math.max(a, b), ends))
}
