import { sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import { type Context, type Platform, systemContext } from '../../platform/context.ts'
import { listPolicies } from '../policies/policies.ts'
import { keepJudgement } from './assess.ts'
import { mergeIfAutomatic } from './merge.ts'
import { type Promotion, type PromotionRow, promotionFrom } from './promotion.ts'
import { endPromotion } from './promotions.ts'

const perSweep = 50

/**
 * Do what time does to open requests: those past their time expire, and those that merge by themselves
 * are judged again, since no call tells us that a soak has ended or a metric has arrived. It may run
 * twice at once.
 */
export async function sweepPromotions(platform: Platform): Promise<void> {
  const open = await platform.db.all(sql<PromotionRow>`select * from promotions
    where status = 'open' order by expires_at_ms limit ${perSweep}`)
  if (open.length === 0) return
  const automatic = (await listPolicies(systemContext(platform))).some(
    ({ document }) => document.auto_promote,
  )
  for (const promotion of open.map(promotionFrom)) {
    // A context each, since the id of its request tells what it wrote.
    const ctx = systemContext(platform)
    if (promotion.expiresAtMs <= ctx.now()) await expire(ctx, promotion)
    else if (automatic) await mergeDue(ctx, promotion)
  }
}

/** Merge what merges by itself; a judgement that says nothing new is not kept, since sweeps are many. */
async function mergeDue(ctx: Context, promotion: Promotion): Promise<void> {
  const { judged } = await mergeIfAutomatic(ctx, promotion)
  const before = JSON.stringify(promotion.evidence?.blocked_by)
  if (judged && JSON.stringify(judged.judgement.blockedBy) !== before) {
    await keepJudgement(ctx, promotion.id, judged)
  }
}

async function expire(ctx: Context, promotion: Promotion): Promise<void> {
  try {
    await endPromotion(ctx, promotion, 'expired')
  } catch (err) {
    // Another call ended it first.
    if (!(err instanceof RegistryError && err.code === 'RESOURCE_CONFLICT')) throw err
  }
}
