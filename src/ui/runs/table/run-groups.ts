import type { Context } from '../../../platform/context.ts'
import { namedColumn } from '../../../tracking/runs/run-columns.ts'
import { type FoldedMetric, foldRuns, type RunGroup } from '../../../tracking/runs/run-groups.ts'
import { findRunKeys, type RunSearch } from '../../../tracking/runs/search-runs.ts'
import type { RunsQuery } from './run-query.ts'

/** So many runs are grouped, the newest. */
const groupedMax = 20_000
/** So many groups have a row. */
const groupsMax = 100

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

type Grouping = {
  readonly by: string
  readonly columns: readonly string[]
  readonly search: Pick<RunSearch, 'experimentIds' | 'filter' | 'nowMs' | 'view'>
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
  const metrics = columns.filter((column) => foldedMetricOf(column) !== undefined)
  const sorted = sort && foldedMetricOf(sort.column)
  const { groups, all } = await foldRuns(ctx.db, items, {
    by: { kind: by.startsWith('p.') ? 'params' : 'tags', key: namedColumn(by)?.key ?? '' },
    metrics: metrics.flatMap((column) => foldedMetricOf(column) ?? []),
    sort: sorted && { ...sorted, isDescending: sort?.isDescending === true },
    groupsMax,
  })
  return {
    ...{ by, columns: metrics, groups, runs: items.length },
    more: all - groups.length,
    isCut: nextPageToken !== undefined,
  }
}

/** Undefined: it is no metric. */
export function foldedMetricOf(column: string): FoldedMetric | undefined {
  const named = namedColumn(column)
  return named?.kind === 'metrics' ? { metric: named.key, figure: named.figure } : undefined
}
