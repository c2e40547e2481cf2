import type { Run } from '../../../tracking/run.ts'
import type { RunCells } from '../../../tracking/runs/run-cells.ts'
import { metricIn } from '../../../tracking/runs/run-columns.ts'
import { directionsOf } from '../../parts/directions.ts'
import { isOwnTag } from '../../parts/own-tags.ts'
import type { ComparedFigure } from './compare-query.ts'

const better = directionsOf([])

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

/** A row of a metric with another figure of each run; the best is the latest where no name says which that is. */
export function figureRow(
  { key, values }: ComparedRow<number>,
  figure: Exclude<ComparedFigure, 'last'>,
  runs: readonly Pick<RunCells, 'metrics' | 'extremes'>[],
): ComparedRow<number> {
  const direction = better(key)
  if (figure === 'best' && direction === undefined) return { key, values }
  const which = figure === 'best' ? (direction === 'down' ? 'min' : 'max') : figure
  return { key, values: runs.map((run) => metricIn(run, { key, figure: which })) }
}

/** Whether all runs have the same value. */
export function isEqualRow({ values }: ComparedRow<string | number>): boolean {
  return values.every((value) => Object.is(value, values[0]))
}
