import type { Context } from '../../../platform/context.ts'
import { type Experiment, getExperiments } from '../../../tracking/experiments/experiment.ts'
import {
  listKeysOfRuns,
  type RunKey,
  type RunKeys,
  readRunKeys,
} from '../../../tracking/runs/run-cells.ts'
import {
  metricColumn,
  namedColumn,
  runColumnsOf,
  valueIn,
} from '../../../tracking/runs/run-columns.ts'
import { type RunPoint, readRunPoints } from '../../../tracking/runs/run-points.ts'
import { findRunKeys } from '../../../tracking/runs/search-runs.ts'
import type { AxisValue } from '../../charts/value-axis.ts'
import { type ComparedQuery, type ComparedView, comparedFilter } from './compare-query.ts'

/** So many runs each view shows. */
export const comparedMax: Readonly<Record<ComparedView, number>> = {
  diff: 100,
  charts: 100,
  parallel: 2000,
  scatter: 20_000,
}

/** Runs whose names of metrics and params are offered. */
const namedRuns = 100
const namesMax = 200

/** The runs that are compared, by their keys. */
export type ComparedRuns = {
  readonly keys: readonly number[]
  /** More match than the view shows. */
  readonly isCut: boolean
  /** Names that the first of them have values for. */
  readonly offered: RunKeys
}

/** @throws INVALID_PARAMETER_VALUE the filter is wrong */
export async function readCompared(ctx: Context, query: ComparedQuery): Promise<ComparedRuns> {
  const { keys, isCut } = await findCompared(ctx, query)
  return { keys, isCut, offered: await readRunKeys(ctx.db, keys.slice(0, namedRuns), namesMax) }
}

async function findCompared(ctx: Context, query: ComparedQuery) {
  const { ids, experimentIds, view } = query
  if (ids.length > 0) return { keys: await listKeysOfRuns(ctx, ids), isCut: false }
  if (experimentIds.length === 0) return { keys: [], isCut: false }
  const { items, nextPageToken } = await findRunKeys(ctx, {
    experimentIds,
    filter: comparedFilter(query),
    nowMs: ctx.now(),
    orderBy: [],
    maxResults: comparedMax[view],
  })
  return { keys: items, isCut: nextPageToken !== undefined }
}

/** What every view knows of a run. */
export type ComparedRun = Pick<RunPoint, 'runId' | 'experimentId' | 'name'>

/** A run with the values that a drawing is made of. */
export type DrawnRun = ComparedRun & {
  readonly values: ReadonlyMap<string, AxisValue>
}

/** @param columns as addresses spell them */
export async function readDrawn(
  ctx: Context,
  keys: readonly number[],
  columns: readonly string[],
): Promise<DrawnRun[]> {
  const named = columns.flatMap((column) => {
    const found = namedColumn(column)
    return found ? [{ column, found }] : []
  })
  const points = await readRunPoints(ctx.db, keys, runColumnsOf(columns))
  return points.map((point) => ({
    runId: point.runId,
    experimentId: point.experimentId,
    name: point.name,
    values: new Map(named.map(({ column, found }) => [column, valueIn(point, found)])),
  }))
}

/** Those of the runs, in the order of their ids. */
export function readExperimentsOf(
  ctx: Context,
  runs: readonly Pick<ComparedRun, 'experimentId'>[],
): Promise<readonly Experiment[]> {
  return getExperiments(ctx, [...new Set(runs.map(({ experimentId }) => experimentId))])
}

/** Columns that tell the runs apart, params first; and the metric that most of them have. */
export function differingColumns({ metrics, params }: RunKeys): {
  readonly params: readonly string[]
  readonly metrics: readonly string[]
} {
  const ranked = (keys: readonly RunKey[]) =>
    keys.toSorted((a, b) => Number(b.values > 1) - Number(a.values > 1) || b.runs - a.runs)
  return {
    params: ranked(params)
      .filter(({ values }) => values > 1)
      .map(({ key }) => `p.${key}`),
    metrics: ranked(metrics).map(({ key }) => metricColumn(key)),
  }
}
