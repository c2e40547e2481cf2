import { invalid } from '../../core/error.ts'
import { requirePromotion } from '../../governance/permissions.ts'
import { getPromotion } from '../../governance/promotions/promotions.ts'
import { viewPromotion } from '../../governance/promotions/view.ts'
import type { AppContext } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { PromotionPage } from './promotion-page.tsx'

/** `GET /promotions/{id}`: what a reviewer must see, as a page that needs nothing else. */
export async function showPromotion(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const promotion = await getPromotion(ctx, promotionIdOf(c))
  const frame = await frameOf(c)
  const view = await viewPromotion(ctx, promotion)
  return sendPage(c, { frame, page: <PromotionPage frame={frame} promotion={view} /> })
}

/** Everybody who may read the model may read its requests. @throws PERMISSION_DENIED */
export function mayReadPromotion(ctx: Context, c: AppContext): Promise<void> {
  return requirePromotion(ctx, promotionIdOf(c), 'READ')
}

/** @throws INVALID_PARAMETER_VALUE it is not the number of a request */
function promotionIdOf(c: AppContext): number {
  const text = c.req.param('id') ?? ''
  if (!/^[1-9]\d{0,14}$/.test(text)) throw invalid('A promotion request has a number, such as 12')
  return Number(text)
}
