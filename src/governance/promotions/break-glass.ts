import { sql } from 'drizzle-orm'
import { isOneOwner } from '../../access/accounts/controllers.ts'
import { commit } from '../../audit/commit.ts'
import { conflict, excerpt, invalid, RegistryError } from '../../core/error.ts'
import { keepVisible } from '../../core/names.ts'
import { principalRecord } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { versionNotFound } from '../../registry/check-names.ts'
import { isAmong } from '../approvals.ts'
import { requireToReview } from '../permissions.ts'
import { refuseUnseen, type Seen } from '../seen.ts'
import { refuseArchiving } from './archiving.ts'
import { type Assessment, assess, assessPromotion, questionOf } from './assess.ts'
import { refuseExpired } from './expiry.ts'
import { attemptsMax, getOpenPromotion, requireRequestedMove, writeMove } from './merge.ts'
import { checkSaid, type Promotion, type PromotionRow, promotionFrom } from './promotion.ts'
import { getPromotion, promotionEntry, promotionText } from './promotions.ts'
import { isUnchanged } from './snapshot.ts'

/**
 * Merge at once, whatever blocks the request, for a caller whom every policy names in
 * `break_glass.from`. The entry of the move is marked, and a follow-up review stays open.
 *
 * @param terms.reason at least ten letters
 * @param terms.seen what the caller saw; absent: nobody says
 * @throws INVALID_PARAMETER_VALUE the reason says too little
 * @throws PERMISSION_DENIED a policy does not name the caller, or the right to the move is missing
 * @throws RESOURCE_CONFLICT the request is not open any more, or not what was seen
 */
export async function breakGlass(
  ctx: Context,
  id: number,
  { reason, seen }: { readonly reason: string; readonly seen?: Seen | undefined },
): Promise<Promotion> {
  checkReason(reason)
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const promotion = await getOpenPromotion(ctx, id)
    const assessment = await assessPromotion(ctx, promotion, 'known')
    if (!assessment) throw versionNotFound(promotion.model, promotion.version)
    refuseExpired(ctx, promotion, assessment.policies)
    if (!mayBreakGlass(ctx, assessment)) {
      throw new RegistryError(
        'PERMISSION_DENIED',
        `'${excerpt(ctx.principal.name)}' may not break the glass for ${promotionText(promotion)}: the policies' break_glass.from does not name them`,
      )
    }
    await requireRequestedMove(ctx, promotion, assessment)
    if (promotion.archiveExisting) refuseArchiving(assessment.archiving)
    refuseUnseen(id, assessment, seen)
    const merged = await writeMove(ctx, promotion, {
      assessment,
      reason,
      breakGlass: true,
    })
    if (merged) return merged
  }
  throw conflict(`Promotion request #${id} kept changing while it was being merged; try again`)
}

/** Whether every policy names the caller, who has signed in. */
export function mayBreakGlass(
  { principal }: Context,
  { policies }: Pick<Assessment, 'policies'>,
): boolean {
  return policies.every(
    ({ document: { break_glass }, accounts }) =>
      principal.verified && isAmong(principalRecord(principal), break_glass.from, accounts),
  )
}

const lettersMin = 10

/** @throws INVALID_PARAMETER_VALUE a reason that says too little, or is too long */
export function checkReason(reason: string): void {
  checkSaid(reason, 'reason')
  const letters = keepVisible(reason).match(/\p{L}/gu)?.length ?? 0
  if (letters >= lettersMin) return
  throw invalid(
    `Break-glass needs a 'reason' of at least ${lettersMin} letters; '${excerpt(reason)}' has ${letters}`,
  )
}

/**
 * Close the follow-up review that a break-glass merge left open. Where no policy is left that says who
 * may review, administrators do.
 *
 * @throws PERMISSION_DENIED the caller opened the request, broke the glass, or may not approve it
 * @throws RESOURCE_CONFLICT no follow-up review is open
 */
export async function followUp(
  ctx: Context,
  id: number,
  comment: string | undefined,
): Promise<Promotion> {
  checkSaid(comment)
  const promotion = await getPromotion(ctx, id)
  if (!promotion.breakGlass || promotion.followedUpBy !== null) {
    throw conflict(`Promotion request #${id} has no follow-up review open`)
  }
  const assessment = await assess(ctx, questionOf(promotion), 'known')
  if (!assessment) throw versionNotFound(promotion.model, promotion.version)
  const caller = principalRecord(ctx.principal)
  const { controllers } = assessment.parties
  const involved = [promotion.requestedBy, ...(promotion.decidedBy ? [promotion.decidedBy] : [])]
  if (!caller.verified || involved.some((by) => isOneOwner(caller, by, controllers))) {
    throw new RegistryError(
      'PERMISSION_DENIED',
      'The follow-up review is for somebody else, signed in: neither who asked nor who broke the glass',
    )
  }
  if (assessment.policies.length === 0 && !ctx.principal.isAdmin) {
    throw new RegistryError(
      'PERMISSION_DENIED',
      `No policy guards ${promotionText(promotion)} any more that says who may review it: an administrator closes the follow-up review`,
    )
  }
  await requireToReview(ctx, promotion, assessment)
  const { closed } = await commit(ctx, {
    closed: sql<PromotionRow>`update promotions set followed_up_by = ${ctx.principal.name}
      where id = ${id} and break_glass = 1 and followed_up_by is null
        and ${isUnchanged(assessment.mark)} returning *`,
    entry: promotionEntry(ctx, 'promotion.followed_up', {
      where: sql`id = ${id} and changes() = 1`,
      reason: comment,
    }),
  })
  const [row] = closed
  if (!row) throw conflict(`Promotion request #${id} has no follow-up review open`)
  return promotionFrom(row)
}
