import { type SQL, sql } from 'drizzle-orm'
import { conflict } from '../../core/error.ts'
import type { BatchRows } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { statusWrites } from '../../registry/versions/approval.ts'
import { type CountedRows, countedPlaces, countedReads, targetOf } from '../approval-status.ts'
import { groupPolicies, newestRevision, selectPolicies } from '../policies/policies.ts'
import { openForMs } from '../promotions/expiry.ts'
import { guardDatabase, isAborted } from './guard-database.ts'
import { withStatementsAfter } from './superseding.ts'

const attemptsMax = 10

function stateReads(ctx: Context, workspaces: SQL) {
  const models = sql`select distinct registered_model from promotions
    where workspace in (${workspaces})`
  return {
    ...countedReads(ctx, models, workspaces),
    // Also of deleted policies, which may be made again.
    made: sql<{ policy: number; at_ms: number; name: string }>`
      select p.id as policy, r.at_ms, p.name from policies p
      join policy_revisions r on r.policy = p.id and r.revision = 1
      where p.workspace in (${workspaces})`,
    newest: sql<{ revision: number; promotion: number }>`
      select ${newestRevision} as revision, ${newestPromotion} as promotion`,
    open: sql<{ id: number; model: string; target_kind: string; target: string }>`
      select id, model, target_kind, target from promotions
      where workspace in (${workspaces}) and status = 'open'`,
  }
}

const newestPromotion = sql`(select coalesce(max(id), 0) from promotions)`

/** What decides on requests and approvals, read at one moment. */
export type GovernedState = BatchRows<ReturnType<typeof stateReads>>

/** A change of policies or stages, and what it settles. */
type Settling<T> = {
  /** A select of those that it concerns. */
  readonly workspaces: SQL
  /** Works out what it settles. */
  readonly settle: (before: GovernedState) => Settled
  /** Makes it, with the context that it gets. */
  readonly change: (settling: Context) => Promise<T>
}

/** What a change settles. */
export type Settled = {
  /** The state after it; with the models alone that it concerns. */
  readonly after: CountedRows
  /** True in its batch once it is written. */
  readonly isMade: SQL
  /** Statements that close requests. */
  readonly closing: readonly SQL[]
}

/**
 * Change policies or stages, and settle in the same batch what they decide beside moves: which requests
 * are closed, which approvals stand, which of them counts most, and when open requests expire. The
 * batch fails when the state that this was worked out from is another by then; then it is done again.
 *
 * @throws RESOURCE_CONFLICT the state kept changing
 */
export async function runSettling<T>(
  ctx: Context,
  { workspaces, settle, change }: Settling<T>,
): Promise<T> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const before = await ctx.db.batch(stateReads(ctx, workspaces))
    const { after, isMade, closing } = settle(before)
    const counted = countedPlaces(after)
    const guarded = { ...ctx, db: guardDatabase(ctx.db, isStill(before)) }
    const settled = [
      ...closing,
      ...statusWrites(counted.models, { guard: isMade }),
      expiryWrite(ctx, after, isMade),
    ]
    try {
      return await change(withStatementsAfter(guarded, settled))
    } catch (err) {
      if (!isAborted(err)) throw err
    }
  }
  throw conflict('Policies, stages, models or requests kept changing meanwhile; try again')
}

/** A condition that is true as long as the state is this one, and no request for another place was opened. */
function isStill({ newest, stages, models }: GovernedState): SQL {
  const { revision = 0, promotion = 0 } = newest[0] ?? {}
  const names = JSON.stringify(models.map(({ id, name }) => [id, name]))
  return sql`${newestRevision} = ${revision} and ${newestPromotion} = ${promotion}
    and ${areStages(stages.map(({ name }) => name))}
    and not exists (select 1 from json_each(${names}) n
      join registered_models m on m.id = n.value ->> 0 where m.name <> n.value ->> 1)`
}

/** Whether these are the stages, in this order, as SQL. */
export function areStages(names: readonly string[]): SQL {
  return sql`(select json_group_array(name) from (select name from stages order by position))
    = ${JSON.stringify(names)}`
}

/**
 * The statement that lets the open requests of models expire as policies say. One that is past its time
 * stays so.
 */
export function expiryWrite(
  ctx: Context,
  { policies: rows, models, targets }: CountedRows,
  guard: SQL,
): SQL {
  const policiesOf = groupPolicies(rows)
  const modelOf = new Map(models.map((model) => [model.id, model]))
  const lives = targets.flatMap((row) => {
    const model = modelOf.get(row.registered_model)
    if (model === undefined) return []
    const { name, workspace } = model
    const openMs = openForMs(selectPolicies(policiesOf(workspace), name, targetOf(row)))
    return [[row.registered_model, row.target_kind, row.target, openMs]]
  })
  return sql`update promotions set expires_at_ms = requested_at_ms + (l.value ->> 3)
    from json_each(${JSON.stringify(lives)}) l
    where promotions.registered_model = l.value ->> 0 and promotions.target_kind = l.value ->> 1
      and promotions.target = l.value ->> 2 and promotions.status = 'open'
      and promotions.expires_at_ms > ${ctx.now()} and ${guard}`
}
