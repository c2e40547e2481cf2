import { invalid } from '../../core/error.ts'
import { principalRecord } from '../../core/principal.ts'
import { readVersionsThere } from '../../governance/compare/versions-there.ts'
import { mayWithdraw, readablePromotion } from '../../governance/permissions.ts'
import { countOpenRequests } from '../../governance/promotions/awaiting.ts'
import { listPromotions, type PromotionFilter } from '../../governance/promotions/promotions.ts'
import { viewPromotions } from '../../governance/promotions/view.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import type { Context } from '../../platform/context.ts'
import { numberIn } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { type Inbox, InboxPage, type InboxView, inboxViews } from './inbox-page.tsx'
import { readWaiting } from './waiting.ts'

const shownMax = 50

/** `GET /promotions?view=&model=&after=`: requests about models that the caller may read. */
export async function showInbox(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [frame, waiting, open, unfollowed] = await Promise.all([
    frameOf(c),
    readWaiting(ctx),
    countOpenRequests(ctx),
    readUnfollowed(ctx),
  ])
  const asked = optionalQuery(c, 'view')
  const view = inboxViews.find((one) => one === asked) ?? (waiting.length > 0 ? 'waiting' : 'open')
  const model = optionalQuery(c, 'model')
  const before = beforeOf(optionalQuery(c, 'after'))
  const requests =
    view === 'waiting'
      ? {
          items: waiting.filter((one) => model === undefined || one.model === model),
          next: undefined,
        }
      : await readRequests(ctx, { ...filterOf(ctx, view), model }, before)
  const withdrawable = requests.items.filter(
    (one) => one.status === 'open' && mayWithdraw(ctx, one),
  )
  const inbox: Inbox = {
    ...{ view, model, open, ...requests },
    waiting: waiting.length,
    unfollowed,
    there: await readVersionsThere(
      ctx,
      requests.items.filter(({ status }) => status === 'open').map(({ id }) => id),
    ),
    withdrawable: new Set(withdrawable.map(({ id }) => id)),
    nowMs: ctx.now(),
  }
  return sendPage(c, { frame, page: <InboxPage frame={frame} inbox={inbox} /> })
}

function filterOf(ctx: Context, view: InboxView): PromotionFilter {
  switch (view) {
    case 'mine':
      return { requestedBy: principalRecord(ctx.principal) }
    case 'open':
      return { status: 'open' }
    case 'follow-up':
      return { lacksFollowUp: true }
    case 'decided':
      return { isDecided: true }
    default:
      return {}
  }
}

async function readRequests(ctx: Context, filter: PromotionFilter, before: number | undefined) {
  const page = { before, count: shownMax + 1, shown: readablePromotion(ctx) }
  const found = await listPromotions(ctx, filter, page)
  const items = await viewPromotions(ctx, found.slice(0, shownMax))
  return { items, next: found.length > shownMax ? items.at(-1)?.id : undefined }
}

/** The newest that were merged by break-glass and that nobody followed up. */
async function readUnfollowed(ctx: Context): Promise<Inbox['unfollowed']> {
  const page = { count: shownMax + 1, shown: readablePromotion(ctx) }
  const found = await listPromotions(ctx, { lacksFollowUp: true }, page)
  return { ids: found.slice(0, shownMax).map(({ id }) => id), hasMore: found.length > shownMax }
}

/** @throws INVALID_PARAMETER_VALUE it is not the number of a request */
function beforeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const id = numberIn(text)
  if (id === undefined) throw invalid(`Invalid value for 'after'; it is a number`)
  return id
}
