import { sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import { type Platform, systemContext } from '../../platform/context.ts'
import { listPolicies } from '../policies/policies.ts'
import { mergeIfAutomatic } from './merge.ts'
import { type Promotion, type PromotionRow, promotionFrom } from './promotion.ts'
import { endPromotion } from './promotions.ts'

const perSweep = 50

/**
 * What becomes of open requests by time alone: those past their time expire, and those that merge by
 * themselves are looked at again, since a soak ends and a metric arrives without a call to us.
 * Safe to run twice at once.
 */
export async function sweepPromotions(platform: Platform): Promise<void> {
  const open = await platform.db.all<PromotionRow>(sql`select * from promotions
    where status = 'open' order by expires_at_ms limit ${perSweep}`)
  if (open.length === 0) return
  const automatic = (await listPolicies(systemContext(platform))).some(
    ({ document }) => document.auto_promote,
  )
  for (const promotion of open.map(promotionFrom)) {
    // Each is a request of its own: what it wrote is told by its id.
    const ctx = systemContext(platform)
    if (promotion.expiresAtMs <= ctx.now()) await expire(ctx, promotion)
    else if (automatic) await mergeIfAutomatic(ctx, promotion)
  }
}

async function expire(ctx: ReturnType<typeof systemContext>, promotion: Promotion): Promise<void> {
  try {
    await endPromotion(ctx, promotion, 'expired')
  } catch (err) {
    // Somebody else ended it first.
    if (!(err instanceof RegistryError && err.code === 'RESOURCE_CONFLICT')) throw err
  }
}
