import { type SQL, sql } from 'drizzle-orm'
import { isPromptModel } from '../access/permissions/permitted.ts'
import type { Action } from '../audit/actions.ts'
import { type Entry, entryStatement } from '../audit/commit.ts'
import type { Context } from '../platform/context.ts'
import { modelId, versionId } from './ids.ts'

type Said = Pick<Entry, 'version' | 'before' | 'after' | 'reason' | 'promotion' | 'approvedBy'>

/** Under which condition something moves, and what its entry says beside it. */
export type MoveTerms = Pick<Entry, 'reason' | 'promotion' | 'approvedBy'> & {
  readonly guard?: SQL | undefined
  /** It is made whatever blocks it. */
  readonly breakGlass?: boolean | undefined
}

/** The same object, with the mark of a move by break-glass where it is one. */
export function withBreakGlass(after: SQL, breakGlass = false): SQL {
  return breakGlass ? sql`json_set(${after}, '$.break_glass', json('true'))` : after
}

/** What an entry about a model says of it: `m` is its row. */
const ofModel = { registeredModel: sql`m.id`, model: sql`m.name`, isPrompt: isPromptModel } as const

/** What an entry about a version says of it: `v` is its row, `m` its model's. */
export const ofVersion = { ...ofModel, version: sql`v.version` } as const

/**
 * The statement that records a change of the caller's model of this name; none where there is no
 * such model, or `guard` does not hold. `m` in the expressions is its row.
 */
export function modelEntry(
  ctx: Context,
  name: string,
  action: Action,
  said: Said,
  guard: SQL = sql`1`,
): SQL {
  return entryStatement(ctx, {
    ...said,
    ...ofModel,
    action,
    from: sql`registered_models m where m.id = (${modelId(ctx, name)}) and ${guard}`,
  })
}

/** As `recordModel`, of one version: `v` is its row, `m` its model's. */
export function versionEntry(
  ctx: Context,
  name: string,
  version: number,
  action: Action,
  said: Said,
  guard: SQL = sql`1`,
): SQL {
  return versionEntryOf(ctx, versionId(ctx, name, version), action, said, guard)
}

/** As `recordVersion`. @param id a select of `model_versions.id` */
export function versionEntryOf(
  ctx: Context,
  id: SQL,
  action: Action,
  said: Said,
  guard: SQL = sql`1`,
): SQL {
  return entryStatement(ctx, {
    ...said,
    ...ofVersion,
    action,
    from: sql`model_versions v join registered_models m on m.id = v.registered_model
      where v.id = (${id}) and ${guard}`,
  })
}

/** `{key: value}` of the rows of a select, which hands out `key` and `value`. */
export function jsonMap(rows: SQL): SQL {
  return sql`(select json_group_object(key, value) from (${rows}))`
}
