import type { Run } from '../../../tracking/run.ts'
import { isOwnTag } from '../../parts/own-tags.ts'

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

/** Whether all runs have the same value. */
export function isEqualRow({ values }: ComparedRow<string | number>): boolean {
  return values.every((value) => Object.is(value, values[0]))
}
