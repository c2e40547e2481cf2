/** So much of a chart's width is a drag, and not a click. */
const leastShare = 0.01

/** A drag with the mouse over a chart of a page that has a part of the axis in its address draws that part. */
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

function followDrag(form: HTMLFormElement, plot: SVGSVGElement, down: PointerEvent): void {
  const { left, width } = plot.getBoundingClientRect()
  const { width: drawn, height } = plot.viewBox.baseVal
  const shareAt = ({ clientX }: PointerEvent) => Math.min(1, Math.max(0, (clientX - left) / width))
  const start = shareAt(down)
  const box = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  box.setAttribute('class', 'zoom')
  box.setAttribute('height', String(height))
  down.preventDefault()
  plot.setPointerCapture(down.pointerId)
  plot.append(box)
  const move = (event: PointerEvent) => {
    const share = shareAt(event)
    box.setAttribute('x', String(Math.min(start, share) * drawn))
    box.setAttribute('width', String(Math.abs(share - start) * drawn))
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
      const shares = [start, shareAt(event)].sort((a, b) => a - b)
      const [from = 0, to = 0] = shares
      if (to - from < leastShare) return
      const [first, last] = [Number(plot.dataset.from), Number(plot.dataset.to)]
      const placeAt = (share: number) => String(Math.round(first + (last - first) * share))
      for (const [name, share] of [
        ['x0', from],
        ['x1', to],
      ] as const) {
        const field = form.elements.namedItem(name)
        if (field instanceof HTMLInputElement) field.value = placeAt(share)
      }
      form.requestSubmit()
    },
    { signal },
  )
}
