import { invalid } from '../../core/error.ts'
import {
  requirePromotion,
  requireToMerge,
  requireToWithdraw,
} from '../../governance/permissions.ts'
import { breakGlass, followUp } from '../../governance/promotions/break-glass.ts'
import { mergePromotion } from '../../governance/promotions/merge.ts'
import { endPromotions, getPromotion } from '../../governance/promotions/promotions.ts'
import { reviewPromotion } from '../../governance/promotions/review.ts'
import type { Seen } from '../../governance/seen.ts'
import type { AppContext } from '../../http/app-env.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import type { Context } from '../../platform/context.ts'
import { type FormFields, type FormProblem, formAction, noteProblem } from '../forms.ts'
import { numberIn, pathsUnder } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { readCardChange } from './card-change.tsx'
import { PromotionPage } from './promotion-page.tsx'
import { seenIn } from './seen-fields.tsx'
import { readStanding } from './standing.ts'
import { readWaitingIds } from './waiting.ts'

type Shown = {
  readonly problem?: FormProblem
  readonly typed?: string | undefined
  /** What a form showed that was refused. */
  readonly seen?: Seen | undefined
}

/** `GET /promotions/{id}` */
export async function showPromotion(
  c: AppContext,
  { seen, ...shown }: Shown = {},
): Promise<Response> {
  const [frame, standing, waiting] = await Promise.all([
    frameOf(c),
    readStanding(c.var.ctx, promotionIdOf(c)),
    readWaitingIds(c.var.ctx),
  ])
  const changedCard = await readCardChange(c.var.ctx, standing, seen)
  const page = <PromotionPage {...{ frame, standing, waiting, changedCard, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** Everybody who may read the model may read its requests. @throws PERMISSION_DENIED */
export function mayReadPromotion(ctx: Context, c: AppContext): Promise<void> {
  return requirePromotion(ctx, promotionIdOf(c), 'READ')
}

/** `POST /promotions/{id}/reviews`: approve, reject or comment on what was shown. */
export const postReview = formAction({
  operation: 'reviewPromotion',
  rule: mayReadPromotion,
  run: (ctx, c, form) =>
    done(c, { typed: form.text('comment'), field: 'comment', form }, async () => {
      const review = { decision: decisionOf(form), comment: form.text('comment') }
      if (review.decision === 'reject' && review.comment === undefined) {
        throw invalid('Say why you reject it: whoever asked has to know what to change')
      }
      if (review.decision === 'comment' && review.comment === undefined) {
        throw invalid('Write a comment first')
      }
      const seen = review.decision === 'comment' ? undefined : seenIn(form)
      await reviewPromotion(ctx, promotionIdOf(c), { ...review, seen })
    }),
})

function decisionOf(form: FormFields): 'approve' | 'reject' | 'comment' {
  const decision = form.text('decision')
  if (decision === 'approve' || decision === 'reject' || decision === 'comment') return decision
  throw invalid('The form does not say what was decided')
}

/** `POST /promotions/{id}/merge` */
export const postMerge = formAction({
  operation: 'mergePromotion',
  rule: (ctx, c) => requireToMerge(ctx, promotionIdOf(c)),
  run: (ctx, c, form) =>
    done(c, { form }, () => mergePromotion(ctx, promotionIdOf(c), { seen: seenIn(form) })),
})

/** `POST /promotions/{id}/break-glass` */
export const postBreakGlass = formAction({
  operation: 'breakGlass',
  rule: (ctx, c) => requireToMerge(ctx, promotionIdOf(c)),
  run: (ctx, c, form) =>
    done(c, { typed: form.text('reason'), form }, () => {
      if (!form.isChecked('understood')) throw invalid('Say that you understand what it means')
      const reason = form.text('reason') ?? ''
      return breakGlass(ctx, promotionIdOf(c), { reason, seen: seenIn(form) })
    }),
})

/** `POST /promotions/{id}/close` */
export const postClose = formAction({
  operation: 'closePromotion',
  async rule(ctx, c) {
    await requirePromotion(ctx, promotionIdOf(c), 'READ')
    requireToWithdraw(ctx, await getPromotion(ctx, promotionIdOf(c)))
  },
  run: (ctx, c, form) =>
    done(c, {}, async () => {
      const promotion = await getPromotion(ctx, promotionIdOf(c))
      await endPromotions(ctx, [promotion], { status: 'closed', comment: form.text('comment') })
    }),
})

/** `POST /promotions/{id}/follow-up` */
export const postFollowUp = formAction({
  operation: 'followUp',
  rule: mayReadPromotion,
  run: (ctx, c, form) => done(c, {}, () => followUp(ctx, promotionIdOf(c), form.text('comment'))),
})

type Typed = {
  readonly typed?: string | undefined
  readonly field?: string
  /** Of a decision: it says what was seen. */
  readonly form?: FormFields
}

/** Do it and lead back to the page; or show the page with why it was not done, and what was typed. */
async function done(
  c: AppContext,
  { typed, field, form }: Typed,
  act: () => Promise<unknown>,
): Promise<Response> {
  try {
    await act()
  } catch (err) {
    const problem = await noteProblem(c, err, field)
    const seen = form && problem.status === 409 ? seenIn(form) : undefined
    return showPromotion(c, { problem, typed, seen })
  }
  return c.redirect(pathsUnder(pagePrefix(c)).promotion(promotionIdOf(c)), 303)
}

/** @throws INVALID_PARAMETER_VALUE it is not the number of a request */
function promotionIdOf(c: AppContext): number {
  const id = numberIn(c.req.param('id'))
  if (id === undefined) throw invalid('A promotion request has a number, such as 12')
  return id
}
