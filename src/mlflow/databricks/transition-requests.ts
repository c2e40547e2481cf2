import { openRequest } from '../../governance/moves/request-move.ts'
import { requireMove, requireToWithdraw } from '../../governance/permissions.ts'
import type { Promotion } from '../../governance/promotions/promotion.ts'
import { endPromotions } from '../../governance/promotions/promotions.ts'
import { reviewPromotion } from '../../governance/promotions/review.ts'
import type { Context } from '../../platform/context.ts'
import { checkArchiving } from '../../registry/stages/transition-stage.ts'
import { type Operation, operation, reading } from '../operation.ts'
import { onVersion } from '../rules.ts'
import { unlessEmpty } from '../wire/json.ts'
import { message } from '../wire/message.ts'
import { archiving, one, readStage, required, toStage } from './messages.ts'
import { type Activity, activityToWire, requestToWire } from './request-wire.ts'
import {
  actionsOf,
  checkedComment,
  findRequest,
  mergeUnlessBlocked,
  type Named,
  requestsToWire,
} from './requests.ts'

function mayMove(ctx: Context, { name, version, stage }: Named): Promise<void> {
  return requireMove(ctx, name, { version, target: { stage }, archiveExisting: false })
}

/**
 * Promotion requests for stages, in the form of Databricks' clients. Opening one takes the right to
 * make the move, since a policy may let the server make it. `reviewPromotion` checks who may
 * decide.
 */
export const transitionRequestOperations: readonly Operation[] = [
  operation('createTransitionRequest', {
    request: reading(message(toStage), readStage),
    rule: mayMove,
    answer: async (ctx, req) => {
      const { promotion, judged } = await openRequest(ctx, {
        name: req.name,
        version: req.version,
        target: { stage: req.stage },
        archiveOthers: false,
        reason: checkedComment(req.comment),
      })
      return { request: requestToWire(promotion, await actionsOf(ctx, promotion, judged)) }
    },
  }),

  operation('listTransitionRequests', {
    request: message(one),
    rule: onVersion('READ'),
    answer: async (ctx, req) => ({
      requests: unlessEmpty(await requestsToWire(ctx, req)),
    }),
  }),

  operation('approveTransitionRequest', {
    request: message({ ...toStage, ...archiving }),
    rule: onVersion('READ'),
    answer: async (ctx, req) => {
      const comment = checkedComment(req.comment)
      const archiveOthers = req.archive_existing_versions
      const { id, target } = await findRequest(ctx, req)
      checkArchiving({ stage: target.stage ?? '', archiveOthers: archiveOthers ?? false })
      const approved = await reviewPromotion(ctx, id, {
        decision: 'approve',
        comment,
        archiveExisting: archiveOthers,
      })
      const { promotion, blockedBy } = await mergeUnlessBlocked(ctx, approved)
      return answer(ctx, promotion, {
        type: promotion.status === 'merged' ? 'APPLIED_TRANSITION' : 'APPROVED_REQUEST',
        comment,
        systemComment: blockedBy,
      })
    },
  }),

  operation('rejectTransitionRequest', {
    request: message(toStage),
    rule: onVersion('READ'),
    answer: async (ctx, req) => {
      const comment = checkedComment(req.comment)
      const promotion = await findRequest(ctx, req)
      await reviewPromotion(ctx, promotion.id, { decision: 'reject', comment })
      return answer(ctx, promotion, { type: 'REJECTED_REQUEST', comment })
    },
  }),

  operation('deleteTransitionRequest', {
    request: message({ ...toStage, creator: required }),
    rule: onVersion('READ'),
    answer: async (ctx, req) => {
      const comment = checkedComment(req.comment)
      const promotion = await findRequest(ctx, req, req.creator)
      requireToWithdraw(ctx, promotion)
      await endPromotions(ctx, [promotion], { status: 'closed', comment })
      return answer(ctx, promotion, { type: 'CANCELLED_REQUEST', comment })
    },
  }),
]

/** What the caller did about a request just now. */
function answer(
  ctx: Context,
  promotion: Promotion,
  done: Omit<Activity, 'user' | 'atMs'>,
): { activity: object } {
  const activity = { ...done, user: ctx.principal.name, atMs: ctx.now() }
  return { activity: activityToWire(promotion, activity) }
}
