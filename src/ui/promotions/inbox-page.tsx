import type { FC } from 'hono/jsx'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { LineSearch } from '../parts/search-box.tsx'
import { NextLink } from '../parts/table.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { plural } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { RequestTable } from './request-table.tsx'

export const inboxViews = ['waiting', 'mine', 'open', 'decided', 'all'] as const
export type InboxView = (typeof inboxViews)[number]

export type Inbox = {
  readonly view: InboxView
  /** Only requests of this model. */
  readonly model: string | undefined
  /** How many wait for the caller. */
  readonly waiting: number
  /** How many are open, of all models that the caller may read. */
  readonly open: number
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
  decided: 'Decided',
  all: 'All',
}

/** Requests by what is to be done about them. */
export const InboxPage: FC<InboxProps> = ({ frame, inbox }) => {
  const { view, model, waiting, open, items, next } = inbox
  const { to } = frame
  const unfollowed = items.filter(({ breakGlass, followedUpBy }) => breakGlass && !followedUpBy)
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
        items={inboxViews.map((one) => ({
          href: to.query(to.promotions, { view: one, model }),
          text: titles[one],
          count: one === 'waiting' ? waiting : one === 'open' ? open : undefined,
          isCurrent: one === view,
        }))}
      />
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
      {unfollowed.map(({ id }) => (
        <p class="notice bad">
          <a href={to.promotion(id)}>#{id}</a> was merged past its gates. A follow-up by somebody
          else is open.
        </p>
      ))}
      <div data-part="requests">
        {items.length === 0 ? <Empty {...{ frame, inbox }} /> : <Requests {...{ frame, inbox }} />}
      </div>
      <NextLink after={next} hrefOf={(after) => to.query(to.promotions, { view, model, after })}>
        Older requests
      </NextLink>
    </Page>
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
  const { view, items, withdrawable, nowMs } = inbox
  const table = { requests: items, to, caption: titles[view], nowMs }
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
    requested_by: view === 'mine' ? caller.name : undefined,
    model,
  })
}
