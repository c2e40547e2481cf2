import type { Context } from '../../../platform/context.ts'
import { type RunPoint, readRunPoints } from '../../../tracking/runs/run-points.ts'
import { findRunKeys, type RunSearch } from '../../../tracking/runs/search-runs.ts'
import { namedColumn, type RunsQuery } from './run-query.ts'

/** So many runs are grouped, the newest. */
const groupedMax = 20_000
/** So many groups have a row. */
const groupsMax = 200

/** All runs that match, folded by the values of one column. */
export type RunGroups = {
  /** The column, as addresses spell it. */
  readonly by: string
  /** Metrics of the table, as addresses spell them. */
  readonly columns: readonly string[]
  readonly groups: readonly RunGroup[]
  /** Groups that have no row. */
  readonly more: number
  readonly runs: number
  /** There are more runs than are grouped. */
  readonly isCut: boolean
}

export type RunGroup = {
  /** Undefined: these runs have none. */
  readonly value: string | undefined
  readonly runs: number
  /** By column; a column that no run has a finite value of is not there. */
  readonly figures: ReadonlyMap<string, GroupFigures>
}

/** What the latest values of a metric come to. */
export type GroupFigures = {
  readonly mean: number
  readonly least: number
  readonly greatest: number
  /** Runs that have a finite value. */
  readonly count: number
}

type Grouping = {
  readonly by: string
  readonly columns: readonly string[]
  readonly search: Pick<RunSearch, 'experimentIds' | 'filter' | 'view'>
  readonly sort: RunsQuery['sort']
}

/** Three statements, however many runs there are. @throws INVALID_PARAMETER_VALUE the filter is wrong */
export async function readRunGroups(
  ctx: Context,
  { by, columns, search, sort }: Grouping,
): Promise<RunGroups> {
  const { items, nextPageToken } = await findRunKeys(ctx, {
    ...search,
    orderBy: [],
    maxResults: groupedMax,
  })
  const metrics = columns.filter((column) => namedColumn(column)?.kind === 'metrics')
  const keysOf = (kind: 'metrics' | 'params' | 'tags') =>
    [by, ...metrics].flatMap((column) => {
      const named = namedColumn(column)
      return named?.kind === kind ? [named.key] : []
    })
  const runs = await readRunPoints(ctx.db, items, {
    metrics: keysOf('metrics'),
    params: keysOf('params'),
    tags: keysOf('tags'),
  })
  const groups = [...Map.groupBy(runs, (run) => groupValueOf(run, by))].map(([value, own]) => ({
    value,
    runs: own.length,
    figures: figuresOf(own, metrics),
  }))
  const shown = groups.sort(orderOf(sort)).slice(0, groupsMax)
  return {
    ...{ by, columns: metrics, groups: shown, runs: runs.length },
    more: groups.length - shown.length,
    isCut: nextPageToken !== undefined,
  }
}

function groupValueOf(run: RunPoint, column: string): string | undefined {
  const named = namedColumn(column)
  return named === undefined || named.kind === 'metrics'
    ? undefined
    : run[named.kind].get(named.key)
}

function figuresOf(
  runs: readonly RunPoint[],
  columns: readonly string[],
): ReadonlyMap<string, GroupFigures> {
  const figures = new Map<string, GroupFigures>()
  for (const column of columns) {
    const key = namedColumn(column)?.key ?? ''
    const values = runs.flatMap(({ metrics }) => {
      const value = metrics.get(key)
      // An infinity is kept as the largest double.
      return value !== undefined && Math.abs(value) < Number.MAX_VALUE ? [value] : []
    })
    if (values.length > 0) figures.set(column, measure(values))
  }
  return figures
}

function measure(values: readonly number[]): GroupFigures {
  const count = values.length
  let [least, greatest, mean] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (const value of values) {
    least = Math.min(least, value)
    greatest = Math.max(greatest, value)
    // Shares first: a sum may pass the doubles.
    mean += value / count
  }
  return { mean, least, greatest, count }
}

const natural = new Intl.Collator('en', { numeric: true })

/** By the mean of a metric that the table is sorted by, else by value: numbers before texts, none last. */
function orderOf(sort: RunsQuery['sort']): (a: RunGroup, b: RunGroup) => number {
  return (a, b) => {
    if (sort?.column.startsWith('m.')) {
      const [one, other] = [a, b].map(({ figures }) => figures.get(sort.column)?.mean)
      if (one === undefined || other === undefined) {
        return Number(one === undefined) - Number(other === undefined) || byValue(a, b)
      }
      return (sort.isDescending ? other - one : one - other) || byValue(a, b)
    }
    return byValue(a, b)
  }
}

function byValue({ value: a }: RunGroup, { value: b }: RunGroup): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  const [one, other] = [numberOf(a), numberOf(b)]
  if (one !== undefined && other !== undefined) return one - other || natural.compare(a, b)
  if (one === undefined && other === undefined) return natural.compare(a, b)
  return one === undefined ? 1 : -1
}

function numberOf(text: string): number | undefined {
  const value = Number(text)
  return text.trim() !== '' && Number.isFinite(value) ? value : undefined
}
