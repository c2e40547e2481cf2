import { invalid, notFound } from '../../../core/error.ts'
import { readablePromotion, requireToWithdraw } from '../../../governance/permissions.ts'
import type { Promotion } from '../../../governance/promotions/promotion.ts'
import { endPromotions, listPromotions } from '../../../governance/promotions/promotions.ts'
import { viewPromotions } from '../../../governance/promotions/view.ts'
import type { AppContext } from '../../../http/app-env.ts'
import type { Context } from '../../../platform/context.ts'
import { listIn } from '../../addressed.ts'
import { changeOn, type Reshown } from '../../changes/change.ts'
import { findRefusal } from '../../forms.ts'
import { numberIn } from '../../paths.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { WithdrawPage } from './withdraw-page.tsx'

/** As many as a page of the inbox has. */
const selectedMax = 50

/** `GET /promotions/withdraw?sel=12&sel=13`: what ends if these requests are withdrawn. */
export async function showWithdrawal(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const ids = selectedIn(c)
  const [frame, found] = await Promise.all([frameOf(c), findReadable(ctx, ids)])
  const requests = await viewPromotions(ctx, found)
  const open = requests.filter(({ status }) => status === 'open')
  const whyNot = await findRefusal(requireAll(ctx, open))
  const missing = ids.length - requests.length
  const page = <WithdrawPage {...{ frame, requests, missing, whyNot, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** @throws INVALID_PARAMETER_VALUE these are not numbers of requests, or too many */
function selectedIn(c: AppContext): number[] {
  const ids = [...new Set(listIn(c, 'sel'))].map(numberIn)
  if (ids.length > selectedMax) throw invalid(`Select at most ${selectedMax} requests`)
  return ids.map((id) => {
    if (id === undefined) throw invalid(`'sel' is the number of a promotion request, such as 12`)
    return id
  })
}

/** Those that are there for the caller, newest first. */
function findReadable(ctx: Context, ids: readonly number[]): Promise<Promotion[]> {
  return listPromotions(ctx, { ids }, { count: selectedMax, shown: readablePromotion(ctx) })
}

async function requireAll(ctx: Context, requests: readonly Promotion[]): Promise<void> {
  for (const request of requests) requireToWithdraw(ctx, request)
}

/** @throws RESOURCE_DOES_NOT_EXIST one of them is not there for the caller */
async function getReadable(ctx: Context, ids: readonly number[]): Promise<Promotion[]> {
  const found = await findReadable(ctx, ids)
  const there = new Set(found.map(({ id }) => id))
  const gone = ids.find((id) => !there.has(id))
  if (gone !== undefined) throw notFound('Promotion request', String(gone))
  return found
}

const change = changeOn({
  show: showWithdrawal,
  // The address names those that were shown as open.
  atOf: (c) => ({ ids: selectedIn(c) }),
  addressOf: (to) => to.query(to.promotions, { view: 'mine' }),
})

/** `POST /promotions/withdraw?sel=`: all of these requests end, or none does. */
export const postWithdrawal = change({
  operation: 'closePromotion',
  read: (form) => ({ comment: form.text('comment') }),
  rule: async (ctx, { ids }) => requireAll(ctx, await findReadable(ctx, ids)),
  make: async (ctx, { ids, comment }) => {
    if (ids.length === 0) throw invalid('Select the requests first')
    await endPromotions(ctx, await getReadable(ctx, ids), { status: 'closed', comment })
  },
})
