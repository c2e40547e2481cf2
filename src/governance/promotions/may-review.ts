import { requireRight } from '../../access/require.ts'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { requireTransition } from '../../registry/promoting.ts'
import { whyNotApprove } from './approvals.ts'
import { type Assessment, assess, questionOf } from './assess.ts'
import type { Promotion } from './promotion.ts'

/**
 * Require that the caller may approve or reject: under one of the policies or, where none guards the
 * target, by the right to make the move.
 *
 * @throws PERMISSION_DENIED the message says why
 */
export async function requireToReview(
  ctx: Context,
  promotion: Promotion,
  assessment: Assessment,
): Promise<void> {
  const { policies, parties } = assessment
  if (policies.length === 0) return requireRightToMove(ctx, promotion, assessment)
  const reasons = policies.map(({ document }) =>
    whyNotApprove(ctx.principal, document.approvals, parties),
  )
  const [reason] = reasons
  if (reasons.some((why) => why === undefined)) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `'${excerpt(ctx.principal.name)}' may not review this request: ${reason}`,
  )
}

/**
 * Where no policy guards the target, the move takes the right that MLflow's own call takes: a request
 * is no way around it.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireRightToMove(
  ctx: Context,
  { version, target, archiveExisting }: Promotion,
  { candidate: { model }, policies }: Assessment,
): Promise<void> {
  if (policies.length > 0) return
  if (target.alias === undefined) {
    await requireTransition(ctx, model, version, target.stage, archiveExisting)
  } else {
    await requireRight(ctx, 'promote', { model, alias: target.alias })
  }
}

/** Whether the caller may approve or reject an open request. */
export async function mayReview(ctx: Context, promotion: Promotion): Promise<boolean> {
  const assessment = await assess(ctx, questionOf(promotion), 'known')
  if (!assessment) return false
  try {
    await requireToReview(ctx, promotion, assessment)
    return true
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'PERMISSION_DENIED') return false
    throw err
  }
}
