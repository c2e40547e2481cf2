import type { FC } from 'hono/jsx'
import { excerpt } from '../../core/error.ts'
import { targetText } from '../../governance/policies/policy.ts'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { Person, Time } from '../parts/byline.tsx'
import { StageChip, StatusChip } from '../parts/chips.tsx'
import { Sign } from '../parts/sign.tsx'
import { Cell, NoValue, Table } from '../parts/table.tsx'
import { Given } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { rejectionOf } from './outcome/ask-again.tsx'

type RequestTableProps = {
  readonly requests: readonly PromotionView[]
  readonly to: Paths
  readonly caption: string
  /** The requests that can be selected; absent: the table has no boxes. */
  readonly selectable?: ReadonlySet<number>
  /** The version that is now where a request leads, by its number. */
  readonly there?: ReadonlyMap<number, number>
  /** Says how soon those expire that do so within a day; absent: it does not. */
  readonly nowMs?: number
}

/** Requests with how far each has come, in the order given. */
export const RequestTable: FC<RequestTableProps> = ({ requests, caption, ...rest }) => (
  <Table
    caption={caption}
    isCards
    columns={['Request', 'Move', 'Status', 'Gates', 'Approvals', 'First blocker', 'Asked']}
  >
    {requests.map((request) => (
      <Row request={request} {...rest} />
    ))}
  </Table>
)

type RowProps = Omit<RequestTableProps, 'requests' | 'caption'> & {
  readonly request: PromotionView
}

const Row: FC<RowProps> = ({ request, to, selectable, there, nowMs }) => {
  const { id, model, version, target, approvals, requestedBy } = request
  return (
    <tr>
      <th scope="row">
        {selectable?.has(id) ? (
          <>
            <input type="checkbox" name="sel" value={id} aria-label={`Select request ${id}`} />{' '}
          </>
        ) : null}
        <a href={to.promotion(id)}>#{id}</a>
      </th>
      <Cell label="Move" isLine>
        <span class="row">
          <span>
            <a href={to.model(model)}>
              <Given text={model} />
            </a>{' '}
            <LiveVersion live={there?.get(id)} {...{ model, to }} />
            <a class="short" href={to.version(model, version)}>
              {version}
            </a>{' '}
            {there?.has(id) ? 'into' : '→'}
          </span>
          {target.stage === undefined ? (
            <Given text={targetText(target)} />
          ) : (
            <StageChip stage={target.stage} />
          )}
        </span>
      </Cell>
      <Cell label="Status">
        <StatusChip status={request.breakGlass ? 'merged by break-glass' : request.status} />
      </Cell>
      <Cell label="Gates">
        <GateCounts request={request} />
      </Cell>
      <Cell label="Approvals">
        {approvals.required === 0 ? <NoValue /> : `${approvals.given} of ${approvals.required}`}
      </Cell>
      <Cell label="First blocker" isLine>
        <Why request={request} />
      </Cell>
      <Cell label="Asked" isLine>
        <Person principal={requestedBy} /> <Time atMs={request.requestedAtMs} />
        {nowMs === undefined ? null : <Expiry request={request} nowMs={nowMs} />}
        <p class="phone-only">
          <a class="button quiet wide-button" href={to.promotion(id)}>
            {request.status === 'open' ? 'Review' : 'Look at'} #{id}
          </a>
        </p>
      </Cell>
    </tr>
  )
}

const whyMax = 200

/** What blocks an open request; of one that ended, who rejected it and why, or why it was closed. */
const Why: FC<Pick<RowProps, 'request'>> = ({
  request: { status, blockedBy, reviews, closedBecause },
}) => {
  const rejection = status === 'rejected' ? rejectionOf(reviews) : undefined
  const why = rejection
    ? `${rejection.principal.name}: ${excerpt(rejection.comment ?? '', whyMax)}`
    : (closedBecause ?? blockedBy[0])
  return why === undefined ? <NoValue /> : <Given text={why} />
}

type LiveVersionProps = Pick<PromotionView, 'model'> & {
  readonly live: number | undefined
  readonly to: Paths
}

const LiveVersion: FC<LiveVersionProps> = ({ live, model, to }) =>
  live === undefined ? null : (
    <>
      <a class="short" href={to.version(model, live)}>
        {live}
      </a>
      <span class="unseen"> is there now,</span> →{' '}
    </>
  )

const dayMs = 86_400_000
const hourMs = 3_600_000

/** How long an open request still has, if that is less than a day. */
const Expiry: FC<{ readonly request: PromotionView; readonly nowMs: number }> = ({
  request: { status, expiresAtMs },
  nowMs,
}) => {
  const leftMs = expiresAtMs - nowMs
  if (status !== 'open' || leftMs >= dayMs) return null
  const hours = Math.floor(leftMs / hourMs)
  return (
    <div class="warn-text">
      <Sign of="glass" />{' '}
      {leftMs <= 0 ? 'past its time' : hours === 0 ? 'less than an hour left' : `${hours} h left`}
    </div>
  )
}

const words = { passed: 'passed', failed: 'failed', pending: 'pending' } as const
const signs = { passed: 'check', failed: 'cross', pending: 'glass' } as const
const tones = { passed: 'good-text', failed: 'bad-text', pending: 'warn-text' } as const

/** How many gates passed, failed and wait. */
export const GateCounts: FC<{ readonly request: Pick<PromotionView, 'gates'> }> = ({
  request: { gates },
}) => {
  const counts = (['passed', 'failed', 'pending'] as const).flatMap((status) => {
    const count = gates.filter((gate) => gate.status === status).length
    return count === 0 ? [] : [{ status, count }]
  })
  if (counts.length === 0) return <NoValue />
  return (
    <span class="row">
      {counts.map(({ status, count }) => (
        <span class={tones[status]}>
          <Sign of={signs[status]} /> {count}
          <span class="unseen"> {words[status]}</span>
        </span>
      ))}
    </span>
  )
}
