/** Where a pointer is, as shares of what it is dragged over. */
export type Shares = { readonly x: number; readonly y: number }

/** Draw the part that is dragged over, from where the pointer went down, and tell its two corners in the end. */
export function followDrag(
  over: SVGGraphicsElement,
  down: PointerEvent,
  {
    draw,
    done,
  }: Readonly<Record<'draw' | 'done', (start: Shares, last: Shares, box: SVGRectElement) => void>>,
): void {
  const { left, top, width, height } = over.getBoundingClientRect()
  const within = (share: number) => Math.min(1, Math.max(0, share))
  const sharesAt = ({ clientX, clientY }: PointerEvent): Shares => ({
    x: within((clientX - left) / width),
    y: within((clientY - top) / height),
  })
  const start = sharesAt(down)
  const box = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  box.setAttribute('class', 'zoom')
  down.preventDefault()
  over.setPointerCapture(down.pointerId)
  const svg = over instanceof SVGSVGElement ? over : over.ownerSVGElement
  svg?.append(box)
  const listening = new AbortController()
  const on = (
    type: 'pointermove' | 'pointercancel' | 'pointerup',
    act: (event: PointerEvent) => void,
  ) => over.addEventListener(type, act, { signal: listening.signal })
  const end = () => {
    listening.abort()
    box.remove()
  }
  on('pointermove', (event) => draw(start, sharesAt(event), box))
  on('pointercancel', end)
  on('pointerup', (event) => {
    end()
    done(start, sharesAt(event), box)
  })
}

/** Whether the mouse begins a drag. */
export function isDrag({ pointerType, button }: PointerEvent): boolean {
  return pointerType === 'mouse' && button === 0
}

/** Stretch a box along one of its sides. @param length of what is dragged over, in its own units */
export function stretch(
  box: SVGRectElement,
  {
    side,
    from,
    to,
    length,
    start = 0,
  }: {
    readonly side: 'x' | 'y'
    readonly from: number
    readonly to: number
    readonly length: number
    readonly start?: number
  },
): void {
  box.setAttribute(side, String(start + Math.min(from, to) * length))
  box.setAttribute(side === 'x' ? 'width' : 'height', String(Math.abs(to - from) * length))
}

/** Where an axis begins and ends: logarithms of its values, or the values. */
export type AxisEnds = {
  readonly from: number
  readonly to: number
  readonly isWhole?: boolean
  readonly isLog: boolean
}

/** The value at a share of an axis, with as many digits as tell a thousandth of the axis. */
export function valueAt(share: number, { from, to, isWhole, isLog }: AxisEnds): string {
  const place = from + (to - from) * share
  const value = isLog ? 10 ** place : place
  if (isWhole) return String(Math.round(value))
  const parts = isLog ? 1 : Math.max(Math.abs(from), Math.abs(to)) / (to - from)
  const digits = Math.min(17, Math.max(4, Math.ceil(Math.log10(parts)) + 4))
  return String(Number(value.toPrecision(digits)))
}

export function fillField(form: HTMLFormElement, name: string, text: string): void {
  const field = form.elements.namedItem(name)
  if (field instanceof HTMLInputElement) field.value = text
}
