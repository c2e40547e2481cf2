import { invalid } from '../../core/error.ts'
import { readablePromotion, requirePromotion } from '../../governance/permissions.ts'
import { getPromotion, listPromotions } from '../../governance/promotions/promotions.ts'
import { viewPromotion } from '../../governance/promotions/view.ts'
import type { AppContext } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import { sendPage } from '../page.tsx'
import { PromotionListPage } from './promotion-list-page.tsx'
import { PromotionPage } from './promotion-page.tsx'

const shownMax = 200

/** `GET /promotions/{id}`: what a reviewer must see, as a page that needs nothing else. */
export async function showPromotion(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const promotion = await getPromotion(ctx, promotionIdOf(c))
  return sendPage(c, PromotionPage({ promotion: await viewPromotion(ctx, promotion) }))
}

/** `GET /promotions`: the newest requests about models that the caller may read. */
export async function showPromotions(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const promotions = await listPromotions(
    ctx,
    {},
    { count: shownMax, shown: readablePromotion(ctx) },
  )
  return sendPage(c, PromotionListPage({ promotions }))
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
