import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { mayReview } from '../permissions.ts'
import type { promotionChecks, promotionReviews } from '../tables.ts'
import type { ApprovalState, Review } from './approvals.ts'
import { assess, questionOf } from './assess.ts'
import type { GateResult } from './judge.ts'
import type { Promotion } from './promotion.ts'
import { reviewFrom } from './snapshot.ts'

type ReviewRow = typeof promotionReviews.$inferSelect
type CheckRow = typeof promotionChecks.$inferSelect

/** A request with all that a reviewer asks: how it stands now, or how it stood when it was decided. */
export type PromotionView = Promotion & {
  readonly gates: readonly GateResult[]
  readonly approvals: Pick<ApprovalState, 'required' | 'given' | 'missing'>
  readonly policies: readonly { readonly name: string; readonly revision: number }[]
  readonly blockedBy: readonly string[]
  readonly canMerge: boolean
  readonly reviews: readonly (Review & { readonly dismissed?: string | undefined })[]
  readonly checks: readonly CheckRow[]
  /** Whether the caller's approval would count and is not yet there. */
  readonly awaitsCaller: boolean
}

const noApprovals = { required: 0, given: 0, missing: [] }

export async function viewPromotion(ctx: Context, promotion: Promotion): Promise<PromotionView> {
  const discussion = await discussionOf(ctx, promotion)
  const isOpen = promotion.status === 'open' && promotion.expiresAtMs > ctx.now()
  const now = isOpen ? await assess(ctx, questionOf(promotion), 'known') : undefined
  if (!now) {
    const { evidence } = promotion
    const gone = isOpen ? ['the version is gone'] : []
    return {
      ...promotion,
      ...discussion,
      gates: evidence?.gates ?? [],
      approvals: evidence?.approvals ?? noApprovals,
      policies: evidence?.policies ?? [],
      blockedBy: evidence?.blocked_by ?? gone,
      canMerge: false,
      awaitsCaller: false,
    }
  }
  const { judgement, policies } = now
  const { gates, approvals, blockedBy, dismissed } = judgement
  const mine = discussion.reviews.findLast(
    ({ decision, principal }) => decision !== 'comment' && principal.name === ctx.principal.name,
  )
  return {
    ...promotion,
    ...discussion,
    reviews: discussion.reviews.map((review) => ({
      ...review,
      dismissed: dismissed.get(review.id),
    })),
    gates,
    approvals,
    policies: policies.map(({ name, revision }) => ({ name, revision })),
    blockedBy,
    canMerge: blockedBy.length === 0,
    awaitsCaller:
      approvals.given < approvals.required &&
      (mine === undefined || dismissed.has(mine.id)) &&
      (await mayReview(ctx, promotion, now)),
  }
}

/** All that was said and posted for a request, oldest first. */
async function discussionOf(
  ctx: Context,
  { id }: Promotion,
): Promise<{ readonly reviews: readonly Review[]; readonly checks: readonly CheckRow[] }> {
  const [reviews, checks] = await ctx.db.batch([
    sql`select * from promotion_reviews where promotion = ${id} order by id`,
    sql`select * from promotion_checks where promotion = ${id} order by name`,
  ])
  return { reviews: (reviews as ReviewRow[]).map(reviewFrom), checks: checks as CheckRow[] }
}
