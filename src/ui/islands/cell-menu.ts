import { filterOfWords } from '../../search/words.ts'
import { makeButton, makeElement } from './elements.ts'

/**
 * On a value of a table whose columns say how filters name them, the second button of the mouse offers
 * clauses that are made of it. With Shift the browser's own menu comes.
 */
export function offerClauses(): void {
  document.addEventListener('contextmenu', (event) => {
    if (event.shiftKey || !(event.target instanceof Element)) return
    const cell = event.target.closest('td')
    const clauses = cell ? clausesOf(cell) : []
    if (!cell || clauses.length === 0) return
    event.preventDefault()
    showMenu(cell, clauses, event)
  })
}

type Clause = { readonly text: string; readonly clause: string }

function clausesOf(cell: HTMLTableCellElement): Clause[] {
  const table = cell.closest('table')
  const key = table?.tHead?.rows[0]?.cells[cell.cellIndex]?.dataset.filter
  // A cell without a value says so in an element of its own; a long text is cut.
  if (!key || cell.querySelector('[role="img"], [title]')) return []
  const value = cell.dataset.value ?? cell.innerText.trim()
  if (key.startsWith('metrics.')) return ofNumber(key, Number(value.replaceAll('−', '-')))
  const quote = ["'", '"'].find((sign) => !value.includes(sign))
  if (quote === undefined) return []
  const quoted = `${quote}${value}${quote}`
  return [
    { text: 'Only this', clause: `${key} = ${quoted}` },
    { text: 'Not this', clause: `${key} != ${quoted}` },
  ]
}

/** Numbers are shown with six digits, so all that look the same are meant. */
function ofNumber(key: string, value: number): Clause[] {
  if (!Number.isFinite(value)) return []
  const half = value === 0 ? 0 : 10 ** (Math.floor(Math.log10(Math.abs(value))) - 5) / 2
  const [low, high] = [value - half, value + half].map((bound) => Number(bound.toPrecision(8)))
  return [
    { text: 'About this', clause: `${key} >= ${low} AND ${key} <= ${high}` },
    { text: 'Above', clause: `${key} > ${value}` },
    { text: 'Below', clause: `${key} < ${value}` },
  ]
}

/** All of it: of a number that is shown with six digits the title has the others. */
function copiedTextOf(cell: HTMLTableCellElement): string {
  if (cell.dataset.value !== undefined) return cell.dataset.value
  const text = cell.title || cell.innerText.trim()
  return cell.classList.contains('number') ? text.replaceAll('−', '-') : text
}

function showMenu(cell: HTMLTableCellElement, clauses: readonly Clause[], at: MouseEvent): void {
  const close = () => dialog.close()
  const links = clauses.map(({ text, clause }) =>
    makeElement('li', {}, [
      makeElement('a', { href: addressWith(clause) }, [text]),
      ' ',
      makeElement('code', {}, [clause]),
    ]),
  )
  const copy = makeButton('Copy value', async () => {
    await navigator.clipboard.writeText(copiedTextOf(cell))
    close()
  })
  const dialog: HTMLDialogElement = makeElement(
    'dialog',
    { 'aria-label': 'Filter by this value' },
    [
      makeElement('ul', { class: 'plain' }, links),
      makeElement('div', { class: 'row' }, [
        ...(navigator.clipboard ? [copy] : []),
        makeButton('Close', close),
      ]),
    ],
  )
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) close()
  })
  document.body.append(dialog)
  dialog.showModal()
  placeAt(dialog, at)
}

/** As near to the pointer as the window has room. */
function placeAt(dialog: HTMLElement, { clientX, clientY }: MouseEvent): void {
  const { width, height } = dialog.getBoundingClientRect()
  dialog.style.margin = '0'
  dialog.style.left = `${Math.max(8, Math.min(clientX, innerWidth - width - 8))}px`
  dialog.style.top = `${Math.max(8, Math.min(clientY, innerHeight - height - 8))}px`
}

/** The table with this clause too, from its beginning. Words of a name become the clause that they stand for. */
function addressWith(clause: string): string {
  const url = new URL(location.href)
  const { searchParams } = url
  const filter = filterOfWords(searchParams.get('q') ?? '', 'attributes.run_name')
  searchParams.set('q', filter === '' ? clause : `${filter} AND ${clause}`)
  searchParams.delete('after')
  return url.pathname + url.search
}
