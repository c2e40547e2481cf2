import { type SQL, sql } from 'drizzle-orm'
import { controllerRead, controllersFrom, isOneOwner } from '../../access/accounts/controllers.ts'
import { commit } from '../../audit/commit.ts'
import { conflict, excerpt, invalid, RegistryError } from '../../core/error.ts'
import { checkLength, keepVisible } from '../../core/names.ts'
import {
  anonymous,
  type Principal,
  principalRecord,
  principalText,
  type SomeAccount,
} from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { versionEntry } from '../audit-entries.ts'
import { checkModelName, versionNotFound } from '../check-names.ts'
import { versionId } from '../ids.ts'

/** A legal hold: while it stands, nothing deletes the version. */
export type Hold = {
  readonly reason: string
  readonly placedBy: Omit<Principal, 'isAdmin' | 'accountId'> & SomeAccount
  readonly placedAtMs: number
}

type HoldRow = { reason: string; placed_by: string; placed_at_ms: number }

/** Characters of a reason: as many as the audit log shows well. */
const reasonCharsMax = 2000

/** @throws INVALID_PARAMETER_VALUE it is empty, or too long */
export function checkReason(reason: string): void {
  if (keepVisible(reason) === '') throw invalid("'reason' is empty: say why, for the audit log")
  checkLength(reason, reasonCharsMax, 'reason')
}

/** @throws RESOURCE_DOES_NOT_EXIST no such version, or no hold on it */
export async function getHold(ctx: Context, name: string, version: number): Promise<Hold> {
  checkModelName(name)
  const id = versionId(ctx, name, version)
  const { versions, holds } = await ctx.db.batch({ versions: id, holds: holdRead(id) })
  if (versions.length === 0) throw versionNotFound(name, version)
  if (!holds[0]) throw holdNotFound(name, version)
  return holdFrom(holds[0])
}

/**
 * Place a hold. If the same caller places the same hold again, nothing changes.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws RESOURCE_CONFLICT there is another hold: replacing it would let its placer lift the new
 *   one
 */
export async function placeHold(
  ctx: Context,
  name: string,
  { version, reason }: { readonly version: number; readonly reason: string },
): Promise<Hold> {
  checkModelName(name)
  checkReason(reason)
  const id = versionId(ctx, name, version)
  const { holds } = await commit(ctx, {
    entry: versionEntry(ctx, id, {
      action: 'model_version.hold_placed',
      after: sql`json_object('reason', ${reason})`,
      reason,
      guard: sql`not exists (select 1 from version_holds h where h.model_version = v.id)`,
    }),
    placed: sql`insert into version_holds (model_version, reason, placed_by, placed_at_ms)
      select id, ${reason}, ${principalText(ctx.principal)}, ${ctx.now()} from model_versions
      where id = (${id}) on conflict (model_version) do nothing`,
    holds: holdRead(id),
  })
  if (!holds[0]) throw versionNotFound(name, version)
  const hold = holdFrom(holds[0])
  if (hold.reason === reason && hold.placedBy.name === ctx.principal.name) return hold
  throw conflict(
    `Version ${version} of '${excerpt(name)}' is under a legal hold of '${excerpt(hold.placedBy.name)}' already (${excerpt(hold.reason)})`,
  )
}

/**
 * Lift the hold that somebody else placed. A service account and who controls it are one. A caller
 * without a name might be the placer, so it may place a hold but not lift one.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version, or no hold on it
 * @throws PERMISSION_DENIED the caller placed it, or has no name
 */
export async function liftHold(ctx: Context, name: string, version: number): Promise<void> {
  checkModelName(name)
  const caller = ctx.principal.name
  if (caller === anonymous.name) {
    await getHold(ctx, name, version)
    throw denied(
      'a hold is lifted by somebody with a name: sign in, or name yourself in the header X-Gatehouse-Actor',
    )
  }
  const id = versionId(ctx, name, version)
  const placer = sql`cast(h.placed_by ->> 'account' as integer)`
  const { holds, controllers } = await ctx.db.batch({
    holds: holdRead(id),
    controllers:
      controllerRead(sql`select ${placer} from version_holds h where h.model_version = (${id})
      union select ${ctx.principal.accountId ?? null}`),
  })
  const [row] = holds
  if (!row) {
    await getHold(ctx, name, version)
    throw changed(name, version)
  }
  const { placedBy } = holdFrom(row)
  // An account that was made again under the name may be the placer's too.
  const isPlacer = isOneOwner(
    principalRecord(ctx.principal),
    placedBy,
    controllersFrom(controllers),
  )
  if (isPlacer || placedBy.name === caller) {
    throw denied(`'${excerpt(placedBy.name)}' placed this hold, and somebody else must lift it`)
  }
  const isSame = sql`h.placed_by = ${row.placed_by} and h.placed_at_ms = ${row.placed_at_ms}`
  const { lifted } = await commit(ctx, {
    entry: versionEntry(ctx, id, {
      action: 'model_version.hold_lifted',
      before: sql`(select json_object('reason', h.reason, 'placed_by', json(h.placed_by),
        'placed_at', h.placed_at_ms) from version_holds h where h.model_version = v.id)`,
      guard: sql`exists (select 1 from version_holds h where h.model_version = v.id and ${isSame})`,
    }),
    lifted: sql`delete from version_holds where model_version = (select h.model_version
      from version_holds h where h.model_version = (${id}) and ${isSame})
      returning model_version`,
  })
  if (lifted.length === 1) return
  await getHold(ctx, name, version)
  throw changed(name, version)
}

/** A select of the hold of the version that `id` selects, for `holdFrom`. */
export function holdRead(id: SQL): SQL<HoldRow> {
  return sql`select reason, placed_by, placed_at_ms from version_holds where model_version = (${id})`
}

export function holdFrom(row: HoldRow): Hold {
  return {
    reason: row.reason,
    placedBy: JSON.parse(row.placed_by),
    placedAtMs: row.placed_at_ms,
  }
}

function holdNotFound(name: string, version: number): RegistryError {
  return new RegistryError(
    'RESOURCE_DOES_NOT_EXIST',
    `Version ${version} of '${excerpt(name)}' is under no legal hold`,
  )
}

function changed(name: string, version: number): RegistryError {
  return conflict(
    `The hold on version ${version} of '${excerpt(name)}' changed meanwhile; read it again`,
  )
}

function denied(why: string): RegistryError {
  return new RegistryError('PERMISSION_DENIED', `The hold was not lifted: ${why}`)
}
