import type { Context } from '../../../platform/context.ts'
import {
  countChildRuns,
  findActiveKeys,
  findChildKeys,
  parentTag,
} from '../../../tracking/runs/nested-runs.ts'
import type { RunCells, RunColumns } from '../../../tracking/runs/run-cells.ts'
import { readRunCells } from '../../../tracking/runs/run-cells.ts'
import type { RunsQuery } from './run-query.ts'

/** A run in a table, beneath the run of which it is a part, where that is open. */
export type NestedRow = {
  readonly run: RunCells
  readonly depth: number
  /** Active runs that are parts of it, and how many of these are shown. */
  readonly children: number
  readonly shown: number
  /** It is here for what is beneath it, and was not found itself. */
  readonly isDimmed: boolean
}

type Tree = {
  /** Keys of the runs that were found, in their order. */
  readonly found: readonly number[]
  readonly columns: RunColumns
}

/** What was found as rows, with the parts of runs that are open beneath them, at any depth. */
export async function readRunTree(
  ctx: Context,
  { experimentIds, open, sort, isFlat, words }: RunsQuery,
  { found, columns }: Tree,
): Promise<readonly NestedRow[]> {
  const opened: ReadonlyMap<string, readonly number[]> =
    open.length === 0 ? new Map() : await findChildKeys(ctx, experimentIds, open)
  const keys = [...new Set([...found, ...[...opened.values()].flat()])]
  const wanted = { ...columns, tags: [...new Set([...columns.tags, parentTag])] }
  const cells = await readRunCells(ctx.db, keys, wanted)
  const byKey = new Map(cells.map((run) => [run.info.id, run]))
  const runs = found.flatMap((key) => byKey.get(key) ?? [])
  // Who asks for the parts of a run knows what they are parts of.
  const isAlone = sort || isFlat || words.includes(parentTag)
  const parents = isAlone ? [] : await readParents(ctx, { experimentIds, runs, columns: wanted })
  const children = await countChildRuns(
    ctx,
    experimentIds,
    [...cells, ...parents].map(({ info }) => info.runId),
  )
  const childrenOf = ({ info }: RunCells): RunCells[] =>
    (opened.get(info.runId) ?? []).flatMap((key) => byKey.get(key) ?? [])
  const rowsBelow = (run: RunCells, depth: number, above: readonly RunCells[]): NestedRow[] => {
    // Tags may make a circle.
    const below = above.includes(run) ? [] : childrenOf(run)
    return [
      {
        ...{ run, depth, shown: below.length, isDimmed: false },
        children: children.get(run.info.runId) ?? 0,
      },
      ...below.flatMap((child) => rowsBelow(child, depth + 1, [...above, run])),
    ]
  }
  const parentOf = new Map(parents.map((run) => [run.info.runId, run]))
  const parentFor = (run: RunCells) => parentOf.get(run.tags.get(parentTag) ?? '')
  const beneathOf = Map.groupBy(runs, parentFor)
  return runs.flatMap((run) => {
    const parent = parentFor(run)
    if (!parent) return rowsBelow(run, 0, [])
    const beneath = beneathOf.get(parent) ?? []
    // The parent stands where the first of them was found.
    if (beneath[0] !== run) return []
    return [
      {
        ...{ run: parent, depth: 0, shown: 0, isDimmed: true },
        children: children.get(parent.info.runId) ?? 0,
      },
      ...beneath.flatMap((one) => rowsBelow(one, 1, [])),
    ]
  })
}

/** Active runs of which these are parts and which are not among them. */
async function readParents(
  ctx: Context,
  {
    experimentIds,
    runs,
    columns,
  }: {
    readonly experimentIds: readonly number[]
    readonly runs: readonly RunCells[]
    readonly columns: RunColumns
  },
): Promise<readonly RunCells[]> {
  const found = new Set(runs.map(({ info }) => info.runId))
  const named = runs.flatMap(({ tags }) => tags.get(parentTag) ?? [])
  const missing = [...new Set(named)].filter((runId) => !found.has(runId))
  if (missing.length === 0) return []
  const keys = await findActiveKeys(ctx, experimentIds, missing)
  return readRunCells(ctx.db, keys, columns)
}
