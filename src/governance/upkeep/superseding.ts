import { type SQL, sql } from 'drizzle-orm'
import { modelEntriesSql } from '../../audit/entry.ts'
import { principalText } from '../../core/principal.ts'
import { runList, withBatches } from '../../db/batch.ts'
import type { Context } from '../../platform/context.ts'
import { approvalWrites, statusWrites } from '../../registry/versions/approval.ts'
import { type Counted, decidedApprovals } from '../approval-status.ts'
import { promotionEntry } from '../promotions/promotions.ts'

/** The same context, whose every batch ends with these statements. */
export function withStatementsAfter(ctx: Context, after: readonly SQL[]): Context {
  const { db } = ctx
  const run = async (statements: readonly SQL[]) =>
    (await runList(db, [...statements, ...after])).slice(0, statements.length)
  return { ...ctx, db: withBatches(db, run) }
}

/**
 * The statements that close the open requests of a model that its own changes settled: the version was
 * deleted, or reached the target another way. They follow the change in its batch, and do nothing
 * if there is nothing to close. Requests use the model's name at that moment.
 *
 * @param model `registered_models.id`
 */
export function supersedeSettled(ctx: Context, model: number, counted: Counted): SQL[] {
  const isGone = sql`not exists (select 1 from model_versions v where v.id = promotions.model_version)`
  // If the version was in the stage when the request was opened, it is about archiving others.
  const isThere = sql`exists (select 1 from model_versions v where v.id = promotions.model_version
    and iif(promotions.target_kind = 'stage',
      v.stage = promotions.target and promotions.from_stage <> promotions.target,
      exists (select 1 from aliases a where a.registered_model = v.registered_model
        and a.version = v.version and a.alias = promotions.target)))`
  return [
    sql`update promotions set model = (select name from registered_models where id = ${model})
      where registered_model = ${model}
        and model <> (select name from registered_models where id = ${model})`,
    ...supersedeStatements(ctx, {
      which: sql`registered_model = ${model} and (${isGone} or ${isThere})`,
      reason: sql`iif(${isGone}, 'the version was deleted', 'the version came there another way')`,
    }),
    ...statusWrites(counted.models, {
      versions: sql`model_versions.id in (select model_version from promotions
        where registered_model = ${model} and ${isSupersededNow(ctx)})`,
      guard: counted.guard,
    }),
  ]
}

/** The statements that close open requests, of all workspaces, for stages that are not in the list any more. */
export function supersedeStageless(ctx: Context): SQL[] {
  return supersedeStatements(ctx, {
    which: sql`target_kind = 'stage' and target not in (select name from stages)`,
    reason: sql`'the stage was removed'`,
  })
}

type Superseded = {
  /** A condition on `promotions`. */
  readonly which: SQL
  /** Why, as SQL over its columns. */
  readonly reason: SQL
}

/** The statements that close those of the open requests that something else settled, with why. */
export function supersedeStatements(ctx: Context, { which, reason }: Superseded): SQL[] {
  const justNow = isSupersededNow(ctx)
  const places = sql`select model_version, place from promotions where ${justNow}`
  return [
    sql`update promotions set status = 'superseded', closed_because = ${reason},
        decided_at_ms = ${ctx.now()}, decided_by = ${principalText(ctx.principal)},
        merged_by_request = ${ctx.requestId}
      where status = 'open' and ${which}`,
    promotionEntry(ctx, 'promotion.superseded', {
      where: sql`${justNow} and not exists (select 1 from ${modelEntriesSql('e')}
        where e.registered_model = promotions.registered_model
          and e.promotion = promotions.id and e.action = 'promotion.superseded')`,
      more: sql`json_object('because', closed_because)`,
    }),
    ...approvalWrites(places, decidedApprovals(places)),
  ]
}

function isSupersededNow(ctx: Context): SQL {
  return sql`status = 'superseded' and merged_by_request = ${ctx.requestId}`
}
