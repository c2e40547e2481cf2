import { type SQL, sql } from 'drizzle-orm'
import { isPromptModel } from '../access/permissions/permitted.ts'
import { entryStatement, type NewEntry } from '../audit/commit.ts'
import { placeKey } from '../core/place.ts'
import type { Context } from '../platform/context.ts'

/** What happened, and what its entry keeps beside the model and the version that it is about. */
type EntryDetail = Pick<
  NewEntry,
  'action' | 'version' | 'before' | 'after' | 'reason' | 'promotion' | 'approvers'
> & {
  /** The entry is added only if this is true; absent: whenever the row exists. */
  readonly guard?: SQL | undefined
}

/** The condition under which something moves, and what its entry adds. */
export type MoveTerms = Pick<NewEntry, 'reason' | 'promotion' | 'approvers'> & {
  readonly guard?: SQL | undefined
  /** The move happens although gates or approvals block it. */
  readonly breakGlass?: boolean | undefined
}

/**
 * The object `after` of a move: marked where it was made by break-glass, and with the approval of the
 * version for the place that it enters, if there is one.
 */
export function moveJson(after: SQL, place: string, breakGlass = false): SQL {
  const status = sql`(select a.status from version_approvals a
    where a.model_version = v.id and a.place = ${placeKey(place)} and a.stands = 1)`
  return breakGlass
    ? sql`json_set(${after}, '$.break_glass', json('true'), '$.approval_status', 'PendingManualApproval')`
    : sql`json_patch(${after}, json_object('approval_status', ${status}))`
}

/** What an entry says of the model that it is about: `m` is the model's row. */
export const ofModel = {
  registeredModel: sql`m.id`,
  model: sql`m.name`,
  isPrompt: isPromptModel,
} as const

/** What an entry says of the version that it is about: `v` is its row, `m` its model's. */
export const ofVersion = { ...ofModel, version: sql`v.version` } as const

/**
 * The statement that appends an entry about a model to the audit log.
 *
 * @param id a select of `registered_models.id`; where it finds none there is no entry
 * @param detail its expressions may name the model's row as `m`
 */
export function modelEntry(ctx: Context, id: SQL, { guard = sql`1`, ...detail }: EntryDetail): SQL {
  return entryStatement(ctx, {
    ...detail,
    ...ofModel,
    from: sql`registered_models m where m.id = (${id}) and ${guard}`,
  })
}

/**
 * The statement that appends an entry about a version to the audit log.
 *
 * @param id a select of `model_versions.id`; where it finds none there is no entry
 * @param detail its expressions may name the version's row as `v` and its model's as `m`
 */
export function versionEntry(
  ctx: Context,
  id: SQL,
  { guard = sql`1`, ...detail }: EntryDetail,
): SQL {
  return entryStatement(ctx, {
    ...detail,
    ...ofVersion,
    from: sql`model_versions v join registered_models m on m.id = v.registered_model
      where v.id = (${id}) and ${guard}`,
  })
}

/** Values with more bytes in all are brief at once: no entry has them whole, and none their digest. */
const mapBytesMax = 1_000_000
const beginsChars = 200

/**
 * A JSON object of the rows of a select of `key` and `value`; where they are very large, what stands
 * in an entry for it (`Brief`), made without the object: one statement would block everybody meanwhile.
 */
export function jsonMap(rows: SQL): SQL {
  return sql`case when (select total(octet_length(value)) from (${rows})) <= ${mapBytesMax}
    then (select json_group_object(key, value) from (${rows}))
    else json_object('begins', (select substr(json_group_object(key, substr(value, 1, ${beginsChars})),
        1, ${beginsChars}) from (${rows})),
      'length', (select 1 + sum(length(json_quote(key)) + length(json_quote(value)) + 2) from (${rows})))
    end`
}
