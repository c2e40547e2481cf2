import { readablePromotion } from '../../governance/permissions.ts'
import { listAwaiting } from '../../governance/promotions/awaiting.ts'
import { listPromotions } from '../../governance/promotions/promotions.ts'
import { type PromotionView, viewPromotions } from '../../governance/promotions/view.ts'
import type { Context } from '../../platform/context.ts'

/** How many open requests are looked at for those that wait for the caller. */
const openMax = 100

/** The open requests that lack an approval which the caller may give, newest first. */
export async function readWaiting(ctx: Context): Promise<PromotionView[]> {
  const open = await listPromotions(
    ctx,
    { status: 'open' },
    { count: openMax, shown: readablePromotion(ctx) },
  )
  return viewPromotions(ctx, await listAwaiting(ctx, open))
}
