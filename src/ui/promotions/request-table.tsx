import type { FC } from 'hono/jsx'
import { targetText } from '../../governance/policies/policy.ts'
import type { PromotionView } from '../../governance/promotions/view.ts'
import { Person, Time } from '../parts/byline.tsx'
import { StageChip, StatusChip } from '../parts/chips.tsx'
import { Sign } from '../parts/sign.tsx'
import { NoValue, Table } from '../parts/table.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'

type RequestTableProps = {
  readonly requests: readonly PromotionView[]
  readonly to: Paths
  readonly caption: string
}

/** Requests with how far each has come, in the order given. */
export const RequestTable: FC<RequestTableProps> = ({ requests, to, caption }) => (
  <Table
    caption={caption}
    columns={['Request', 'Move', 'Status', 'Gates', 'Approvals', 'First blocker', 'Asked']}
  >
    {requests.map((request) => (
      <Row request={request} to={to} />
    ))}
  </Table>
)

const Row: FC<{ readonly request: PromotionView; readonly to: Paths }> = ({ request, to }) => {
  const { id, model, version, target, approvals, blockedBy, requestedBy } = request
  return (
    <tr>
      <th scope="row">
        <a href={to.promotion(id)}>#{id}</a>
      </th>
      <td>
        <span class="row">
          <span>
            <a href={to.model(model)}>
              <Given text={model} />
            </a>{' '}
            <a href={to.version(model, version)}>{version}</a> →
          </span>
          {target.stage === undefined ? (
            <Given text={targetText(target)} />
          ) : (
            <StageChip stage={target.stage} />
          )}
        </span>
      </td>
      <td>
        <StatusChip status={request.breakGlass ? 'merged by break-glass' : request.status} />
      </td>
      <td>
        <GateCounts request={request} />
      </td>
      <td>
        {approvals.required === 0 ? <NoValue /> : `${approvals.given} of ${approvals.required}`}
      </td>
      <td>{blockedBy[0] === undefined ? <NoValue /> : visibleText(blockedBy[0])}</td>
      <td>
        <Person principal={requestedBy} /> <Time atMs={request.requestedAtMs} />
      </td>
    </tr>
  )
}

const words = { passed: 'passed', failed: 'failed', pending: 'pending' } as const
const signs = { passed: 'check', failed: 'cross', pending: 'glass' } as const
const tones = { passed: 'good-text', failed: 'bad-text', pending: 'warn-text' } as const

/** How many gates passed, failed and wait. */
const GateCounts: FC<{ readonly request: Pick<PromotionView, 'gates'> }> = ({
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
