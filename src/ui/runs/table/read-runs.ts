import { chosenMetricOf } from '../../../find/chosen-metric.ts'
import { readVersionsOfRuns, type VersionOfRun } from '../../../governance/lineage.ts'
import type { Context } from '../../../platform/context.ts'
import type { LooserFilter } from '../../../search/find-page.ts'
import { filterOfWords } from '../../../search/words.ts'
import { countRuns, type RunCount } from '../../../tracking/experiments/count-runs.ts'
import { type Experiment, getExperiments } from '../../../tracking/experiments/experiment.ts'
import { areExtremesMissing } from '../../../tracking/extremes/fill-extremes.ts'
import { type RunKey, type RunKeys, readRunKeys } from '../../../tracking/runs/run-cells.ts'
import { metricColumn, runColumnsOf } from '../../../tracking/runs/run-columns.ts'
import {
  countMatches,
  findRunKeys,
  listLooserRunFilters,
} from '../../../tracking/runs/search-runs.ts'
import { type Directions, directionsOf } from '../../parts/directions.ts'
import { type RunGroups, readRunGroups } from './run-groups.ts'
import { hasExtremes, orderByOf, type RunsQuery } from './run-query.ts'
import { type NestedRow, readRunTree } from './run-tree.ts'

const pageSize = 100
/** Names of one kind that the choice of columns offers. */
const keysMax = 200
/** Columns of one kind that are shown where none were chosen. */
const defaultsMax = 4

/** A table of runs, whole. */
export type RunsStanding = {
  readonly experiments: readonly Experiment[]
  readonly better: Directions
  /** Active runs of the experiments, whatever the filter. */
  readonly total: number
  /** Runs that match, up to one more than `matchesCounted`; undefined: nothing was filtered. */
  readonly matches: number | undefined
  /** Those that were found, and what is open beneath them. */
  readonly rows: readonly NestedRow[]
  /** Whether runs that are parts of others are left out, but beneath these. */
  readonly isNested: boolean
  readonly columns: readonly string[]
  /** Names that the runs of this page have. */
  readonly keys: RunKeys
  readonly versions: ReadonlyMap<string, readonly VersionOfRun[]>
  readonly next: string | undefined
  /** Extremes are shown or sorted by, and those of some runs are still to be read. */
  readonly isMissingExtremes: boolean
  /** All that match, where they are grouped. */
  readonly groups?: RunGroups | undefined
  /** Where nothing was found: what would be, without one of the clauses. */
  readonly looser: readonly LooserFilter[]
}

/** @throws INVALID_PARAMETER_VALUE the filter is wrong. @throws RESOURCE_DOES_NOT_EXIST one of the experiments is not there */
export async function readRunsStanding(ctx: Context, query: RunsQuery): Promise<RunsStanding> {
  const { experimentIds, words, sort, isFlat, isOfDeleted } = query
  const isNested = words === '' && !sort && !isFlat && !isOfDeleted
  const filter = filterOfWords(words, 'attributes.run_name')
  const nowMs = ctx.now()
  const view = isOfDeleted ? 'DELETED_ONLY' : 'ACTIVE_ONLY'
  const [experiments, found, counts] = await Promise.all([
    getExperiments(ctx, experimentIds),
    findRunKeys(ctx, {
      experimentIds,
      ...{ filter, nowMs },
      orderBy: orderByOf(query),
      view,
      isOfRoots: isNested,
      maxResults: pageSize,
      pageToken: query.after,
    }),
    countRuns(ctx, experimentIds),
  ])
  const isEmpty = found.items.length === 0 && query.after === undefined
  const looser = isEmpty
    ? await listLooserRunFilters(ctx, { experimentIds, filter, nowMs, view })
    : []
  const [keys, matches] = await Promise.all([
    readRunKeys(ctx.db, found.items, keysMax),
    words === '' || isEmpty ? undefined : countMatches(ctx, { experimentIds, filter, nowMs, view }),
  ])
  const columns =
    query.columns.length > 0 ? query.columns : defaultColumns(query, keys, experiments)
  const rows = await readRunTree(ctx, query, {
    found: found.items,
    columns: runColumnsOf(columns),
  })
  const versions = await readVersionsOfRuns(
    ctx,
    rows.map(({ run }) => run.info.runId),
  )
  return {
    experiments,
    better: directionsOf([], experiments),
    total: sumRuns(counts),
    matches,
    rows,
    isNested,
    columns,
    keys,
    versions,
    next: found.nextPageToken,
    isMissingExtremes: hasExtremes(query) && (await areExtremesMissing(ctx.db)),
    looser,
    groups:
      query.group === undefined
        ? undefined
        : await readRunGroups(ctx, {
            ...{ by: query.group, columns, sort },
            search: { experimentIds, filter, nowMs, view },
          }),
  }
}

/** Runs of all that was counted. */
export function sumRuns(counts: ReadonlyMap<number, RunCount>): number {
  return [...counts.values()].reduce((sum, { runs }) => sum + runs, 0)
}

/** What everybody looks at, the metrics that tags of the experiments name, and what differs between these runs. */
function defaultColumns(
  { experimentIds }: RunsQuery,
  { metrics, params }: RunKeys,
  experiments: readonly Experiment[],
): string[] {
  const chosen = new Set(experiments.map(chosenMetricOf))
  const most = (keys: readonly RunKey[]) =>
    keys
      .toSorted(
        (a, b) =>
          Number(chosen.has(b.key)) - Number(chosen.has(a.key)) ||
          Number(b.values > 1) - Number(a.values > 1),
      )
      .slice(0, defaultsMax)
      .map(({ key }) => key)
  return [
    ...(experimentIds.length > 1 ? ['experiment'] : []),
    'start',
    'took',
    'status',
    ...most(metrics).map((key) => metricColumn(key)),
    ...most(params).map((key) => `p.${key}`),
    'versions',
  ]
}
