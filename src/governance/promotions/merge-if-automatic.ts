import { RegistryError } from '../../core/error.ts'
import { gatehouse } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { assess, questionOf } from './assess.ts'
import { mergePromotion } from './merge.ts'
import type { Promotion } from './promotion.ts'

/** Merge a request whose policies say that it merges by itself, if nothing blocks it any more. */
export async function mergeIfAutomatic(ctx: Context, promotion: Promotion): Promise<boolean> {
  const assessment = await assess(ctx, questionOf(promotion), 'known')
  if (!assessment || assessment.policies.length === 0) return false
  const isAutomatic = assessment.policies.every(({ document }) => document.auto_promote)
  if (!isAutomatic || assessment.judgement.blockedBy.length > 0) return false
  try {
    await mergePromotion({ ...ctx, principal: gatehouse }, promotion.id)
    return true
  } catch (err) {
    // Blocked after all, or merged by another: what was asked for is done and stands.
    if (err instanceof RegistryError) return false
    throw err
  }
}
