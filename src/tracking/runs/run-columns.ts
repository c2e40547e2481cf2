import type { MetricFigure } from '../extremes/extremes.ts'
import type { RunCells, RunColumns } from './run-cells.ts'
import type { RunSearch } from './search-runs.ts'

const kinds = { m: 'metrics', p: 'params', t: 'tags' } as const

/** A metric, param or tag as a column; of a metric its latest value or an extreme. */
export type NamedColumn =
  | { readonly kind: 'metrics'; readonly key: string; readonly figure: MetricFigure }
  | { readonly kind: 'params' | 'tags'; readonly key: string }

/**
 * `m.accuracy` as a metric of that name, `m.loss:min` as the least value of one; undefined: it is none of
 * metric, param and tag. A name that ends as a figure does is spelled with one: `m.loss:min:last`.
 */
export function namedColumn(column: string): NamedColumn | undefined {
  const [, letter, rest] = /^([mpt])\.(.+)$/s.exec(column) ?? []
  if (letter === undefined || rest === undefined) return undefined
  const kind = kinds[letter as keyof typeof kinds]
  if (kind !== 'metrics') return { kind, key: rest }
  const [, key = rest, figure = 'last'] = /^(.+):(last|min|max)$/s.exec(rest) ?? []
  return { kind, key, figure: figure as MetricFigure }
}

/** A metric as addresses spell it. */
export function metricColumn(key: string, figure: MetricFigure = 'last'): string {
  const isPlain = figure === 'last' && !/.:(last|min|max)$/s.test(key)
  return isPlain ? `m.${key}` : `m.${key}:${figure}`
}

/** Which value of a metric a column shows; undefined: it is no metric. */
export function figureOf(column: string): MetricFigure | undefined {
  const named = namedColumn(column)
  return named?.kind === 'metrics' ? named.figure : undefined
}

/** The extremes of the metrics among some columns, as columns. */
export function extremeColumnsOf(columns: readonly string[]): string[] {
  const named = columns.flatMap((column) => namedColumn(column) ?? [])
  const keys = new Set(named.filter(({ kind }) => kind === 'metrics').map(({ key }) => key))
  return [...keys].flatMap((key) => [metricColumn(key, 'min'), metricColumn(key, 'max')])
}

/** What of a run a metric column shows. */
export function metricIn(
  { metrics, extremes }: Pick<RunCells, 'metrics' | 'extremes'>,
  { key, figure }: { readonly key: string; readonly figure: MetricFigure },
): number | undefined {
  if (figure === 'last') return metrics.get(key)
  return extremes.get(key)?.[figure === 'min' ? 'least' : 'greatest']
}

/** What is to be read of runs for these columns. */
export function runColumnsOf(columns: readonly string[]): RunColumns {
  const named = columns.flatMap((column) => namedColumn(column) ?? [])
  const keysOf = (isWanted: (one: NamedColumn) => boolean) => [
    ...new Set(named.filter(isWanted).map(({ key }) => key)),
  ]
  return {
    metrics: keysOf((one) => one.kind === 'metrics' && one.figure === 'last'),
    extremes: keysOf((one) => one.kind === 'metrics' && one.figure !== 'last'),
    params: keysOf(({ kind }) => kind === 'params'),
    tags: keysOf(({ kind }) => kind === 'tags'),
  }
}

/** A column by which runs are in order. */
export type SortColumn = { readonly column: string; readonly isDescending: boolean }

/** What every run has, and may be sorted by. */
const sortable: Readonly<Record<string, string>> = {
  name: 'attributes.run_name',
  start: 'attributes.start_time',
  status: 'attributes.status',
  user: 'attributes.user_id',
}

/** What search calls a column, with its name in quotes; undefined: its grammar has no word for it. */
export function searchKeyOf(column: string): string | undefined {
  if (Object.hasOwn(sortable, column)) return sortable[column]
  const named = namedColumn(column)
  if (!named || (named.kind === 'metrics' && named.figure !== 'last')) return undefined
  const quote = ['`', '"'].find((sign) => !named.key.includes(sign))
  return quote === undefined ? undefined : `${named.kind}.${quote}${named.key}${quote}`
}

/** Whether runs can be in the order of a column. */
export function isSortable(column: string): boolean {
  return ordersBy({ column, isDescending: false }).length > 0
}

/** The order by one column; none: runs cannot be sorted by it. */
export function ordersBy({ column, isDescending }: SortColumn): RunSearch['orderBy'] {
  const named = namedColumn(column)
  if (named?.kind === 'metrics' && named.figure !== 'last') {
    return [{ metric: named.key, extreme: named.figure, isDescending }]
  }
  const key = searchKeyOf(column)
  return key === undefined ? [] : [`${key} ${isDescending ? 'DESC' : 'ASC'}`]
}

/** `-m.loss:min`: the greatest first. @returns undefined: runs are not sorted by that */
export function sortColumnOf(text: string): SortColumn | undefined {
  const isDescending = text.startsWith('-')
  const given = isDescending ? text.slice(1) : text
  return isSortable(given) ? { column: spelledColumn(given), isDescending } : undefined
}

/** A column in its one spelling. */
export function spelledColumn(column: string): string {
  const named = namedColumn(column)
  return named?.kind === 'metrics' ? metricColumn(named.key, named.figure) : column
}

/** The values of a run in such columns, by their spelling; those that it lacks are left out. */
export function valuesOf(
  run: RunCells,
  columns: readonly string[],
): ReadonlyMap<string, number | string> {
  return new Map(
    columns.flatMap((column) => {
      const named = namedColumn(column)
      const value = named && valueIn(run, named)
      return value === undefined ? [] : [[column, value] as const]
    }),
  )
}

/** What of a run a column shows. */
export function valueIn(
  run: Pick<RunCells, 'metrics' | 'extremes' | 'params' | 'tags'>,
  named: NamedColumn,
): number | string | undefined {
  return named.kind === 'metrics' ? metricIn(run, named) : run[named.kind].get(named.key)
}
