/** So much of a chart's width is a drag, and not a click. */
const leastShare = 0.01

/**
 * A drag with the mouse over a chart of a page that has a part of the axis in its address draws that part. Where
 * the chart says where its foot and its head are, it is a part of both axes.
 */
export function zoomCharts(): void {
  const form = document.querySelector<HTMLFormElement>('form.chart-settings')
  if (!form) return
  // Charts are drawn anew while their run goes on.
  document.addEventListener('pointerdown', (event) => {
    const { target, pointerType, button } = event
    const plot = target instanceof Element && target.closest('.plot > svg[data-from]')
    const isDrag = pointerType === 'mouse' && button === 0
    if (isDrag && plot instanceof SVGSVGElement) followDrag(form, plot, event)
  })
}

type Shares = { readonly x: number; readonly y: number }

function followDrag(form: HTMLFormElement, plot: SVGSVGElement, down: PointerEvent): void {
  const { left, top, width, height } = plot.getBoundingClientRect()
  const drawn = plot.viewBox.baseVal
  const isBox = plot.dataset.low !== undefined
  const within = (share: number) => Math.min(1, Math.max(0, share))
  const sharesAt = ({ clientX, clientY }: PointerEvent): Shares => ({
    x: within((clientX - left) / width),
    y: within((clientY - top) / height),
  })
  const start = sharesAt(down)
  const box = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  box.setAttribute('class', 'zoom')
  box.setAttribute('height', String(drawn.height))
  down.preventDefault()
  plot.setPointerCapture(down.pointerId)
  plot.append(box)
  const stretch = (side: keyof Shares, length: 'width' | 'height', end: Shares) => {
    box.setAttribute(side, String(Math.min(start[side], end[side]) * drawn[length]))
    box.setAttribute(length, String(Math.abs(end[side] - start[side]) * drawn[length]))
  }
  const move = (event: PointerEvent) => {
    const end = sharesAt(event)
    stretch('x', 'width', end)
    if (isBox) stretch('y', 'height', end)
  }
  const listening = new AbortController()
  const { signal } = listening
  const end = () => {
    listening.abort()
    box.remove()
  }
  plot.addEventListener('pointermove', move, { signal })
  plot.addEventListener('pointercancel', end, { signal })
  plot.addEventListener(
    'pointerup',
    (event) => {
      end()
      const last = sharesAt(event)
      if (Math.abs(last.x - start.x) < leastShare) return
      const { from, to, low, high, log = '' } = plot.dataset
      fillEnds(form, ['x0', 'x1'], {
        shares: [start.x, last.x],
        from: Number(from),
        to: Number(to),
        isWhole: !isBox,
        isLog: log.includes('x'),
      })
      if (isBox) {
        fillEnds(form, ['y0', 'y1'], {
          shares: [1 - start.y, 1 - last.y],
          from: Number(low),
          to: Number(high),
          isWhole: false,
          isLog: log.includes('y'),
        })
      }
      form.requestSubmit()
    },
    { signal },
  )
}

type Dragged = {
  readonly shares: readonly [number, number]
  readonly from: number
  readonly to: number
  readonly isWhole: boolean
  readonly isLog: boolean
}

function fillEnds(form: HTMLFormElement, names: readonly string[], dragged: Dragged): void {
  const { from, to, isWhole, isLog } = dragged
  for (const [i, share] of [...dragged.shares].sort((a, b) => a - b).entries()) {
    const place = from + (to - from) * share
    const value = isLog ? 10 ** place : place
    const field = form.elements.namedItem(names[i] ?? '')
    if (field instanceof HTMLInputElement) {
      field.value = String(isWhole ? Math.round(value) : Number(value.toPrecision(4)))
    }
  }
}
