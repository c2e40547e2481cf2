import { needsGrant } from '../../access/permissions/require.ts'
import { denied, mayApprove } from '../../access/permissions/rights.ts'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { whyNotApprove } from './approvals.ts'
import type { Assessment } from './assess.ts'
import type { Promotion } from './promotion.ts'
import { requireMove } from './require.ts'

/**
 * Require that the caller may approve or reject: by the grants, and under one of the policies that ask
 * for approvals or, where none does, by the right to make the move.
 *
 * @throws PERMISSION_DENIED the message says why
 */
export async function requireToReview(
  ctx: Context,
  { version, target, archiveExisting }: Promotion,
  { candidate: { model }, policies, parties }: Assessment,
): Promise<void> {
  if (!(await mayApprove(ctx, model))) throw denied(ctx, needsGrant('approve', model, []))
  const asking = policies.filter(({ document }) => document.approvals.rules.length > 0)
  if (asking.length === 0) return requireMove(ctx, model, version, target, archiveExisting)
  const reasons = asking.map(({ document }) =>
    whyNotApprove(ctx.principal, document.approvals, parties),
  )
  const [reason] = reasons
  if (reasons.some((why) => why === undefined)) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `'${excerpt(ctx.principal.name)}' may not review this request: ${reason}`,
  )
}

/** Whether the caller may approve or reject an open request. @param assessment of now */
export async function mayReview(
  ctx: Context,
  promotion: Promotion,
  assessment: Assessment,
): Promise<boolean> {
  try {
    await requireToReview(ctx, promotion, assessment)
    return true
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'PERMISSION_DENIED') return false
    throw err
  }
}
