import { fillField, followDrag, stretch, valueAt } from './drag.ts'

/** So much of an axis' length is a drag, and not a click. */
const leastShare = 0.02

/** What is dragged along an axis of parallel coordinates is the part of it whose runs are kept. */
export function brushAxis(form: HTMLFormElement, axis: SVGRectElement, down: PointerEvent): void {
  const [x, y, width, height] = ['x', 'y', 'width', 'height'].map((name) =>
    Number(axis.getAttribute(name)),
  )
  followDrag(axis, down, {
    draw: (start, last, box) => {
      box.setAttribute('x', String(x))
      box.setAttribute('width', String(width))
      stretch(box, { side: 'y', from: start.y, to: last.y, length: Number(height), start: y ?? 0 })
    },
    done: (start, last) => {
      if (Math.abs(last.y - start.y) < leastShare) return
      const { axis: column, from, to, log } = axis.dataset
      const ends = { from: Number(from), to: Number(to), isLog: log !== undefined }
      const [low, high] = [1 - Math.max(start.y, last.y), 1 - Math.min(start.y, last.y)]
      // An end of the axis is no bound, so that what is drawn there stays.
      fillField(form, `from.${column}`, low > 0 ? valueAt(low, ends) : '')
      fillField(form, `to.${column}`, high < 1 ? valueAt(high, ends) : '')
      form.requestSubmit()
    },
  })
}
