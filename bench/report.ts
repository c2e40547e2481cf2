import type { Measured } from './load.ts'
import type { Transfer } from './transfer.ts'

/** All figures of one server. */
export type Figures = {
  readonly startMs: number
  readonly idlePssBytes: number
  readonly loadedPssBytes: number
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

/** The figures side by side, as text. */
export function report(
  ours: Figures | undefined,
  theirs: Figures | undefined,
  large?: Large,
): string {
  const names = Object.keys((ours ?? theirs)?.cases ?? {})
  const rows = names.map((name) => {
    const [a, b] = [ours?.cases[name], theirs?.cases[name]]
    return [
      name,
      ...[a?.cpuMsPerRequest, b?.cpuMsPerRequest].map((ms) => number(ms, 2)),
      ratio(b?.cpuMsPerRequest, a?.cpuMsPerRequest),
      ...[a?.perSecond, b?.perSecond].map((rate) => number(rate, 1)),
      ...[a?.p99Ms, b?.p99Ms].map((ms) => number(ms, 1)),
      `${a?.failures ?? '-'} / ${b?.failures ?? '-'}`,
    ]
  })
  const head = [
    ...['16 connections', 'CPU ms', 'MLflow', 'ratio', 'req/s', 'MLflow', 'p99 ms', 'MLflow'],
    'failed',
  ]
  return `${[table([head, ...rows]), table(others(ours, theirs, large))].join('\n\n')}\n`
}

function others(
  ours: Figures | undefined,
  theirs: Figures | undefined,
  large: Large | undefined,
): string[][] {
  const row = (
    name: string,
    of: (figures: Figures) => number | undefined,
    { digits, better }: { readonly digits: number; readonly better: 'less' | 'more' },
  ): string[] => {
    const [a, b] = [ours && of(ours), theirs && of(theirs)]
    const compared = better === 'less' ? ratio(b, a) : ratio(a, b)
    return [name, number(a, digits), number(b, digits), compared]
  }
  return [
    ['', 'Gatehouse', 'MLflow', 'ratio'],
    row('start to first 200, s', (f) => f.startMs / 1000, { digits: 2, better: 'less' }),
    row('memory idle (PSS), MB', (f) => f.idlePssBytes / 1e6, { digits: 0, better: 'less' }),
    row('memory after the cases, MB', (f) => f.loadedPssBytes / 1e6, { digits: 0, better: 'less' }),
    row('256 MiB up, MB/s', (f) => f.upload?.mbPerSecond, { digits: 0, better: 'more' }),
    row('256 MiB down, MB/s', (f) => f.download?.mbPerSecond, { digits: 0, better: 'more' }),
    row('CPU ms a GB up', (f) => f.upload?.cpuMsPerGb, { digits: 0, better: 'less' }),
    row('CPU ms a GB down', (f) => f.download?.cpuMsPerGb, { digits: 0, better: 'less' }),
    ['2 GiB up, MB/s', number(large?.upload.mbPerSecond, 0), '-', '-'],
    ['2 GiB down, MB/s', number(large?.download.mbPerSecond, 0), '-', '-'],
    ['peak RSS meanwhile, MB', number(large && large.peakRssBytes / 1e6, 0), '-', '-'],
  ]
}

function number(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits)
}

function ratio(above: number | undefined, below: number | undefined): string {
  return above === undefined || !below ? '-' : `${(above / below).toFixed(1)}x`
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))),
    )
    .map((row) => row.join('  '))
    .join('\n')
}
