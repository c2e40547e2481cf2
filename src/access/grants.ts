import { sql } from 'drizzle-orm'
import { commit, record } from '../audit/record.ts'
import { excerpt, invalid, notFound, RegistryError } from '../core/error.ts'
import { ConstraintError } from '../db/database.ts'
import type { Context } from '../platform/context.ts'
import type { Right } from './rights.ts'
import type { grants } from './tables.ts'

/** A right beyond MLflow's permissions, as somebody was given it. */
export type Grant = {
  readonly id: number
  /** `user:ada`, `group:release`, `service:trainer`. */
  readonly principal: string
  readonly action: Right
  /** A glob of model names. */
  readonly models: string
  /** Globs; of `promote` and `approve` at most one of the two. */
  readonly stage: string | undefined
  readonly alias: string | undefined
  readonly createdBy: string
  readonly createdAtMs: number
}

export type NewGrant = Pick<Grant, 'principal' | 'action' | 'models' | 'stage' | 'alias'>

type Row = typeof grants.$inferSelect

const grantJson = sql`json_object('id', cast(g.id as text), 'principal', g.principal,
  'action', g.action, 'models', g.models, 'stage', nullif(g.stage, ''), 'alias', nullif(g.alias, ''))`

/**
 * Give a right. Whoever it is for need not be there yet.
 *
 * @throws INVALID_PARAMETER_VALUE a principal of no kind, or a place where the right has none
 * @throws RESOURCE_ALREADY_EXISTS it is given already
 */
export async function createGrant(ctx: Context, wanted: NewGrant): Promise<Grant> {
  const principal = checkPrincipal(wanted.principal)
  const { action, models, stage = '', alias = '' } = wanted
  if (stage !== '' && alias !== '') throw invalid('A grant names a stage or an alias, not both')
  if (action === 'promote' && stage === '' && alias === '') {
    throw invalid("A grant of 'promote' names a stage or an alias; '*' stands for all of them")
  }
  if (action !== 'promote' && (stage !== '' || alias !== '')) {
    throw invalid(`A grant of '${action}' is for whole models; leave out 'stage' and 'alias'`)
  }
  const mine = sql`g.workspace = ${ctx.workspace} and g.principal = ${principal}
    and g.action = ${action} and g.models = ${models} and g.stage = ${stage} and g.alias = ${alias}`
  try {
    const [rows] = await commit(ctx, [
      sql`insert into grants (workspace, principal, action, models, stage, alias, created_by,
          created_at_ms)
        values (${ctx.workspace}, ${principal}, ${action}, ${models}, ${stage}, ${alias},
          ${ctx.principal.name}, ${ctx.now()})
        returning *`,
      record(ctx, { action: 'grant.created', after: grantJson, from: sql`grants g where ${mine}` }),
    ])
    // The insert returned its own row, or the batch failed.
    const [row] = rows as [Row]
    return grantFrom(row)
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.kind !== 'unique') throw err
    throw new RegistryError(
      'RESOURCE_ALREADY_EXISTS',
      `'${excerpt(principal)}' has this grant of '${action}' for '${excerpt(models)}' already`,
      { cause: err },
    )
  }
}

/** The first `count` grants after `after`, by id. */
export async function listGrants(ctx: Context, after: number, count: number): Promise<Grant[]> {
  const rows = await ctx.db.all<Row>(sql`select * from grants
    where workspace = ${ctx.workspace} and id > ${after} order by id limit ${count}`)
  return rows.map(grantFrom)
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function deleteGrant(ctx: Context, id: number): Promise<void> {
  const which = sql`g.workspace = ${ctx.workspace} and g.id = ${id}`
  const [, deleted] = await commit(ctx, [
    record(ctx, { action: 'grant.deleted', before: grantJson, from: sql`grants g where ${which}` }),
    sql`delete from grants where workspace = ${ctx.workspace} and id = ${id} returning id`,
  ])
  if (!deleted?.length) throw notFound('Grant', String(id))
}

function grantFrom(row: Row): Grant {
  return {
    id: row.id,
    principal: row.principal,
    // Only rights are ever written.
    action: row.action as Right,
    models: row.models,
    stage: row.stage || undefined,
    alias: row.alias || undefined,
    createdBy: row.created_by,
    createdAtMs: row.created_at_ms,
  }
}

/** `ada` alone is a user. */
function checkPrincipal(text: string): string {
  const match = /^(?:(user|group|service):)?([^:]+)$/.exec(text)
  if (!match?.[2]) {
    throw invalid(
      `Invalid principal '${excerpt(text)}': write user:NAME, group:NAME or service:NAME`,
    )
  }
  return match[1] ? text : `user:${text}`
}
