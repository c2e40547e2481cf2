import type { Measured } from './load.ts'
import type { Transfer } from './transfer.ts'

/** All figures of one server. */
export type Figures = {
  readonly name: string
  readonly startMs: number
  readonly idlePssBytes: number
  readonly loadedPssBytes: number
  /** By the name of the case; only those that the server can answer. */
  readonly cases: Readonly<Record<string, Measured>>
  readonly upload: Transfer | undefined
  readonly download: Transfer | undefined
}

/** A file of 2 GiB, on Gatehouse alone. */
export type Large = {
  readonly upload: Transfer
  readonly download: Transfer
  readonly peakRssBytes: number
}

/** What is said of a case: CPU time where less is better, then what depends on the machine's other work. */
const sayings: readonly (readonly [
  title: string,
  of: (measured: Measured) => number,
  digits: number,
])[] = [
  ['CPU ms a request', ({ cpuMsPerRequest }) => cpuMsPerRequest, 2],
  ['requests a second; of files of 1 MB, MB/s', ({ perSecond }) => perSecond, 0],
  ['p99, ms', ({ p99Ms }) => p99Ms, 1],
]

/** The figures side by side, as tables of Markdown: the first server's, and the others' with the ratio to it. */
export function report(servers: readonly Figures[], large?: Large): string {
  const [first] = servers
  const names = Object.keys(first?.cases ?? {})
  const tables = sayings.map(([title, of, digits]) => {
    const rows = names.map((name) => {
      const values = servers.map(({ cases }) => cases[name] && of(cases[name]))
      return [name, ...cellsOf(values, digits)]
    })
    return table([[title, ...headOf(servers)], ...rows])
  })
  return `${[...tables, table(others(servers)), ...failed(servers), ...largeOf(large)].join('\n\n')}\n`
}

function headOf(servers: readonly Figures[]): string[] {
  return servers.flatMap(({ name }, i) => (i === 0 ? [name] : [name, 'ratio']))
}

/** Each value, and how often the first one goes into it. */
function cellsOf(values: readonly (number | undefined)[], digits: number): string[] {
  return values.flatMap((value, i) => {
    const cell = number(value, digits)
    return i === 0 ? [cell] : [cell, ratio(value, values[0])]
  })
}

function others(servers: readonly Figures[]): string[][] {
  const row = (name: string, of: (figures: Figures) => number | undefined, digits: number) => [
    name,
    ...cellsOf(servers.map(of), digits),
  ]
  return [
    ['', ...headOf(servers)],
    row('start to first 200, s', (f) => f.startMs / 1000, 2),
    row('memory idle (PSS), MB', (f) => f.idlePssBytes / 1e6, 0),
    row('memory after the cases, MB', (f) => f.loadedPssBytes / 1e6, 0),
    row('256 MiB up, MB/s', (f) => f.upload?.mbPerSecond, 0),
    row('256 MiB down, MB/s', (f) => f.download?.mbPerSecond, 0),
    row('CPU ms a GB up', (f) => f.upload?.cpuMsPerGb, 0),
    row('CPU ms a GB down', (f) => f.download?.cpuMsPerGb, 0),
  ]
}

/** A line for each case of which some answers were no 2xx. */
function failed(servers: readonly Figures[]): string[] {
  const lines = servers.flatMap(({ name, cases }) =>
    Object.entries(cases)
      .filter(([, { failures }]) => failures > 0)
      .map(([of, { failures, requests }]) => `${name} failed ${failures} of ${requests}: ${of}`),
  )
  return lines.length > 0 ? [lines.join('\n')] : []
}

function largeOf(large: Large | undefined): string[] {
  if (!large) return []
  const { upload, download, peakRssBytes } = large
  const rates = [upload, download].map(({ mbPerSecond }) => number(mbPerSecond, 0)).join(' and ')
  return [`2 GiB up and down: ${rates} MB/s, at most ${number(peakRssBytes / 1e6, 0)} MB of memory`]
}

function number(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits)
}

function ratio(above: number | undefined, below: number | undefined): string {
  return above === undefined || !below ? '-' : `${(above / below).toFixed(1)}x`
}

function table(rows: readonly (readonly string[])[]): string {
  const head = rows[0] ?? []
  const widths = head.map((_, i) => Math.max(4, ...rows.map((row) => row[i]?.length ?? 0)))
  const cellOf = (cell: string, i: number) =>
    i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)
  const line = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [head, line, ...rows.slice(1)]
    .map((row) => `| ${row.map(cellOf).join(' | ')} |`)
    .join('\n')
}
