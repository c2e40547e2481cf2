import { sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { conflict, excerpt } from '../../core/error.ts'
import { placeKey } from '../../core/place.ts'
import { principalText } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { versionNotFound } from '../../registry/check-names.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { approvalStatements } from '../approval-status.ts'
import { requireToReview } from '../permissions.ts'
import { assess } from './assess.ts'
import { hasEnded, promotionEntry } from './promotions.ts'
import { isUnchanged } from './snapshot.ts'

type Rejection = {
  readonly version: ModelVersion
  readonly target: { readonly stage: string }
  readonly comment: string | undefined
}

/** Nobody asked, so nobody is kept from rejecting for having asked. */
const nobody = { name: '' }

/**
 * Reject a version for a stage that nobody asked for: a request that is there and rejected at once, so
 * that whoever looks finds the rejection with its reviewer.
 *
 * @param rejection.version as it was read: one that has moved since is not rejected where it came to
 * @throws PERMISSION_DENIED the caller may not review requests for that stage
 * @throws RESOURCE_CONFLICT something that was judged changed at the same moment
 */
export async function writeRejection(
  ctx: Context,
  { version, target, comment }: Rejection,
): Promise<void> {
  const { id: modelVersionId, registeredModelId, name, version: number } = version
  const assessment = await assess(ctx, { modelVersionId, target, requester: nobody }, 'known')
  if (!assessment) throw versionNotFound(name, number)
  await requireToReview(ctx, { version: number, target, archiveExisting: false }, assessment)
  const { mark, reviewedNow } = assessment
  const who = principalText(ctx.principal)
  const now = ctx.now()
  const newest = sql`(select max(id) from promotions where model_version = ${modelVersionId})`
  const rejected = hasEnded(ctx, newest)
  const { made } = await commit(ctx, {
    made: sql<{
      id: number
    }>`insert into promotions (workspace, registered_model, model_version, model,
        version, from_stage, target_kind, target, place, archive_existing, status, requested_by, requester,
        requested_at_ms, expires_at_ms, decided_at_ms, decided_by, merged_by_request, break_glass)
      select m.workspace, m.id, v.id, m.name, v.version, v.stage, 'stage', ${target.stage},
        ${placeKey(target.stage)}, 0, 'rejected', ${who}, ${ctx.principal.name}, ${now}, ${now},
        max(${now}, coalesce((select max(p.decided_at_ms) + 1 from promotions p
          where p.model_version = v.id and p.place = ${placeKey(target.stage)}), 0)),
        ${who}, ${ctx.requestId}, 0
      from model_versions v join registered_models m on m.id = v.registered_model
      where v.id = ${modelVersionId} and v.stage = ${version.stage} and ${isUnchanged(mark)}
        and not exists (select 1 from promotions where model_version = ${modelVersionId}
          and target_kind = 'stage' and target = ${target.stage} and status = 'open') returning id`,
    review: sql`insert into promotion_reviews (promotion, reviewer, account, claimed_groups, principal,
        decision, comment, at_ms, reviewed)
      select id, ${ctx.principal.name}, ${ctx.principal.accountId ?? null},
        ${JSON.stringify(ctx.principal.claimedGroups ?? [])}, ${who}, 'reject', ${comment ?? null}, ${now},
        ${reviewedNow}
      from promotions where ${rejected} and changes() = 1`,
    entry: promotionEntry(ctx, 'promotion.rejected', {
      where: rejected,
      reason: comment,
      more: sql`json_object('decision', 'reject', 'comment', ${comment ?? null})`,
    }),
    approvals: await approvalStatements(ctx, { registeredModelId, modelVersionId, target }),
  })
  if (made.length === 1) return
  throw conflict(
    `Version ${number} of '${excerpt(name)}' changed while it was being rejected; look at it and try again`,
  )
}
