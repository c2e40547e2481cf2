import { type SQL, sql } from 'drizzle-orm'
import { type Blocked, BlockedError, excerpt, type RegistryError } from '../core/error.ts'
import { anonymous, principalText } from '../core/principal.ts'
import type { Context, Platform } from '../platform/context.ts'
import { systemContext } from '../platform/context.ts'
import { commit, entryStatement } from './commit.ts'
import { isPrivileged, privilegedOperations } from './privileged-operations.ts'

/** A refused call that would have changed something, and the model and version that it named. */
export type Refusal = {
  readonly operation: string
  readonly error: RegistryError
  readonly model?: string | undefined
  readonly version?: number | undefined
  /** There is a model of this name. */
  readonly isKnownModel: boolean
}

/** In this time equal attempts make one entry, and one caller makes at most so many. */
const refusalsWindowMs = 60_000
const refusalsMax = 30
/** The same for all callers together whose names are only claimed: they can claim any name. */
const claimedRefusalsMax = 300
/** Callers with claimed names that are counted each by itself. */
const claimedCountsMax = 100
const nameCharsMax = 500
const gatesMax = 50

/**
 * Add a refused attempt to the audit log. Entries are limited, so that refused callers cannot fill the
 * database: within a minute, equal attempts make one entry, and a caller makes `refusalsMax`. Each
 * privileged operation has a budget of its own, on each model, so that other attempts never hide it.
 * What makes no entry is counted, and the count becomes an entry.
 */
export async function recordRefusal(ctx: Context, refusal: Refusal): Promise<void> {
  const { operation, error } = refusal
  const blocked = error instanceof BlockedError ? error.blocked : undefined
  const { model: named, version } = blocked ?? refusal
  const model = named === undefined ? null : excerpt(named, nameCharsMax)
  const gates = failedGates(blocked)
  const budget = budgetSql({ ...refusal, isKnownModel: refusal.isKnownModel || !!blocked }, model)
  await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'request.refused',
      model: sql`${model}`,
      version: sql`${version ?? null}`,
      promotion: sql`${blocked?.promotionId ?? null}`,
      after: sql`json_patch(json_object('operation', ${operation}, 'error_code', ${error.code},
        'message', ${excerpt(blocked?.message ?? error.message, 1000)}), json_object('gates', json(${gates})))`,
      from: sql`(select 1) where not exists (${recentRefusalsSql(
        ctx,
        sql`${isCallerSql(ctx)} and model is ${model}
          and version is ${version ?? null} and json_extract(after, '$.operation') = ${operation}
          and json_extract(after, '$.error_code') = ${error.code}
          and json_extract(after, '$.gates') is ${gates}`,
      )}) and ${hasRoomSql(ctx, budget)}`,
    }),
    counted: countStatement(ctx, { operation, code: error.code, model, version }),
  })
}

/** JSON of a bounded length; null where no gate failed. */
function failedGates(blocked: Blocked | undefined): string | null {
  if (!blocked?.failedGates.length) return null
  const gates = blocked.failedGates.slice(0, gatesMax)
  return JSON.stringify(gates.map((gate) => ({ ...gate, detail: excerpt(gate.detail, 300) })))
}

/** Which entries share a budget with this one. */
function budgetSql({ operation, isKnownModel }: Refusal, model: string | null): SQL {
  const own = sql`json_extract(after, '$.operation')`
  if (!isPrivileged(operation)) {
    return sql`${own} not in (select value from json_each(${JSON.stringify(privilegedOperations)}))`
  }
  return isKnownModel
    ? sql`${own} = ${operation} and model is ${model}`
    : sql`${own} = ${operation}`
}

/** Whether the caller may make another entry. */
function hasRoomSql(ctx: Context, budget: SQL): SQL {
  const count = (which: SQL) =>
    sql`(select count(*) from (${recentRefusalsSql(ctx, sql`${which} and ${budget}`)}))`
  const hasRoom = sql`${count(isCallerSql(ctx))} < ${refusalsMax}`
  if (ctx.principal.verified) return hasRoom
  return sql`${hasRoom} and ${count(sql`not ${isVerified}`)} < ${claimedRefusalsMax}`
}

/**
 * Refusals of the last minute, without counts. The index is named, and the action spelled out since the
 * index is on part of the table: left to itself SQLite reads all refusals there ever were.
 */
function recentRefusalsSql(ctx: Context, which: SQL): SQL {
  return sql`select 1 from audit_entries indexed by audit_entries_refused
    where action = 'request.refused'
    and at_ms > ${ctx.now() - refusalsWindowMs} and json_extract(after, '$.more') is null and ${which}`
}

const isVerified = sql`json_extract(actor, '$.verified')`

function isCallerSql({ principal: { name, verified } }: Context): SQL {
  return sql`${isVerified} = ${verified} and json_extract(actor, '$.name') = ${name}`
}

type Counted = {
  readonly operation: string
  readonly code: string
  readonly model: string | null
  readonly version: number | undefined
}

/** The statement that counts an attempt which made no entry, behind the one that would have added it. */
function countStatement(ctx: Context, { operation, code, model, version }: Counted): SQL {
  const { principal, workspace } = ctx
  const now = ctx.now()
  const isLumped = sql`(not ${principal.verified} and not exists (select 1 from refusal_counts
      where not verified and name = ${principal.name})
    and (select count(distinct name) from refusal_counts where not verified) >= ${claimedCountsMax})`
  return sql`insert into refusal_counts (workspace, verified, name, actor, operation, error_code,
      model, version, count, first_at_ms, last_at_ms)
    select ${workspace}, ${principal.verified}, iif(c.lumped, ${anonymous.name}, ${principal.name}),
      iif(c.lumped, ${principalText(anonymous)}, ${principalText(principal)}), ${operation}, ${code},
      ${model}, ${version ?? null}, 1, ${now}, ${now}
    from (select ${isLumped} as lumped) c
    where not exists (${recentRefusalsSql(ctx, sql`request_id = ${ctx.requestId}`)})
    on conflict (workspace, verified, name, operation, error_code) do update set count = count + 1,
      last_at_ms = max(last_at_ms, excluded.last_at_ms),
      version = iif(model is excluded.model and version is excluded.version, version, null),
      model = iif(model is excluded.model, model, null)`
}

/**
 * Write the counts of attempts that made no entry to the audit log, each a minute after its first
 * attempt. The counts are in the database, so that a restart loses none.
 */
export async function writeRefusalCounts(platform: Platform): Promise<void> {
  const isDue = sql`c.first_at_ms <= ${platform.now() - refusalsWindowMs}`
  const due = await platform.db.first(sql`select 1 from refusal_counts c where ${isDue} limit 1`)
  if (!due) return
  await commit(systemContext(platform), {
    entries: entryStatement(systemContext(platform), {
      action: 'request.refused',
      workspace: sql`c.workspace`,
      actor: sql`c.actor`,
      model: sql`c.model`,
      version: sql`c.version`,
      after: sql`json_object('operation', c.operation, 'error_code', c.error_code,
        'message', c.count || ' more refused', 'more', c.count,
        'first_at', c.first_at_ms, 'last_at', c.last_at_ms)`,
      from: sql`refusal_counts c where ${isDue} order by c.first_at_ms, c.id`,
    }),
    written: sql`delete from refusal_counts as c where ${isDue}`,
  })
}
