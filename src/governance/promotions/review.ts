import { sql } from 'drizzle-orm'
import { needsGrant } from '../../access/require.ts'
import { denied, mayApprove } from '../../access/rights.ts'
import { commit } from '../../audit/record.ts'
import { conflict, excerpt, RegistryError } from '../../core/error.ts'
import { principalText } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { noteApproval } from '../../registry/approval.ts'
import { versionNotFound } from '../../registry/check-names.ts'
import { type Review, whyNotApprove } from './approvals.ts'
import { type Assessment, assess, questionOf } from './assess.ts'
import { mergeIfAutomatic } from './merge-if-automatic.ts'
import type { Promotion } from './promotion.ts'
import { endedHere, ending, getPromotion, notOpen, recordPromotion } from './promotions.ts'

const attemptsMax = 5

/**
 * Approve, reject or comment. A rejection ends the request; an approval may merge it, where a policy
 * says so. It is written only as long as what the reviewer may do, and what was reviewed, still hold.
 *
 * @throws PERMISSION_DENIED the caller may not decide; the message says why
 * @throws RESOURCE_CONFLICT the request is not open any more
 */
export async function reviewPromotion(
  ctx: Context,
  id: number,
  decision: Review['decision'],
  comment: string | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const promotion = await getPromotion(ctx, id)
    if (promotion.status !== 'open' || promotion.expiresAtMs <= ctx.now()) throw notOpen(promotion)
    const assessment = await assess(ctx, questionOf(promotion), 'known')
    if (!assessment) throw versionNotFound(promotion.model, promotion.version)
    if (decision !== 'comment') await refuseReviewer(ctx, assessment)
    if (await reviewed(ctx, promotion, assessment, { decision, comment })) {
      if (decision === 'approve') await mergeIfAutomatic(ctx, promotion)
      return
    }
  }
  throw conflict(`Promotion request #${id} kept changing while it was being reviewed; try again`)
}

/** @throws PERMISSION_DENIED by the grants, or under all of the policies, the caller may not decide */
async function refuseReviewer(
  ctx: Context,
  { candidate: { model }, policies, parties }: Assessment,
): Promise<void> {
  if (!(await mayApprove(ctx, model))) throw denied(ctx, needsGrant('approve', model, []))
  const reasons = policies.map(({ document }) =>
    whyNotApprove(ctx.principal, document.approvals, parties),
  )
  const [reason] = reasons
  if (reasons.length === 0 || reasons.some((why) => why === undefined)) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `'${excerpt(ctx.principal.name)}' may not review this request: ${reason}`,
  )
}

async function reviewed(
  ctx: Context,
  { id, modelVersionId }: Promotion,
  { unchanged, reviewedNow }: Assessment,
  { decision, comment }: { decision: Review['decision']; comment: string | undefined },
): Promise<boolean> {
  const said = sql`json_object('decision', ${decision}, 'comment', ${comment ?? null})`
  const review = sql`insert into promotion_reviews
      (promotion, reviewer, principal, decision, comment, at_ms, reviewed)
    select id, ${ctx.principal.name}, ${principalText(ctx.principal)}, ${decision},
      ${comment ?? null}, ${ctx.now()}, ${reviewedNow}
    from promotions where id = ${id} and status = 'open' and ${unchanged} returning id`
  const written = sql`id = ${id} and changes() = 1`
  const [rows] = await commit(
    ctx,
    decision === 'reject'
      ? [
          review,
          ending(ctx, id, 'rejected', { guard: sql`changes() = 1` }),
          recordPromotion(ctx, 'promotion.rejected', endedHere(ctx, id), {
            reason: comment,
            more: said,
          }),
          noteApproval(
            ctx,
            modelVersionId,
            'Rejected',
            comment,
            sql`exists (select 1 from promotions where ${endedHere(ctx, id)})`,
          ),
        ]
      : [review, recordPromotion(ctx, 'promotion.reviewed', written, { more: said })],
  )
  return rows?.length === 1
}
