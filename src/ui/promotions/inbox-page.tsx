import type { FC } from 'hono/jsx'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { LineSearch } from '../parts/search-box.tsx'
import { Sign } from '../parts/sign.tsx'
import { NextLink } from '../parts/table.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { plural } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { RequestTable } from './request-table.tsx'

export const inboxViews = ['waiting', 'mine', 'open', 'follow-up', 'decided', 'all'] as const
export type InboxView = (typeof inboxViews)[number]

export type Inbox = {
  readonly view: InboxView
  /** Only requests of this model. */
  readonly model: string | undefined
  /** How many wait for the caller. */
  readonly waiting: number
  /** How many are open, of all models that the caller may read. */
  readonly open: number
  /** The newest that were merged by break-glass and wait for a follow-up, of those that the caller may read. */
  readonly unfollowed: { readonly ids: readonly number[]; readonly hasMore: boolean }
  /** The version that is now where a request leads, by its number. */
  readonly there: ReadonlyMap<number, number>
  /** Those of the items that the caller may withdraw. */
  readonly withdrawable: ReadonlySet<number>
  readonly nowMs: number
  readonly items: readonly PromotionView[]
  /** After which request the list goes on. */
  readonly next: number | undefined
}

const titles: Readonly<Record<InboxView, string>> = {
  waiting: 'Waiting for me',
  mine: 'Mine',
  open: 'Open',
  'follow-up': 'To follow up',
  decided: 'Decided',
  all: 'All',
}

/** Requests by what is to be done about them. */
export const InboxPage: FC<InboxProps> = ({ frame, inbox }) => {
  const { view, model, waiting, unfollowed, items, next } = inbox
  const { to } = frame
  const views = inboxViews.filter(
    (one) => one !== 'follow-up' || one === view || unfollowed.ids.length > 0,
  )
  return (
    <Page
      frame={frame}
      title={waiting > 0 ? `(${waiting}) Promotions` : 'Promotions'}
      heading="Promotions"
      section="promotions"
      live={{}}
      waiting={waiting}
      api={{ method: 'GET', path: apiPath(inbox, frame) }}
    >
      <Tabs
        label="Which requests"
        items={views.map((one) => ({
          href: to.query(to.promotions, { view: one, model }),
          text: titles[one],
          count: countOf(inbox, one),
          isCurrent: one === view,
        }))}
      />
      <div data-part="unfollowed">
        <Unfollowed {...{ frame, inbox }} />
      </div>
      <LineSearch
        action={to.promotions}
        label="Model"
        name="model"
        words={model ?? ''}
        placeholder="its whole name"
        button="Filter"
      >
        <input type="hidden" name="view" value={view} />
        {model === undefined ? null : <a href={to.query(to.promotions, { view })}>All models</a>}
      </LineSearch>
      <div data-part="requests">
        {items.length === 0 ? <Empty {...{ frame, inbox }} /> : <Requests {...{ frame, inbox }} />}
      </div>
      <NextLink after={next} hrefOf={(after) => to.query(to.promotions, { view, model, after })}>
        Older requests
      </NextLink>
    </Page>
  )
}

function countOf({ waiting, open, unfollowed }: Inbox, view: InboxView): number | undefined {
  if (view === 'waiting') return waiting
  if (view === 'open') return open
  return view === 'follow-up' && !unfollowed.hasMore ? unfollowed.ids.length : undefined
}

const namedMax = 5

/** What was merged past its gates stays on top of every list until somebody else looked at it. */
const Unfollowed: FC<InboxProps> = ({ frame: { to }, inbox: { view, unfollowed } }) => {
  const { ids, hasMore } = unfollowed
  if (ids.length === 0 || view === 'follow-up') return null
  const named = ids.slice(0, namedMax)
  return (
    <p class="notice bad">
      <Sign of="warning" />{' '}
      {named.map((id, i) => (
        <>
          {i === 0 ? '' : ', '}
          <a href={to.promotion(id)}>#{id}</a>
        </>
      ))}
      {ids.length > named.length ? (
        <>
          {' and '}
          <a href={to.query(to.promotions, { view: 'follow-up' })}>
            {hasMore ? 'more' : `${ids.length - named.length} more`}
          </a>
        </>
      ) : null}
      {ids.length === 1
        ? ' was merged past its gates. A follow-up by somebody else is open.'
        : ' were merged past their gates. Follow-ups by somebody else are open.'}
    </p>
  )
}

type InboxProps = { readonly frame: Frame; readonly inbox: Inbox }

const Empty: FC<InboxProps> = ({ frame: { to }, inbox: { view, model, open } }) => (
  <p class="empty">
    {view === 'waiting' ? 'Nothing waits for you' : 'There are none'}
    {model === undefined ? '.' : ' of this model.'}
    {view === 'waiting' && open > 0 ? (
      <>
        {' '}
        <a href={to.query(to.promotions, { view: 'open' })}>
          {plural(open, 'request is', 'requests are')} open
        </a>{' '}
        for others.
      </>
    ) : null}
  </p>
)

/** The table, and below it what is done with the requests that are ticked. */
const Requests: FC<InboxProps> = ({ frame: { to }, inbox }) => {
  const { view, items, there, withdrawable, nowMs } = inbox
  const table = { requests: items, there, to, caption: titles[view], nowMs }
  if (withdrawable.size === 0) return <RequestTable {...table} />
  return (
    <form method="get" action={`${to.promotions}/withdraw`}>
      <RequestTable {...table} selectable={withdrawable} />
      <div class="row">
        <button type="submit" class="quiet danger">
          Withdraw selected…
        </button>
        <span class="soft">Every other decision is made on the page of its request.</span>
      </div>
    </form>
  )
}

function apiPath({ view, model }: Inbox, { to, caller }: Frame): string {
  return to.query('/api/v1/promotions', {
    awaiting: view === 'waiting' ? 'me' : undefined,
    status: view === 'open' ? 'open' : undefined,
    follow_up: view === 'follow-up' ? 'open' : undefined,
    requested_by: view === 'mine' ? caller.name : undefined,
    model,
  })
}
