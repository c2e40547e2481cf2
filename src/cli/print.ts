import type { Command } from 'commander'
import measureText from 'fast-string-truncated-width'
import { ioOf, note, printable } from './io.ts'

/** With `--json` print `value`, the API's answer; without it print the lines for people. */
export function print(
  command: Command,
  value: unknown,
  lines: readonly string[] | (() => readonly string[]),
): void {
  const { out } = ioOf(command)
  if (isJson(command)) out.write(`${JSON.stringify(value)}\n`)
  else for (const line of typeof lines === 'function' ? lines() : lines) printLine(command, line)
}

function printLine(command: Command, line: string): void {
  ioOf(command).out.write(`${printable(line)}\n`)
}

/** A list: with `--json` its items, for people a table, or a sentence where there are none. */
export function printList<T>(
  command: Command,
  items: readonly T[],
  table: {
    readonly heads: readonly string[]
    readonly row: (item: T) => readonly string[]
    /** `no models`. */
    readonly empty: string
    /** There are more than were asked for. */
    readonly hasMore?: boolean
  },
): void {
  const rows = () => [table.heads, ...items.map(table.row)]
  print(command, items, () => (items.length === 0 ? [table.empty] : columns(command, rows())))
  if (table.hasMore) note(command, `there are more than these ${items.length}; raise --limit`)
}

/** Whether `--json` is given, for commands whose two outputs come from two endpoints. */
export function isJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: true }>().json === true
}

const gap = '  '
const narrowest = 3

/** Rows in columns as wide as their widest cell, cut so that a line fits the terminal. */
export function columns(command: Command, rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(printable))
  const widths: number[] = []
  for (const row of cells) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))
  }
  const { isTTY, columns: room = 80 } = ioOf(command).out
  if (isTTY) fitWidths(widths, room - gap.length * (widths.length - 1))
  return cells.map((row) =>
    row
      .map((cell, i) => padded(cell, widths[i] ?? 0))
      .join(gap)
      .trimEnd(),
  )
}

/** Take from the widest until all fit. */
function fitWidths(widths: number[], room: number): void {
  let over = widths.reduce((sum, width) => sum + width, 0) - room
  for (; over > 0; over--) {
    const widest = Math.max(...widths)
    if (widest <= narrowest) return
    widths[widths.lastIndexOf(widest)] = widest - 1
  }
}

function widthOf(text: string): number {
  return measureText(text).width
}

function padded(cell: string, width: number): string {
  const { index, ellipsed, width: kept } = measureText(cell, { limit: width, ellipsis: '…' })
  const shown = ellipsed ? `${cell.slice(0, index)}…` : cell
  return shown + ' '.repeat(Math.max(0, width - kept - (ellipsed ? 1 : 0)))
}

/**
 * A moment in the reader's own zone, or with `--utc` in UTC, which a Z at its end tells.
 *
 * @param ms Unix milliseconds
 * @param fallback what stands where there is none
 */
export function momentText(command: Command, ms: number | undefined, fallback = ''): string {
  if (ms === undefined) return fallback
  const { utc } = command.optsWithGlobals<{ utc?: true }>()
  if (utc) return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`
  const { timeZone } = ioOf(command)
  // Sweden writes dates as ISO 8601 does.
  return new Date(ms).toLocaleString('sv-SE', timeZone === undefined ? {} : { timeZone })
}

/** `name  value` pairs, one a line, those without a value left out. */
export function fieldLines(fields: Readonly<Record<string, string | undefined>>): string[] {
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value] as const],
  )
  const width = Math.max(0, ...given.map(([name]) => name.length))
  return given.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}
