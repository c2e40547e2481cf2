import { needsGrant } from '../../access/require.ts'
import { denied, mayApprove } from '../../access/rights.ts'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { whyNotApprove } from './approvals.ts'
import { type Assessment, assess, questionOf } from './assess.ts'
import type { Promotion } from './promotion.ts'
import { requireMove } from './require.ts'

/**
 * Require that the caller may approve or reject: by the grants, and under one of the policies or,
 * where none guards the target, by the right to make the move.
 *
 * @throws PERMISSION_DENIED the message says why
 */
export async function requireToReview(
  ctx: Context,
  { version, target, archiveExisting }: Promotion,
  { candidate: { model }, policies, parties }: Assessment,
): Promise<void> {
  if (!(await mayApprove(ctx, model))) throw denied(ctx, needsGrant('approve', model, []))
  if (policies.length === 0) return requireMove(ctx, model, version, target, archiveExisting)
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
