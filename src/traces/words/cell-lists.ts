import { letOthersRun } from '../../core/rounds.ts'
import { cellBits, cellsCount } from './grams.ts'

/**
 * Which traces of a pack have a cell, for all cells, as texts of ASCII: so none of them needs escaping in
 * JSON. The cells are cut into 2^level rows. A row has a list for each of its cells in order, a blank
 * behind each; so many cells as a character of `gaps` says have no trace.
 *
 * A list is a character of `digits` with how it is written, then bits, six to a character: for each
 * trace the count of those left out before it, in Rice's code. Of a cell that most traces have, the
 * list is of the others. An empty list is: all.
 */
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const gaps = "!#$%&'()*+,./:;<=>?@[]^`{|}~"
const blank = ' '

const digitAt = tableOf(digits, 0)
const gapAt = tableOf(gaps, 1)
/** Of the first character of a list: that it names those which lack the cell. */
const isOfOthers = 32

export const levelMax = 12
const rowChars = 1500
const cellsPerTurn = 4096

function tableOf(chars: string, first: number): Uint8Array {
  const table = new Uint8Array(128)
  for (let i = 0; i < chars.length; i++) table[chars.charCodeAt(i)] = i + first
  return table
}

export type CellRows = {
  readonly level: number
  /** Those that are not empty, by their place. */
  readonly rows: readonly (readonly [number, string])[]
}

/** @param members the cells of each trace, fewer than 65,536 traces */
export async function packCells(members: readonly Uint16Array[]): Promise<CellRows> {
  const { starts, traces } = sortByCell(members)
  const lists: (string | undefined)[] = []
  let chars = 0
  for (let cell = 0; cell < cellsCount; cell++) {
    const of = traces.subarray(starts[cell], starts[cell + 1])
    const list = of.length === 0 ? undefined : listOf(of, members.length)
    lists.push(list)
    chars += list === undefined ? 0 : list.length + 1
    if (cell % cellsPerTurn === 0) await letOthersRun()
  }
  const level = Math.min(levelMax, Math.max(0, Math.ceil(Math.log2(chars / rowChars))))
  const perRow = cellsCount >> level
  const rows = Array.from({ length: 1 << level }, (_, i): [number, string] => [
    i,
    rowOf(lists.slice(i * perRow, (i + 1) * perRow)),
  ])
  return { level, rows: rows.filter(([, row]) => row !== '') }
}

/** The traces of each cell, in order, one cell behind the other. */
function sortByCell(members: readonly Uint16Array[]) {
  const starts = new Uint32Array(cellsCount + 1)
  for (const cells of members)
    for (const cell of cells) starts[cell + 1] = (starts[cell + 1] ?? 0) + 1
  for (let cell = 0; cell < cellsCount; cell++) {
    starts[cell + 1] = (starts[cell + 1] ?? 0) + (starts[cell] ?? 0)
  }
  const traces = new Uint16Array(starts[cellsCount] ?? 0)
  const next = starts.slice()
  members.forEach((cells, trace) => {
    for (const cell of cells) {
      const at = next[cell] ?? 0
      traces[at] = trace
      next[cell] = at + 1
    }
  })
  return { starts, traces }
}

function rowOf(lists: readonly (string | undefined)[]): string {
  let row = ''
  let empty = 0
  for (const list of lists) {
    if (list === undefined) empty += 1
    else {
      for (; empty > 0; empty -= gaps.length) row += gaps[Math.min(empty, gaps.length) - 1]
      empty = 0
      row += list + blank
    }
  }
  return row
}

function listOf(traces: Uint16Array, count: number): string {
  if (traces.length === count) return ''
  if (traces.length * 2 <= count) return bitsOf(traces, count, 0)
  const has = new Set(traces)
  const others = Uint16Array.from({ length: count }, (_, i) => i).filter((i) => !has.has(i))
  return bitsOf(others, count, isOfOthers)
}

function bitsOf(traces: Uint16Array, count: number, flag: number): string {
  const mean = (count - traces.length) / traces.length
  const low = Math.max(0, Math.min(15, Math.floor(Math.log2(mean * 0.7))))
  let text = digits[flag + low] ?? ''
  let [bits, size] = [0, 0]
  const put = (bit: number) => {
    bits = (bits << 1) | bit
    size += 1
    if (size < 6) return
    text += digits[bits]
    bits = 0
    size = 0
  }
  let last = -1
  for (const trace of traces) {
    const gap = trace - last - 1
    last = trace
    for (let i = gap >> low; i > 0; i--) put(1)
    put(0)
    for (let bit = low - 1; bit >= 0; bit--) put((gap >> bit) & 1)
  }
  // Ones that no zero follows are no trace.
  while (size > 0) put(1)
  return text
}

/** The row in which a cell is, and its place there. */
export function placeOfCell(cell: number, level: number): { row: number; place: number } {
  const bits = cellBits - level
  return { row: cell >> bits, place: cell & ((1 << bits) - 1) }
}

/** The list at a place of a row; undefined: no trace has that cell. */
export function listAt(row: string, place: number): string | undefined {
  let cell = 0
  for (let at = 0; at < row.length; ) {
    const gap = gapAt[row.charCodeAt(at)] ?? 0
    if (gap > 0) {
      cell += gap
      at += 1
      if (cell > place) return undefined
      continue
    }
    const end = row.indexOf(blank, at)
    if (cell === place) return row.slice(at, end)
    cell += 1
    at = end + 1
  }
  return undefined
}

/** Of the traces that are 1 in `alive`, those stay that are in the list. */
export function keepListed(alive: Uint8Array, list: string | undefined): void {
  if (list === undefined) alive.fill(0)
  if (!list) return
  const first = digitAt[list.charCodeAt(0)] ?? 0
  const ofOthers = (first & isOfOthers) > 0
  const named = ofOthers ? alive : new Uint8Array(alive.length)
  eachListed(list, first & 15, (trace) => {
    named[trace] = ofOthers ? 0 : 1
  })
  if (ofOthers) return
  for (let i = 0; i < alive.length; i++) alive[i] = (alive[i] ?? 0) & (named[i] ?? 0)
}

function eachListed(list: string, low: number, take: (trace: number) => void): void {
  let [trace, gap, left] = [-1, 0, -1]
  let value = 0
  for (let at = 1; at < list.length; at++) {
    const digit = digitAt[list.charCodeAt(at)] ?? 0
    for (let shift = 5; shift >= 0; shift--) {
      const bit = (digit >> shift) & 1
      // Before the zero the bits count; behind it they are a number.
      if (left < 0) {
        if (bit === 1) {
          gap += 1
          continue
        }
        left = low
      } else {
        value = (value << 1) | bit
        left -= 1
      }
      if (left > 0) continue
      trace += (gap << low) + value + 1
      take(trace)
      gap = 0
      value = 0
      left = -1
    }
  }
}
