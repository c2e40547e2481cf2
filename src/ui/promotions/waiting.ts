import { readablePromotion } from '../../governance/permissions.ts'
import { listAwaiting } from '../../governance/promotions/awaiting.ts'
import type { Promotion } from '../../governance/promotions/promotion.ts'
import { listPromotions } from '../../governance/promotions/promotions.ts'
import { type PromotionView, viewPromotions } from '../../governance/promotions/view.ts'
import type { Context } from '../../platform/context.ts'
import type { Beside } from '../../search/page.ts'

/** How many open requests are looked at for those that wait for the caller. */
const openMax = 100

/** The open requests that lack an approval which the caller may give, newest first. */
export async function readWaiting(ctx: Context): Promise<PromotionView[]> {
  return viewPromotions(ctx, await findWaiting(ctx))
}

/** Their numbers alone, of which no gate is judged. */
export async function readWaitingIds(ctx: Context): Promise<number[]> {
  return (await findWaiting(ctx)).map(({ id }) => id)
}

async function findWaiting(ctx: Context): Promise<Promotion[]> {
  const open = await listPromotions(
    ctx,
    { status: 'open' },
    { count: openMax, shown: readablePromotion(ctx) },
  )
  return listAwaiting(ctx, open)
}

/** From one request to those that wait, as their list has them: newer before, older after. */
export function waitingBeside(waiting: readonly number[], id: number): Beside<number> {
  return {
    before: waiting.findLast((other) => other > id),
    after: waiting.find((other) => other < id),
  }
}
