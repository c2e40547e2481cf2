/** On the page of a Parquet file: shows its columns and first rows, which a worker reads. */
import { cutText } from '../../../core/error.ts'
import { countText, plural, visibleText } from '../../parts/text.tsx'
import { makeElement } from '../elements.ts'
import { addTableFiles } from '../table-files.ts'
import type { Cell } from './format/record-text.ts'
import type { ColumnSummary, ParquetPiece } from './read-parquet.ts'

const readingSecondsMax = 10
/** Of one cell, and of all cells, which share it. */
const [cellCharsMax, charsMax] = [500, 1_000_000]

const status = document.querySelector<HTMLElement>('[data-parquet]')
if (status) showParquet(status)

/** @param status tells in short what is shown behind it; it stays the same element, so that each change is told */
function showParquet(status: HTMLElement): void {
  const { parquet: url = '', sizeBytes, sha256 = '', worker: workerUrl = '' } = status.dataset
  const worker = startWorker(workerUrl)
  const read: Read = { cells: new Map(), problems: new Map() }
  const end = (why?: string) => {
    clearTimeout(waiting)
    worker.terminate()
    status.removeAttribute('aria-busy')
    status.textContent = statusText(read, why)
    status.after(...partsOf(read, why))
    addTableFiles()
  }
  const waiting = setTimeout(
    () => end(`reading it took more than ${readingSecondsMax} seconds`),
    readingSecondsMax * 1000,
  )
  worker.addEventListener('error', () => end('it could not be read here'))
  worker.addEventListener('message', ({ data: piece }: MessageEvent<ParquetPiece>) => {
    if (piece.kind === 'summary') read.summary = piece
    else if (piece.kind === 'cells') read.cells.set(piece.at, piece.cells)
    else if (piece.kind === 'problem') read.problems.set(piece.at, piece.why)
    else end(piece.why)
  })
  status.setAttribute('aria-busy', 'true')
  status.textContent = 'Reading the first rows…'
  worker.postMessage({
    url: new URL(url, location.href).href,
    sizeBytes: Number(sizeBytes),
    sha256,
  })
}

/** The policy of the page takes the address of a script from this one place alone. */
function startWorker(url: string): Worker {
  const { trustedTypes }: { readonly trustedTypes?: TrustedTypes } = Object(window)
  const policy = trustedTypes?.createPolicy('parquet', { createScriptURL: () => url })
  return new Worker(policy?.createScriptURL(url) ?? url)
}

/** What browsers that know trusted types have; such an address stands wherever a text may. */
type TrustedTypes = {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: () => string },
  ): { createScriptURL(url: string): string }
}

/** What has come of the file. */
type Read = {
  summary?: Summary
  /** By the place of their column. */
  readonly cells: Map<number, readonly Cell[]>
  readonly problems: Map<number, string>
}

type Summary = Extract<ParquetPiece, { readonly kind: 'summary' }>

function statusText({ summary, cells }: Read, why: string | undefined): string {
  if (!summary) return `This file cannot be shown: ${why}. The download has all of it.`
  const { rowCount, columnCount } = summary
  const rows = plural(rowCount, 'row')
  const columns = plural(columnCount, 'column')
  const shown = rowsIn(cells)
  if (shown === 0) return `${rows}, ${columns}${rowCount > 0 ? '; no values are shown' : ''}.`
  return [
    shown === rowCount ? rows : `The first ${countText(shown)} of ${rows}`,
    cells.size === columnCount ? `${columns}.` : `${countText(cells.size)} of ${columns}.`,
  ].join(', ')
}

/** How many rows have a cell in some column. */
function rowsIn(cells: Read['cells']): number {
  return Math.max(0, ...[...cells.values()].map(({ length }) => length))
}

function partsOf(read: Read, why: string | undefined): HTMLElement[] {
  const { summary } = read
  if (!summary) return []
  return [
    ...problemsOf(summary, read, why),
    ...(rowsIn(read.cells) > 0 ? [rowsTable(summary, read.cells)] : []),
    columnsOf(summary),
  ]
}

/** Why columns are not shown, or not all of their rows: each reason once. */
function problemsOf({ columns }: Summary, read: Read, why: string | undefined): HTMLElement[] {
  const reasons = new Map<string, string[]>()
  const names = (at: number) => visibleText(columns[at]?.name ?? '')
  for (const [at, reason] of inOrder(read.problems)) {
    reasons.set(reason, [...(reasons.get(reason) ?? []), names(at)])
  }
  const most = rowsIn(read.cells)
  for (const [at, { length }] of inOrder(read.cells)) {
    if (length === most) continue
    const reason = `its rows are long, and the first ${countText(length)} are read`
    reasons.set(reason, [...(reasons.get(reason) ?? []), names(at)])
  }
  const lines = [...reasons].map(
    ([reason, of]) => `${namesText(of)}${of.length > 1 ? ', each' : ''}: ${reason}.`,
  )
  if (why !== undefined) lines.unshift(`Not all is shown: ${why}.`)
  return lines.map((line) => makeElement('p', { class: 'notice warn' }, [line]))
}

/** Columns come as they are read. */
function inOrder<T>(byPlace: ReadonlyMap<number, T>): (readonly [number, T])[] {
  return [...byPlace].sort(([a], [b]) => a - b)
}

const namesShownMax = 5

function namesText(names: readonly string[]): string {
  const more = names.length - namesShownMax
  const shown = names.slice(0, namesShownMax).join(', ')
  return more > 0 ? `${shown} and ${plural(more, 'other column')}` : shown
}

function rowsTable({ columns }: Summary, cells: Read['cells']): HTMLElement {
  const rowCount = rowsIn(cells)
  const shown = inOrder(cells).map(([at, texts]) => ({ column: columns[at], texts }))
  const cellChars = Math.min(cellCharsMax, Math.floor(charsMax / (shown.length * rowCount)))
  const heads = shown.map(({ column }) => headOf(column))
  const rows = Array.from({ length: rowCount }, (_, row) =>
    makeElement(
      'tr',
      {},
      shown.map(({ column, texts }) => {
        const text = texts[row]
        const isCut = typeof text === 'string' && text.length > cellChars
        return cellOf(isCut ? `${cutText(text, cellChars)}…` : text, column?.isNumber === true)
      }),
    ),
  )
  return tableOf('The first rows', heads, rows)
}

function headOf(column: ColumnSummary | undefined): HTMLElement {
  const { name = '', type = '', isNumber = false } = column ?? {}
  return makeElement('th', { scope: 'col', ...(isNumber && { class: 'number' }) }, [
    given(name),
    makeElement('br'),
    given(type),
  ])
}

function cellOf(text: Cell | undefined, isNumber: boolean): HTMLElement {
  const content =
    text === undefined
      ? makeElement('span', { class: 'soft' }, ['not read'])
      : text === null
        ? makeElement('span', { role: 'img', 'aria-label': 'no value' }, ['–'])
        : given(text)
  return makeElement('td', isNumber ? { class: 'number' } : {}, [content])
}

function columnsOf(summary: Summary): HTMLElement {
  const { columns, columnCount, rowCount, groupCount, createdBy } = summary
  const rows = columns.map(({ name, type, codec }) =>
    makeElement('tr', {}, [
      makeElement('th', { scope: 'row' }, [given(name)]),
      makeElement('td', {}, [given(type)]),
      makeElement('td', {}, [codec ?? '']),
    ]),
  )
  const heads = ['Name', 'Type', 'Compressed by'].map((title) =>
    makeElement('th', { scope: 'col' }, [title]),
  )
  const part = columns.length < columnCount ? `The first ${countText(columns.length)}. ` : ''
  const by = createdBy === '' ? '' : `, written by ${visibleText(createdBy)}`
  const about = `${part}${plural(rowCount, 'row')} in ${plural(groupCount, 'row group')}${by}.`
  return makeElement('details', {}, [
    makeElement('summary', {}, [plural(columnCount, 'column')]),
    makeElement('p', { class: 'soft' }, [about]),
    tableOf('Columns', heads, rows),
  ])
}

/** The same parts as those of tables that the server makes. */
function tableOf(
  caption: string,
  heads: readonly HTMLElement[],
  rows: readonly HTMLElement[],
): HTMLElement {
  return makeElement('section', { class: 'region', tabindex: '0', 'aria-label': caption }, [
    makeElement('table', {}, [
      makeElement('caption', { class: 'unseen' }, [caption]),
      makeElement('thead', {}, [makeElement('tr', {}, heads)]),
      makeElement('tbody', {}, rows),
    ]),
  ])
}

function given(text: string): HTMLElement {
  return makeElement('bdi', {}, [visibleText(text)])
}
