import { type SQL, sql } from 'drizzle-orm'
import { modelEntriesSql } from '../audit/entry.ts'
import { matchesGlob } from '../core/glob.ts'
import { placeKey } from '../core/place.ts'
import type { BatchRows } from '../db/database.ts'
import type { Context } from '../platform/context.ts'
import { isActive } from '../registry/stages/stages.ts'
import { approvalWrites, type CountedPlaces, statusWrites } from '../registry/versions/approval.ts'
import { groupPolicies, guardsPlace, newestRevision, policyRead } from './policies/policies.ts'
import type { Policy, PromotionTarget } from './policies/policy.ts'

/**
 * The statements that read what `countedPlaces` takes.
 *
 * @param models a select of `registered_models.id`
 * @param workspaces a select of those that the models are in: by default the context's workspace
 */
export function countedReads(ctx: Context, models: SQL, workspaces = sql`${ctx.workspace}`) {
  return {
    policies: policyRead(ctx, workspaces),
    made: sql<{ policy: number; at_ms: number }>`select policy, at_ms from policy_revisions
      where revision = 1 and policy in (select id from policies
        where workspace in (${workspaces}) and deleted_at_ms is null)`,
    revisions: sql<{ revision: number }>`select ${newestRevision} as revision`,
    stages: sql<{ name: string }>`select name from stages order by position`,
    models: sql<ModelRow>`select id, name, workspace from registered_models where id in (${models})`,
    targets: sql<TargetRow>`select distinct registered_model, target_kind, target from promotions
      where registered_model in (${models})`,
  }
}

export type CountedRows = BatchRows<ReturnType<typeof countedReads>>
type ModelRow = { id: number; name: string; workspace: string }
type TargetRow = { registered_model: number; target_kind: string; target: string }

/** What counts in models today, and the guard of a write that relies on it. */
export type Counted = { readonly models: readonly CountedPlaces[]; readonly guard: SQL }

/** @param more a target that no request has had yet */
export function countedPlaces(
  { policies: rows, made, revisions, stages, models, targets }: CountedRows,
  more: readonly PromotionTarget[] = [],
): Counted {
  const madeAtMs = new Map(made.map(({ policy, at_ms }) => [policy, at_ms]))
  const policiesOf = groupPolicies(rows)
  const targetsOf = Map.groupBy(targets, (row) => row.registered_model)
  const inOrder = stages.map(({ name }) => name)
  return {
    models: models.map(({ id, name, workspace }) => {
      const own = targetsOf.get(id)?.map(targetOf) ?? []
      const places = { stages: inOrder, others: [...own, ...more], madeAtMs }
      return { model: id, name, ...countedOf(name, policiesOf(workspace), places) }
    }),
    guard: sql`${newestRevision} = ${revisions[0]?.revision ?? 0}`,
  }
}

export function targetOf({
  target_kind,
  target,
}: Omit<TargetRow, 'registered_model'>): PromotionTarget {
  return target_kind === 'stage' ? { stage: target } : { alias: target }
}

type SomeTargets = {
  /** All stages, in their order. */
  readonly stages: readonly string[]
  readonly others: readonly PromotionTarget[]
  /** When each policy was made first. */
  readonly madeAtMs: ReadonlyMap<number, number>
}

function countedOf(
  model: string,
  policies: readonly Policy[],
  { stages, others, madeAtMs }: SomeTargets,
): Pick<CountedPlaces, 'counting' | 'guarded'> {
  const ofModel = policies.filter(({ document }) => matchesGlob(document.applies_to.models, model))
  const guarding = (target: PromotionTarget) =>
    ofModel.filter(({ document }) => guardsPlace(document.applies_to, target))
  const last = stages.findLast((stage) => isActive(stage) && guarding({ stage }).length > 0)
  const places: PromotionTarget[] = [...stages.map((stage) => ({ stage })), ...others]
  return {
    counting: last === undefined ? null : placeKey(last),
    guarded: places.flatMap((target) =>
      guarding(target).map(({ id, name }) => ({
        place: placeKey(target.alias ?? target.stage),
        policy: name,
        madeAtMs: madeAtMs.get(id) ?? 0,
      })),
    ),
  }
}

type OfRequest = {
  readonly registeredModelId: number
  readonly modelVersionId: number
  readonly target: PromotionTarget
}

/**
 * The statements that write the approvals of versions for places anew, for the batch that changes
 * requests for these. They come after the change.
 */
export async function approvalStatements(
  ctx: Context,
  ...requests: readonly OfRequest[]
): Promise<SQL[]> {
  const asked = requests.map(({ modelVersionId, target }) => [
    modelVersionId,
    placeKey(target.alias ?? target.stage),
  ])
  const models = JSON.stringify(requests.map(({ registeredModelId }) => registeredModelId))
  const read = await ctx.db.batch(countedReads(ctx, sql`select value from json_each(${models})`))
  const { models: counted, guard } = countedPlaces(
    read,
    requests.map(({ target }) => target),
  )
  const from = sql`from json_each(${JSON.stringify(asked)})`
  const places = sql`select value ->> 0, value ->> 1 ${from}`
  return [
    ...approvalWrites(places, decidedApprovals(places)),
    ...statusWrites(counted, {
      versions: sql`model_versions.id in (select value ->> 0 ${from})`,
      guard,
    }),
  ]
}

/**
 * The approvals of versions for places, by the newest request for each that is open, rejected, or
 * merged where a policy guarded the place: an unguarded move approves nothing, unless somebody who may
 * make the move approved its request for a stage. They name the last approver that counted or, if no
 * approval was required, who merged. A merge by break-glass is not an approval.
 */
export function decidedApprovals(places: SQL): SQL {
  const isApproved = sql`status = 'merged' and break_glass = 0`
  const review = (column: SQL, which: SQL) => sql`(select ${column} from promotion_reviews r
    where r.promotion = q.id and ${which} order by r.id desc limit 1)`
  const counted = sql`r.decision = 'approve' and (json_array_length(q.evidence, '$.policies') = 0
    or exists (select 1 from json_each(coalesce(
      q.evidence -> '$.approvals.approvers', q.evidence -> '$.approvals.approvedBy')) a
    where coalesce(a.value ->> 'account' = cast(r.account as text),
      iif(a.type = 'object', a.value ->> 'name', a.value) = r.reviewer)))`
  const rejected = sql`r.decision = 'reject'`
  const brokenBecause = sql`(select e.reason from ${modelEntriesSql('e')}
    where e.registered_model = q.registered_model and e.promotion = q.id
      and e.after ->> 'break_glass' order by e.seq desc limit 1)`
  return sql`select model_version, place, target_kind, target,
      case when ${isApproved} then 'Approved' when status = 'rejected' then 'Rejected'
        else 'PendingManualApproval' end as status,
      coalesce(iif(${isApproved}, ${review(sql`r.principal`, counted)}, null), decided_by, requested_by),
      coalesce(iif(${isApproved}, ${review(sql`r.at_ms`, counted)}, null), decided_at_ms, requested_at_ms),
      case when status = 'rejected' then ${review(sql`r.comment`, rejected)}
        when status = 'merged' and break_glass = 1
          then 'merged by break-glass' || coalesce(': ' || ${brokenBecause}, '')
        when ${isApproved} then coalesce(${review(sql`r.comment`, counted)}, reason)
        else reason end,
      break_glass, id,
      coalesce((select json_group_array(p.value ->> 'name')
        from json_each(q.evidence, '$.policies') p), '[]')
    from (select *, row_number() over (partition by model_version, place
        order by coalesce(decided_at_ms, requested_at_ms) desc, id desc) as newest
      from promotions where (model_version, place) in (${places}) and (status in ('open', 'rejected')
        or (status = 'merged' and (evidence is null or json_array_length(evidence, '$.policies') > 0
          or (target_kind = 'stage' and exists (select 1 from promotion_reviews r
            where r.promotion = promotions.id and r.decision = 'approve')))))) q
    where newest = 1`
}
