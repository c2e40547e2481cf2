import { excerpt, notFound, RegistryError } from '../../core/error.ts'
import { checkLength } from '../../core/names.ts'
import { commentCharsMax } from '../../governance/comments.ts'
import { mayReview, mayWithdraw, type Reviewable } from '../../governance/permissions.ts'
import { readReviewing } from '../../governance/promotions/awaiting.ts'
import { type JudgedPromotion, mergePromotion } from '../../governance/promotions/merge.ts'
import type { Promotion } from '../../governance/promotions/promotion.ts'
import { getPromotion, listOpenStageRequests } from '../../governance/promotions/promotions.ts'
import type { Context } from '../../platform/context.ts'
import { resolveStage } from '../../registry/stages/stages.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { requestToWire } from './request-wire.ts'

/** A version and a stage, as a call names them. */
export type Named = { readonly name: string; readonly version: number; readonly stage: string }

/** @throws INVALID_PARAMETER_VALUE it is too long */
export function checkedComment(comment: string | undefined): string | undefined {
  checkLength(comment ?? '', commentCharsMax, 'comment')
  return comment || undefined
}

/** The open requests of a version, each with what the caller may do about it. */
export async function requestsToWire(
  ctx: Context,
  req: Pick<Named, 'name' | 'version'>,
): Promise<object[]> {
  const { id } = await getVersion(ctx, req.name, req.version)
  const promotions = await listOpenStageRequests(ctx, id)
  const reviewing = await readReviewing(ctx, promotions)
  const wire = []
  for (const promotion of promotions) {
    const actions = await actionsOf(ctx, promotion, reviewing.get(promotion.id))
    wire.push(requestToWire(promotion, actions))
  }
  return wire
}

/** What the caller may do about a request. @param reviewable absent: its version is gone */
export async function actionsOf(
  ctx: Context,
  promotion: Promotion,
  reviewable: Reviewable | undefined,
): Promise<string[]> {
  if (promotion.status !== 'open') return []
  return [
    ...(reviewable && (await mayReview(ctx, promotion, reviewable))
      ? ['APPROVE_TRANSITION_REQUEST', 'REJECT_TRANSITION_REQUEST']
      : []),
    ...(mayWithdraw(ctx, promotion) ? ['CANCEL_TRANSITION_REQUEST'] : []),
  ]
}

/**
 * The open request of a version for a stage.
 *
 * @param creator who must have opened it; absent: anybody
 * @throws RESOURCE_DOES_NOT_EXIST
 */
export async function findRequest(ctx: Context, req: Named, creator?: string): Promise<Promotion> {
  const { id } = await getVersion(ctx, req.name, req.version)
  const stage = await resolveStage(ctx, req.stage)
  const found = (await listOpenStageRequests(ctx, id)).find(
    ({ target, requestedBy }) =>
      target.stage === stage && (creator === undefined || requestedBy.name === creator),
  )
  if (found) return found
  const whose = creator === undefined ? '' : ` by ${excerpt(creator)}`
  throw notFound('Transition request', `${req.name} version ${req.version} -> ${stage}${whose}`)
}

/**
 * Make the move of a request that was just approved, if nothing blocks it and the caller may make
 * the move.
 *
 * @returns the present state of the request, and what blocks it
 */
export async function mergeUnlessBlocked(
  ctx: Context,
  { promotion: approved, judged }: JudgedPromotion,
): Promise<{ readonly promotion: Promotion; readonly blockedBy?: string }> {
  if (approved.status !== 'open') return { promotion: approved }
  try {
    return { promotion: await mergePromotion(ctx, approved.id, judged && { judged }) }
  } catch (err) {
    // The approval stays valid if the move must wait, and also if another call ended the request.
    const waits = ['PERMISSION_DENIED', 'RESOURCE_CONFLICT']
    if (!(err instanceof RegistryError && waits.includes(err.code))) throw err
    return { promotion: await getPromotion(ctx, approved.id), blockedBy: err.message }
  }
}
