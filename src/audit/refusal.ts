import { type SQL, sql } from 'drizzle-orm'
import { type Blocked, BlockedError, excerpt, type RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { commit, entryStatement } from './commit.ts'

/** A refused call that would have changed something, and the model and version that it named. */
export type Refusal = {
  readonly operation: string
  readonly error: RegistryError
  readonly model?: string | undefined
  readonly version?: number | undefined
}

/** In this time the same refusal makes one entry, and one principal makes at most so many. */
const refusalsWindowMs = 60_000
const refusalsMax = 30
const nameCharsMax = 500
const gatesMax = 50

/**
 * Add a refused attempt to the audit log. Entries are limited, so that refused callers cannot fill the
 * database: within a minute, equal attempts make one entry, and one principal makes `refusalsMax`. All
 * callers whose names are only claimed count as one principal, since they can claim any name.
 */
export async function recordRefusal(ctx: Context, refusal: Refusal): Promise<void> {
  const { operation, error } = refusal
  const blocked = error instanceof BlockedError ? error.blocked : undefined
  const { model: named, version } = blocked ?? refusal
  const model = named === undefined ? null : excerpt(named, nameCharsMax)
  const gates = failedGates(blocked)
  await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'request.refused',
      model: sql`${model}`,
      version: sql`${version ?? null}`,
      promotion: sql`${blocked?.promotionId ?? null}`,
      after: sql`json_patch(json_object('operation', ${operation}, 'error_code', ${error.code},
        'message', ${excerpt(error.message, 1000)}), json_object('gates', json(${gates})))`,
      from: sql`(select 1) where not exists (${recentRefusalsSql(
        ctx,
        sql`json_extract(actor, '$.name') = ${ctx.principal.name} and model is ${model}
          and version is ${version ?? null} and json_extract(after, '$.operation') = ${operation}
          and json_extract(after, '$.error_code') = ${error.code}
          and json_extract(after, '$.gates') is ${gates}`,
      )}) and (select count(*) from (${recentRefusalsSql(ctx, isSameCallerSql(ctx))})) < ${refusalsMax}`,
    }),
  })
}

/** JSON of a bounded length; null where no gate failed. */
function failedGates(blocked: Blocked | undefined): string | null {
  if (!blocked?.failedGates.length) return null
  const gates = blocked.failedGates.slice(0, gatesMax)
  return JSON.stringify(gates.map((gate) => ({ ...gate, detail: excerpt(gate.detail, 300) })))
}

/** Refusals of the last minute. The action is spelled out: a partial index is on it. */
function recentRefusalsSql(ctx: Context, which: SQL): SQL {
  return sql`select 1 from audit_entries where action = 'request.refused'
    and at_ms > ${ctx.now() - refusalsWindowMs} and ${which}`
}

function isSameCallerSql({ principal }: Context): SQL {
  const isVerified = sql`json_extract(actor, '$.verified')`
  return principal.verified
    ? sql`${isVerified} and json_extract(actor, '$.name') = ${principal.name}`
    : sql`not ${isVerified}`
}
