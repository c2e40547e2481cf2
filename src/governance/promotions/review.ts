import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { conflict, excerpt } from '../../core/error.ts'
import { isSame, principalRecord, principalText } from '../../core/principal.ts'
import { refuseOver, sumBound } from '../../db/bound.ts'
import type { Context } from '../../platform/context.ts'
import { versionNotFound } from '../../registry/check-names.ts'
import { approvalStatements } from '../approval-status.ts'
import type { Review } from '../approvals.ts'
import type { ReviewRow } from '../approvers.ts'
import { requireMove, requireToReview } from '../permissions.ts'
import { refuseUnseen, type Seen } from '../seen.ts'
import { type Assessment, assess, judgeWithReview, questionOf } from './assess.ts'
import { refuseExpired } from './expiry.ts'
import { type JudgedPromotion, mergeIfAutomatic } from './merge.ts'
import { checkSaid, type Promotion, type PromotionRow, promotionFrom } from './promotion.ts'
import { endStatement, getPromotion, hasEnded, notOpen, promotionEntry } from './promotions.ts'
import { isUnchanged, newestEntryRead } from './snapshot.ts'

const attemptsMax = 5

/** Of what one caller says of a request or posts for it: lists show all of it. */
export const callerBytesMax = 100_000
const boundColumn = 'promotion_reviews.decision'

export type NewReview = {
  readonly decision: Review['decision']
  readonly comment?: string | undefined
  /**
   * Whether the other versions in the stage are archived, which changes the request; absent: no
   * change.
   */
  readonly archiveExisting?: boolean | undefined
  /** What the reviewer saw; absent: nobody says, and what is there now is reviewed. */
  readonly seen?: Seen | undefined
}

/**
 * Approve, reject or comment. A rejection ends the request; an approval may merge it, if a policy
 * says so. It is written only if neither the reviewer's rights nor what was reviewed have changed.
 *
 * @returns the request afterwards
 * @throws PERMISSION_DENIED the caller may not decide, or not archive; the message says why
 * @throws RESOURCE_CONFLICT the request is not open any more, or not what was seen
 * @throws INVALID_PARAMETER_VALUE the caller has said too much of it
 */
export async function reviewPromotion(
  ctx: Context,
  id: number,
  review: NewReview,
): Promise<JudgedPromotion> {
  checkSaid(review.comment)
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const promotion = await getPromotion(ctx, id)
    if (promotion.status !== 'open' || promotion.expiresAtMs <= ctx.now()) throw notOpen(promotion)
    const assessment = await assess(ctx, questionOf(promotion), 'known')
    if (!assessment) throw versionNotFound(promotion.model, promotion.version)
    refuseExpired(ctx, promotion, assessment.policies)
    await requireReview(ctx, { promotion, assessment }, review)
    refuseUnseen(id, assessment, review.seen)
    const written = await writeReview(ctx, { promotion, assessment }, review)
    if (!written) continue
    if (review.decision === 'reject') return { promotion: written.promotion }
    const judged = await judgeWithReview(ctx, assessment, written)
    return review.decision === 'approve'
      ? mergeIfAutomatic(ctx, written.promotion, { judged, seen: review.seen })
      : { promotion: written.promotion, judged }
  }
  throw conflict(`Promotion request #${id} kept changing while it was being reviewed; try again`)
}

/** An open request, and how it was judged. */
type Assessed = { readonly promotion: Promotion; readonly assessment: Assessment }

/**
 * Require that the caller may decide. To change whether the other versions are archived, the caller
 * must also have the right to that move: if the server merges by itself, no other rights are checked.
 */
async function requireReview(
  ctx: Context,
  { promotion, assessment }: Assessed,
  { decision, archiveExisting }: NewReview,
): Promise<void> {
  if (decision !== 'comment') await requireToReview(ctx, promotion, assessment)
  if (archiveExisting === undefined || archiveExisting === promotion.archiveExisting) return
  await requireMove(ctx, assessment.candidate.model, { ...promotion, archiveExisting })
  refuseForOthers(ctx, promotion, assessment)
}

/**
 * An approval given while the other versions were to stay does not cover archiving them, nor the
 * other way round.
 */
function refuseForOthers(
  ctx: Context,
  { id, archiveExisting }: Promotion,
  { reviews }: Assessment,
): void {
  const caller = principalRecord(ctx.principal)
  const other = reviews.find(
    ({ decision, principal }) => decision === 'approve' && !isSame(principal, caller),
  )
  if (!other) return
  const what = archiveExisting
    ? 'archives the other versions'
    : 'leaves the other versions where they are'
  throw conflict(
    `Promotion request #${id} was approved by ${other.principal.name} as one that ${what}: close it and ask anew`,
  )
}

/** A condition: no review was written yet of any request of a version. @param version `model_versions.id` */
export function isUnreviewedSql(version: SQL): SQL {
  return sql`not exists (select 1 from promotion_reviews r join promotions p on p.id = r.promotion
    where p.model_version = ${version})`
}

type WrittenReview = {
  readonly promotion: Promotion
  readonly review: ReviewRow
  readonly newestEntry: number
}

/** @returns undefined: something that was judged changed meanwhile, and nothing was written */
async function writeReview(
  ctx: Context,
  { promotion: before, assessment }: Assessed,
  { decision, comment, archiveExisting }: NewReview,
): Promise<WrittenReview | undefined> {
  const { mark, reviewedNow } = assessment
  const { id, modelVersionId, archiveExisting: archivesNow } = before
  const more = sql`json_patch(json_object('decision', ${decision}, 'comment', ${comment ?? null}),
    ${archiveExisting === undefined ? '{}' : JSON.stringify({ archive_existing: archiveExisting })})`
  const written = sql`id = ${id} and changes() = 1`
  const ended = hasEnded(ctx, id)
  const write = commit(ctx, {
    reviews: sql<ReviewRow>`insert into promotion_reviews
        (promotion, reviewer, account, claimed_groups, principal, decision, comment, at_ms, reviewed)
      select id, ${ctx.principal.name}, ${ctx.principal.accountId ?? null},
        ${JSON.stringify(ctx.principal.claimedGroups ?? [])}, ${principalText(ctx.principal)}, ${decision},
        ${comment ?? null}, ${ctx.now()}, ${reviewedNow}
      from promotions where id = ${id} and status = 'open'
        and archive_existing = ${archivesNow} and ${isUnchanged(mark)} returning *`,
    ...(decision === 'reject'
      ? {
          ended: endStatement(ctx, id, { status: 'rejected', guard: sql`changes() = 1` }),
          entry: promotionEntry(ctx, 'promotion.rejected', { where: ended, reason: comment, more }),
          approvals: await approvalStatements(ctx, before),
        }
      : {
          entry: promotionEntry(ctx, 'promotion.reviewed', { where: written, more }),
          archiving:
            archiveExisting === undefined
              ? undefined
              : sql`update promotions set archive_existing = ${archiveExisting} where ${written}`,
        }),
    bound: sumBound({
      column: boundColumn,
      which: sql`promotion = ${id} and reviewer = ${ctx.principal.name}`,
      bytes: sql`coalesce(octet_length(comment), 0)`,
      bytesMax: callerBytesMax,
    }),
    promotions: sql<PromotionRow>`select * from promotions where id = ${id}`,
    newest: newestEntryRead(modelVersionId),
  })
  const { reviews, promotions, newest } = await refuseOver(write, {
    column: boundColumn,
    message: `'${excerpt(ctx.principal.name)}' has written as many reviews of promotion request #${id} as one may: ${callerBytesMax} bytes in sum`,
  })
  const [[review], [promotion], [entry]] = [reviews, promotions, newest]
  if (!review || !promotion || !entry) return undefined
  return {
    review,
    promotion: promotionFrom(promotion),
    newestEntry: entry.seq,
  }
}
