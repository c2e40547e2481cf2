import { csvRowOf } from '../../audit/csv.ts'
import { fileNameOf, makeButton, makeElement, saveFile } from './elements.ts'

/** In the foot, a button for each table of the page that saves what it shows as CSV. */
export function addTableFiles(): void {
  const tables = tablesNow()
  const foot = document.querySelector('.foot')
  if (tables.length === 0 || !foot) return
  const buttons = tables.map((first) => {
    const name = nameOf(first)
    return makeButton(name, () => {
      // It may have been renewed meanwhile.
      const table = tablesNow().find((one) => nameOf(one) === name) ?? first
      const rows = [...table.rows].map((row) => csvRowOf([...row.cells].map(textOf)))
      saveFile(fileNameOf(name, 'csv'), new Blob(['\ufeff', ...rows], { type: 'text/csv' }))
    })
  })
  const row = makeElement('div', { class: 'row' }, buttons)
  foot.prepend(makeElement('details', {}, [makeElement('summary', {}, ['CSV']), row]))
}

function tablesNow(): HTMLTableElement[] {
  return [...document.querySelectorAll<HTMLTableElement>('main .region > table')]
}

function nameOf({ caption }: HTMLTableElement): string {
  return caption?.textContent?.trim() || 'Table'
}

/** Numbers as numbers, times in ISO 8601; a cell without a value is empty. */
function textOf(cell: HTMLTableCellElement): string | number | bigint {
  const time = cell.querySelector('time')
  if (time && cell.innerText.trim() === time.innerText.trim()) return time.dateTime
  const copy = cell.cloneNode(true)
  if (copy instanceof Element) {
    for (const hidden of copy.querySelectorAll('.unseen, .phone-only')) hidden.remove()
    for (const told of copy.querySelectorAll('time'))
      told.textContent = told.dataset.utc ?? told.textContent
  }
  const text = (copy.textContent ?? '').replace(/\s+/g, ' ').trim()
  return text === '–' ? '' : numberOf(text)
}

/**
 * A number as a spreadsheet reads it, and so that a negative one does not look like a formula. One that
 * has more digits than a double holds keeps them.
 */
function numberOf(text: string): string | number | bigint {
  const plain = text.replaceAll('−', '-')
  if (!/^-?\d+(\.\d+)?(e-?\d+)?$/.test(plain)) return text
  const value = Number(plain)
  if (String(value) === plain || plain.replace(/e.*|\D/g, '').length <= 15) return value
  return /^-?\d+$/.test(plain) ? BigInt(plain) : plain
}
