import { sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { conflict } from '../../core/error.ts'
import { principalText } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { versionNotFound } from '../../registry/check-names.ts'
import { noteApproval } from '../../registry/versions/approval.ts'
import { requireMove, requireToReview } from '../permissions.ts'
import type { Review } from './approvals.ts'
import { type Assessment, assess, questionOf } from './assess.ts'
import { mergeIfAutomatic } from './merge.ts'
import type { Promotion } from './promotion.ts'
import { endedHere, ending, getPromotion, notOpen, promotionEntry } from './promotions.ts'

const attemptsMax = 5

/**
 * Approve, reject or comment. A rejection ends the request; an approval may merge it, where a policy
 * says so. It is written only as long as what the reviewer may do, and what was reviewed, still hold.
 *
 * @param archiveExisting an approval's word on whether the others in the stage make way, which is the
 *   request's from then on; absent: it stays as it is
 * @throws PERMISSION_DENIED the caller may not decide, or not archive; the message says why
 * @throws RESOURCE_CONFLICT the request is not open any more
 */
export async function reviewPromotion(
  ctx: Context,
  id: number,
  decision: Review['decision'],
  comment: string | undefined,
  archiveExisting?: boolean,
): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const promotion = await getPromotion(ctx, id)
    if (promotion.status !== 'open' || promotion.expiresAtMs <= ctx.now()) throw notOpen(promotion)
    const assessment = await assess(ctx, questionOf(promotion), 'known')
    if (!assessment) throw versionNotFound(promotion.model, promotion.version)
    const said = { decision, comment, archiveExisting }
    await requireToSay(ctx, promotion, assessment, said)
    if (await reviewed(ctx, promotion, assessment, said)) {
      if (decision === 'approve') await mergeIfAutomatic(ctx, promotion)
      return
    }
  }
  throw conflict(`Promotion request #${id} kept changing while it was being reviewed; try again`)
}

type Said = {
  readonly decision: Review['decision']
  readonly comment: string | undefined
  readonly archiveExisting: boolean | undefined
}

/**
 * Require that the caller may decide and, to have others archived that were to stay, that they may
 * make that move: a policy may have the server make it, of whom no right is asked.
 */
async function requireToSay(
  ctx: Context,
  promotion: Promotion,
  assessment: Assessment,
  { decision, archiveExisting }: Said,
): Promise<void> {
  if (decision !== 'comment') await requireToReview(ctx, promotion, assessment)
  if (!archiveExisting || promotion.archiveExisting) return
  const { version, target } = promotion
  await requireMove(ctx, assessment.candidate.model, version, target, archiveExisting)
}

async function reviewed(
  ctx: Context,
  promotion: Promotion,
  { unchanged, reviewedNow }: Assessment,
  { decision, comment, archiveExisting }: Said,
): Promise<boolean> {
  const { id, modelVersionId } = promotion
  const said = sql`json_patch(json_object('decision', ${decision}, 'comment', ${comment ?? null}),
    ${archiveExisting === undefined ? '{}' : JSON.stringify({ archive_existing: archiveExisting })})`
  const review = sql`insert into promotion_reviews
      (promotion, reviewer, principal, decision, comment, at_ms, reviewed)
    select id, ${ctx.principal.name}, ${principalText(ctx.principal)}, ${decision},
      ${comment ?? null}, ${ctx.now()}, ${reviewedNow}
    from promotions where id = ${id} and status = 'open'
      and archive_existing = ${promotion.archiveExisting} and ${unchanged} returning id`
  const written = sql`id = ${id} and changes() = 1`
  const outcome =
    decision === 'reject'
      ? [
          ending(ctx, id, 'rejected', { guard: sql`changes() = 1` }),
          promotionEntry(ctx, 'promotion.rejected', endedHere(ctx, id), {
            reason: comment,
            more: said,
          }),
          noteApproval(ctx, modelVersionId, {
            status: 'Rejected',
            reason: comment,
            guard: sql`exists (select 1 from promotions where ${endedHere(ctx, id)})`,
          }),
        ]
      : [
          promotionEntry(ctx, 'promotion.reviewed', written, { more: said }),
          ...(archiveExisting === undefined
            ? []
            : [sql`update promotions set archive_existing = ${archiveExisting} where ${written}`]),
        ]
  const [rows] = await commit(ctx, [review, ...outcome])
  return rows?.length === 1
}
