import type { Context } from '../../platform/context.ts'
import { stageKey } from '../../registry/stages/stages.ts'
import { findModelAt, type Holder, readHolders } from './holders.ts'
import type { ModelThen } from './model-then.ts'
import { readAliasesThen, readBoardThen } from './stage-log.ts'

/** What was in each stage of a model at a moment, from the audit log alone. */
export type BoardThen = {
  readonly model: ModelThen
  /** In no order; a stage without versions is left out. */
  readonly stages: readonly StageColumnThen[]
  /** By their names, the first 200. */
  readonly aliases: readonly { readonly alias: string; readonly version: number }[]
  readonly hasMoreAliases: boolean
}

export type StageColumnThen = {
  /** As the log spells it; it may have been removed since. */
  readonly stage: string
  readonly count: number
  /** The highest numbers first. */
  readonly newest: readonly Holder[]
}

/** Aliases that are told. */
const aliasesMax = 200

/**
 * @param name that the model had then
 * @param when.shownMax so many versions of each stage
 * @throws RESOURCE_DOES_NOT_EXIST no such model at that time; INVALID_PARAMETER_VALUE the log begins later
 * @throws PERMISSION_DENIED the caller may not read the model of that time
 */
export async function findBoardThen(
  ctx: Context,
  name: string,
  { atMs, shownMax }: { readonly atMs: number; readonly shownMax: number },
): Promise<BoardThen> {
  const model = await findModelAt(ctx, name, atMs)
  const [rows, aliases] = await Promise.all([
    readBoardThen(ctx, model, shownMax),
    readAliasesThen(ctx, model, aliasesMax + 1),
  ])
  const placed = rows.map((row) => ({ ...row.placed, model }))
  const found = await readHolders(ctx, placed)
  const holders = new Map(found.map(({ holder }) => [holder.version, holder]))
  const columns = Map.groupBy(rows, ({ stage }) => stageKey(stage))
  const stages = [...columns.values()].flatMap((own) => {
    const [first] = own
    if (!first) return []
    const newest = own.flatMap(({ placed: { version } }) => holders.get(version) ?? [])
    return [{ stage: first.stage, count: first.count, newest }]
  })
  const shown = {
    aliases: aliases.slice(0, aliasesMax),
    hasMoreAliases: aliases.length > aliasesMax,
  }
  return { model, stages, ...shown }
}
