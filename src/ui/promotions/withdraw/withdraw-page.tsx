import type { FC } from 'hono/jsx'
import type { PromotionView } from '../../../governance/promotions/view.ts'
import type { Reshown } from '../../changes/change.ts'
import { Problem, TextField } from '../../parts/fields.tsx'
import { plural, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { Page } from '../../shell/page.tsx'
import { RequestTable } from '../request-table.tsx'

type WithdrawProps = Reshown & {
  readonly frame: Frame
  /** Those of the selected that the caller may read, newest first. */
  readonly requests: readonly PromotionView[]
  /** How many of the selected are not among them. */
  readonly missing: number
  /** Why the caller may not withdraw all that are open. */
  readonly whyNot: string | undefined
}

/** What ends when several requests are withdrawn, before it is done. */
export const WithdrawPage: FC<WithdrawProps> = (props) => {
  const { frame, requests, missing, problem } = props
  const { to } = frame
  const open = requests.filter(({ status }) => status === 'open')
  const decided = requests.length - open.length
  const title = open.length === 0 ? 'No request is selected' : withdrawText(open)
  return (
    <Page
      frame={frame}
      title={title}
      section="promotions"
      crumbs={[{ text: 'Promotions', href: to.promotions }, { text: 'Withdraw' }]}
      api={{ method: 'POST', path: `/api/v1/promotions/${open[0]?.id ?? 1}/close`, body: {} }}
    >
      <Problem of={problem} />
      {missing > 0 ? (
        <p class="notice warn">{plural(missing, 'selected request')} cannot be found.</p>
      ) : null}
      {decided > 0 ? (
        <p class="notice">
          {plural(decided, 'selected request')} ended already, and{' '}
          {decided === 1 ? 'stays' : 'stay'} as {decided === 1 ? 'it is' : 'they are'}.
        </p>
      ) : null}
      {requests.length === 0 ? null : (
        <RequestTable requests={requests} to={to} caption="Selected requests" />
      )}
      {open.length === 0 ? (
        <p class="empty">
          Select open requests by the boxes of their table, then “Withdraw selected…”.{' '}
          <a href={to.query(to.promotions, { view: 'mine' })}>Your requests</a>
        </p>
      ) : (
        <Form {...props} open={open} />
      )}
    </Page>
  )
}

const Form: FC<WithdrawProps & { readonly open: readonly PromotionView[] }> = ({
  frame: { to },
  open,
  whyNot,
  problem,
  typed,
}) => {
  const back = to.query(to.promotions, { view: 'mine' })
  if (whyNot !== undefined) {
    return (
      <p class="notice warn">
        {visibleText(whyNot)} <a href={back}>Back to your requests</a>
      </p>
    )
  }
  const query = open.map(({ id }) => `sel=${id}`).join('&')
  return (
    <form method="post" action={`${to.promotions}/withdraw?${query}`} class="dialog">
      <p>
        {open.length === 1 ? 'The request ends' : 'All of them end'} and nothing moves; if one was
        decided meanwhile, none does. New ones can be opened.
      </p>
      <TextField
        label="Comment"
        name="comment"
        charsMax={10_000}
        {...{ problem, typed: typed?.('comment') }}
      />
      <div class="row send">
        <button type="submit" class="danger">
          {withdrawText(open)}
        </button>
        <a href={back}>Keep {open.length === 1 ? 'it' : 'them'}</a>
      </div>
    </form>
  )
}

function withdrawText(open: readonly PromotionView[]): string {
  const [only, ...others] = open
  return only && others.length === 0
    ? `Withdraw #${only.id}`
    : `Withdraw ${plural(open.length, 'request')}`
}
