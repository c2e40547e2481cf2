import { openRequest } from '../../governance/moves/request-move.ts'
import {
  readablePromotion,
  requireMove,
  requirePromotion,
  requireToMerge,
  requireToWithdraw,
} from '../../governance/permissions.ts'
import type { Assessment } from '../../governance/promotions/assess.ts'
import { listAwaiting } from '../../governance/promotions/awaiting.ts'
import { breakGlass, followUp } from '../../governance/promotions/break-glass.ts'
import { postCheck } from '../../governance/promotions/checks.ts'
import { type JudgedPromotion, mergePromotion } from '../../governance/promotions/merge.ts'
import type { Promotion } from '../../governance/promotions/promotion.ts'
import * as verbs from '../../governance/promotions/promotions.ts'
import { reviewPromotion } from '../../governance/promotions/review.ts'
import { viewPromotion, viewPromotions } from '../../governance/promotions/view.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import type { RequestOf } from '../endpoints/endpoint.ts'
import * as endpoints from '../endpoints/promotions.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'
import { promotionToWire, seenFrom, targetFrom } from './promotion-wire.ts'

type OfPromotion = { readonly params: { readonly id: number } }

/** Policies say whose reviews count. Reading a request and commenting on it take READ. */
const mayRead = (ctx: Context, { params }: OfPromotion) => requirePromotion(ctx, params.id, 'READ')
const mayEdit = (ctx: Context, { params }: OfPromotion) => requirePromotion(ctx, params.id, 'EDIT')
const mayMerge = (ctx: Context, { params }: OfPromotion) => requireToMerge(ctx, params.id)

async function mayOpen(
  ctx: Context,
  { body }: Pick<RequestOf<typeof endpoints.openPromotion>, 'body'>,
): Promise<void> {
  const target = await targetFrom(ctx, body.to)
  await requireMove(ctx, body.model, {
    version: Number(body.version),
    target,
    archiveExisting: body.archive_existing,
  })
}

async function mayClose(ctx: Context, { params }: OfPromotion): Promise<void> {
  await requirePromotion(ctx, params.id, 'READ')
  requireToWithdraw(ctx, await verbs.getPromotion(ctx, params.id))
}

/** The pull requests of models. */
export const promotionRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.openPromotion, mayOpen, async (ctx, { body }) => {
    const target = await targetFrom(ctx, body.to)
    const opened = await openRequest(ctx, {
      name: body.model,
      version: Number(body.version),
      target,
      archiveOthers: body.archive_existing,
      reason: body.reason,
    })
    return answerJudged(ctx, opened)
  }),

  serve(endpoints.listPromotions, anyone, async (ctx, { query }) => {
    const { awaiting, status, model, version, requested_by, follow_up } = query
    const filter = {
      status: awaiting ? ('open' as const) : status,
      model,
      version,
      ...(follow_up && { lacksFollowUp: true as const }),
      requestedBy: requested_by === undefined ? undefined : { name: requested_by },
    }
    const shown = readablePromotion(ctx)
    const { items, ...next } = await page(['promotions', filter, awaiting ?? ''], query, {
      first: Number.MAX_SAFE_INTEGER,
      read: (before, count) => verbs.listPromotions(ctx, filter, { before, count, shown }),
      keyOf: ({ id }) => id,
      toWire: (promotion) => promotion,
    })
    const listed = awaiting ? await listAwaiting(ctx, items) : items
    const views = await viewPromotions(ctx, listed)
    return { items: views.map((view) => promotionToWire(ctx, view)), ...next }
  }),

  serve(endpoints.getPromotion, mayRead, async (ctx, { params }) =>
    answer(ctx, await verbs.getPromotion(ctx, params.id)),
  ),

  serve(endpoints.reviewPromotion, mayRead, async (ctx, { params, body }) =>
    answerJudged(
      ctx,
      await reviewPromotion(ctx, params.id, { ...body, seen: body.seen && seenFrom(body.seen) }),
    ),
  ),

  serve(endpoints.postCheck, mayEdit, async (ctx, { params, body }) => {
    const { name, status, url, summary } = body
    return answerJudged(ctx, await postCheck(ctx, params.id, { name, status, url, summary }))
  }),

  serve(endpoints.mergePromotion, mayMerge, async (ctx, { params, body }) =>
    answer(ctx, await mergePromotion(ctx, params.id, { seen: body.seen && seenFrom(body.seen) })),
  ),

  serve(endpoints.closePromotion, mayClose, async (ctx, { params, body }) => {
    const promotion = await verbs.getPromotion(ctx, params.id)
    await verbs.endPromotions(ctx, [promotion], { status: 'closed', comment: body.comment })
    return answer(ctx, await verbs.getPromotion(ctx, params.id))
  }),

  serve(endpoints.breakGlass, mayMerge, async (ctx, { params, body }) =>
    answer(
      ctx,
      await breakGlass(ctx, params.id, {
        reason: body.reason,
        seen: body.seen && seenFrom(body.seen),
      }),
    ),
  ),

  serve(endpoints.followUp, mayRead, async (ctx, { params, body }) =>
    answer(ctx, await followUp(ctx, params.id, body.comment)),
  ),
]

async function answer(ctx: Context, promotion: Promotion, judged?: Assessment) {
  return promotionToWire(ctx, await viewPromotion(ctx, promotion, judged))
}

function answerJudged(ctx: Context, { promotion, judged }: JudgedPromotion) {
  return answer(ctx, promotion, judged)
}
