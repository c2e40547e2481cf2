import { BlockedError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import type { Policy, PromotionTarget } from './policies/policy.ts'
import {
  type Assessment,
  assess,
  blockedOf,
  keepFilesRead,
  questionOf,
} from './promotions/assess.ts'
import { mergePromotion } from './promotions/merge.ts'
import type { Promotion } from './promotions/promotion.ts'
import { openPromotion, promotionText } from './promotions/promotions.ts'

export type RequestedMove = {
  readonly name: string
  readonly version: number
  readonly target: PromotionTarget
  readonly archiveOthers: boolean
  readonly reason?: string | undefined
}

/**
 * Ask for a move that policies guard, in the name of a client that knows of no requests: open one,
 * or find the open one, and merge it if nothing blocks it.
 *
 * @throws PERMISSION_DENIED something does; the message has the number, what is missing, and where
 *   to review it
 */
export async function requestMove(
  ctx: Context,
  { name, version, target, archiveOthers, reason }: RequestedMove,
  policies: readonly Policy[],
): Promise<void> {
  const { promotion } = await openPromotion(ctx, {
    model: name,
    version,
    target,
    archiveExisting: archiveOthers,
    reason,
    expireAfterHours: shortestLife(policies),
  })
  const assessment = await assess(ctx, questionOf(promotion), 'read')
  if (assessment) await keepFilesRead(ctx, promotion, assessment)
  if (assessment && assessment.judgement.blockedBy.length > 0) {
    throw waiting(ctx, promotion, assessment)
  }
  await mergePromotion(ctx, promotion.id)
}

/** The request lives as long as the strictest policy lets it. */
export function shortestLife(policies: readonly Policy[]): number {
  const hours = policies.map(({ document }) => document.approvals.expire_after_hours)
  return Math.min(...hours, hoursDefault)
}

const hoursDefault = 720

function waiting(ctx: Context, promotion: Promotion, assessment: Assessment): BlockedError {
  const { blockedBy, approvals } = assessment.judgement
  const { missing } = approvals
  const [first = '', ...rest] = blockedBy
  const needs = /^\d+ approvals?$/.test(first)
    ? [`needs ${first} (${missing.join(', ')})`]
    : [first]
  return new BlockedError(
    `Promotion request #${promotion.id} is open for ${promotionText(promotion)}: ${[...needs, ...rest].join('; ')}. Review it at ${ctx.serverUrl?.() ?? ''}/promotions/${promotion.id}`,
    blockedOf(promotion, assessment),
  )
}
