import { openRequest } from '../../governance/moves/request-move.ts'
import {
  readablePromotion,
  requireMove,
  requirePromotion,
  requireToMerge,
  requireToWithdraw,
} from '../../governance/permissions.ts'
import { breakGlass, followUp } from '../../governance/promotions/break-glass.ts'
import { postCheck } from '../../governance/promotions/checks.ts'
import { mergePromotion } from '../../governance/promotions/merge.ts'
import * as verbs from '../../governance/promotions/promotions.ts'
import { reviewPromotion } from '../../governance/promotions/review.ts'
import { viewPromotion } from '../../governance/promotions/view.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import type { Asked } from '../endpoints/endpoint.ts'
import * as endpoints from '../endpoints/promotions.ts'
import { page } from '../page.ts'
import { type Served, serve } from '../serve.ts'
import { promotionToWire, targetFrom } from './promotion-wire.ts'

type OfPromotion = { readonly params: { readonly id: number } }

/** Policies say whose reviews count; to look at a request and to speak takes READ. */
const mayRead = (ctx: Context, { params }: OfPromotion) => requirePromotion(ctx, params.id, 'READ')
const mayEdit = (ctx: Context, { params }: OfPromotion) => requirePromotion(ctx, params.id, 'EDIT')
const mayMerge = (ctx: Context, { params }: OfPromotion) => requireToMerge(ctx, params.id)

async function mayOpen(
  ctx: Context,
  { body }: Pick<Asked<typeof endpoints.openPromotion>, 'body'>,
): Promise<void> {
  const target = await targetFrom(ctx, body.to)
  await requireMove(ctx, body.model, Number(body.version), target, body.archive_existing)
}

async function mayClose(ctx: Context, { params }: OfPromotion): Promise<void> {
  await requirePromotion(ctx, params.id, 'READ')
  requireToWithdraw(ctx, await verbs.getPromotion(ctx, params.id))
}

/** The pull requests of models. */
export const promotionRoutes: readonly Served[] = [
  serve(endpoints.openPromotion, mayOpen, async (ctx, { body }) => {
    const target = await targetFrom(ctx, body.to)
    const promotion = await openRequest(ctx, {
      name: body.model,
      version: Number(body.version),
      target,
      archiveOthers: body.archive_existing,
      reason: body.reason,
    })
    return promotionToWire(ctx, await viewPromotion(ctx, promotion))
  }),

  serve(endpoints.listPromotions, anyone, async (ctx, { query }) => {
    const { awaiting, status, model, version, requested_by } = query
    const filter = {
      status: awaiting ? ('open' as const) : status,
      model,
      version,
      requestedBy: requested_by,
    }
    const readable = readablePromotion(ctx)
    const { items, ...next } = await page(['promotions', filter, awaiting ?? ''], query, {
      first: Number.MAX_SAFE_INTEGER,
      read: (before, count) => verbs.listPromotions(ctx, filter, before, count, readable),
      keyOf: ({ id }) => id,
      toWire: (promotion) => promotion,
    })
    const views = []
    for (const promotion of items) views.push(await viewPromotion(ctx, promotion))
    const shown = awaiting ? views.filter(({ awaitsCaller }) => awaitsCaller) : views
    return { items: shown.map((view) => promotionToWire(ctx, view)), ...next }
  }),

  serve(endpoints.getPromotion, mayRead, (ctx, { params }) => answer(ctx, params.id)),

  serve(endpoints.reviewPromotion, mayRead, async (ctx, { params, body }) => {
    await reviewPromotion(ctx, params.id, body.decision, body.comment)
    return answer(ctx, params.id)
  }),

  serve(endpoints.postCheck, mayEdit, async (ctx, { params, body }) => {
    const { name, status, url, summary } = body
    await postCheck(ctx, params.id, { name, status, url, summary })
    return answer(ctx, params.id)
  }),

  serve(endpoints.mergePromotion, mayMerge, async (ctx, { params }) => {
    await mergePromotion(ctx, params.id)
    return answer(ctx, params.id)
  }),

  serve(endpoints.closePromotion, mayClose, async (ctx, { params, body }) => {
    const promotion = await verbs.getPromotion(ctx, params.id)
    await verbs.endPromotion(ctx, promotion, 'closed', body.comment)
    return answer(ctx, params.id)
  }),

  serve(endpoints.breakGlass, mayMerge, async (ctx, { params, body }) => {
    await breakGlass(ctx, params.id, body.reason)
    return answer(ctx, params.id)
  }),

  serve(endpoints.followUp, mayRead, async (ctx, { params, body }) => {
    await followUp(ctx, params.id, body.comment)
    return answer(ctx, params.id)
  }),
]

async function answer(ctx: Context, id: number) {
  return promotionToWire(ctx, await viewPromotion(ctx, await verbs.getPromotion(ctx, id)))
}
