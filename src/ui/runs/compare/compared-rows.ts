import { chosenMetricOf } from '../../../find/chosen-metric.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import type { Run } from '../../../tracking/run.ts'
import type { RunCells } from '../../../tracking/runs/run-cells.ts'
import { metricIn } from '../../../tracking/runs/run-columns.ts'
import type { Directions } from '../../parts/directions.ts'
import { isOwnTag, isSystemMetric } from '../../parts/own-tags.ts'
import type { ComparedFigure } from './compare-query.ts'

/** One name, and the value that each run has for it. */
export type ComparedRow<T> = { readonly key: string; readonly values: readonly (T | undefined)[] }

export type ComparedRows = {
  readonly metrics: readonly ComparedRow<number>[]
  readonly params: readonly ComparedRow<string>[]
  readonly tags: readonly ComparedRow<string>[]
}

/** What runs logged, side by side, by name. Tags that clients set by themselves are left out. */
export function rowsOf(runs: readonly Run[]): ComparedRows {
  return {
    metrics: rowsBy(runs.map(({ metrics }) => metrics)),
    params: rowsBy(runs.map(({ params }) => params)),
    tags: rowsBy(runs.map(({ tags }) => tags.filter(isOwnTag))),
  }
}

function rowsBy<T>(lists: readonly (readonly { key: string; value: T }[])[]): ComparedRow<T>[] {
  const byKey = lists.map((list) => new Map(list.map(({ key, value }) => [key, value])))
  const keys = new Set(byKey.flatMap((values) => [...values.keys()]))
  return [...keys].sort().map((key) => ({ key, values: byKey.map((values) => values.get(key)) }))
}

type FigureOptions = {
  readonly direction: ReturnType<Directions>
  readonly runs: readonly Pick<RunCells, 'metrics' | 'extremes'>[]
}

/** A row of a metric with another figure of each run; the best is the latest where nobody says which that is. */
export function figureRow(
  { key, values }: ComparedRow<number>,
  figure: Exclude<ComparedFigure, 'last'>,
  { direction, runs }: FigureOptions,
): ComparedRow<number> {
  if (figure === 'best' && direction === undefined) return { key, values }
  const which = figure === 'best' ? (direction === 'down' ? 'min' : 'max') : figure
  return { key, values: runs.map((run) => metricIn(run, { key, figure: which })) }
}

/** The best of the values of a metric; undefined: nobody says which way it is better, or all are equal. */
export function bestOf(
  row: ComparedRow<string | number>,
  direction: ReturnType<Directions>,
): number | undefined {
  const numbers = row.values.filter((value) => typeof value === 'number' && !Number.isNaN(value))
  if (direction === undefined || numbers.length < 2 || isEqualRow(row)) return undefined
  return direction === 'up' ? Math.max(...numbers.map(Number)) : Math.min(...numbers.map(Number))
}

/** Which runs are the best by a metric: several where they are equal. */
export type BestRuns = { readonly title: string; readonly runIds: readonly string[] }

/** @param runs in the order of the row */
export function bestRunsOf(
  row: ComparedRow<string | number>,
  {
    title,
    direction,
    runs,
  }: { readonly title: string } & {
    readonly direction: ReturnType<Directions>
    readonly runs: readonly { readonly runId: string }[]
  },
): BestRuns | undefined {
  const best = bestOf(row, direction)
  if (best === undefined) return undefined
  const runIds = runs.flatMap(({ runId }, i) => (row.values[i] === best ? [runId] : []))
  return { title, runIds }
}

/** Rows of metrics in which a run is worse than the first come first; within both parts the order stays. */
export function regressedFirst<T extends ComparedRow<string | number>>(
  rows: readonly T[],
  better: Directions,
): readonly T[] {
  const regressed = new Set(rows.filter((row) => isRegressed(row, better(row.key))))
  return [...regressed, ...rows.filter((row) => !regressed.has(row))]
}

/** NaN is worse than any number. */
function isRegressed(
  { values: [base, ...others] }: ComparedRow<string | number>,
  direction: ReturnType<Directions>,
): boolean {
  if (direction === undefined || typeof base !== 'number' || Number.isNaN(base)) return false
  return others.some(
    (value) =>
      typeof value === 'number' && (direction === 'up' ? !(value >= base) : !(value <= base)),
  )
}

/** Whether all runs have the same value. */
export function isEqualRow({ values }: ComparedRow<string | number>): boolean {
  return values.every((value) => Object.is(value, values[0]))
}

/**
 * A metric that a tag of the experiments names; else the one that makes most lines: that most runs have, at more
 * steps than the first, and that differs. Those of the machine come last.
 */
export function chartedKey(
  { metrics }: ComparedRows,
  {
    runs,
    experiments,
  }: { readonly runs: readonly Run[]; readonly experiments: readonly Experiment[] },
): string | undefined {
  const chosen = experiments
    .map(chosenMetricOf)
    .find((one) => metrics.some(({ key }) => key === one))
  if (chosen !== undefined) return chosen
  const lines = linesByKey(runs)
  const worth = (row: ComparedRows['metrics'][number]) =>
    (isSystemMetric(row.key) ? -10 * runs.length : 0) +
    row.values.filter((value) => value !== undefined).length +
    2 * (lines.get(row.key) ?? 0) +
    (isEqualRow(row) ? 0 : 0.5)
  return metrics.toSorted((a, b) => worth(b) - worth(a))[0]?.key
}

/** How many runs logged a metric last at another step than 0; how many points that are, only the history knows. */
function linesByKey(runs: readonly Run[]): ReadonlyMap<string, number> {
  const lines = new Map<string, number>()
  for (const { key, step } of runs.flatMap(({ metrics }) => metrics)) {
    if (Number(step) !== 0) lines.set(key, (lines.get(key) ?? 0) + 1)
  }
  return lines
}
