import type { FC } from 'hono/jsx'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { NextLink } from '../parts/table.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { Given } from '../parts/text.tsx'
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
export const InboxPage: FC<{ readonly frame: Frame; readonly inbox: Inbox }> = ({
  frame,
  inbox,
}) => {
  const { view, model, waiting, items, next } = inbox
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
          count: one === 'waiting' ? waiting : undefined,
          isCurrent: one === view,
        }))}
      />
      {model === undefined ? null : (
        <p>
          Only requests of{' '}
          <strong>
            <Given text={model} />
          </strong>
          . <a href={to.query(to.promotions, { view })}>All models</a>
        </p>
      )}
      {unfollowed.map(({ id }) => (
        <p class="notice bad">
          <a href={to.promotion(id)}>#{id}</a> was merged past its gates. A follow-up by somebody
          else is open.
        </p>
      ))}
      <div data-part="requests">
        {items.length === 0 ? (
          <p class="empty">{view === 'waiting' ? 'Nothing waits for you.' : 'There are none.'}</p>
        ) : (
          <RequestTable requests={items} to={to} caption={titles[view]} />
        )}
      </div>
      <NextLink after={next} hrefOf={(after) => to.query(to.promotions, { view, model, after })}>
        Older requests
      </NextLink>
    </Page>
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
