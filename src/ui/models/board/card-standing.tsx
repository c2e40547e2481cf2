import type { FC } from 'hono/jsx'
import { targetText } from '../../../governance/policies/policy.ts'
import type { PromotionView } from '../../../governance/promotions/view.ts'
import type { Answering } from '../../../serving/answering.ts'
import { Chip } from '../../parts/chips.tsx'
import { Sign } from '../../parts/sign.tsx'
import { countText, plural } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { GateCounts } from '../../promotions/request-table.tsx'

type RequestsProps = {
  /** The version. */
  readonly of: number
  /** Open requests of its model. */
  readonly requests: readonly PromotionView[]
  readonly to: Paths
}

/** Where a version is asked to go, and how far that has come. */
export const CardRequests: FC<RequestsProps> = ({ of, requests, to }) => (
  <>
    {requests
      .filter(({ version }) => version === of)
      .map((request) => {
        const { id, target, approvals } = request
        return (
          <p class="row">
            <Chip
              sign="glass"
              tone="info"
              word={`#${id} to ${targetText(target)}`}
              href={to.promotion(id)}
            />
            {request.gates.length === 0 ? null : <GateCounts request={request} />}
            {approvals.required === 0 ? null : (
              <span>
                {approvals.given} of {plural(approvals.required, 'approval')}
              </span>
            )}
          </p>
        )
      })}
  </>
)

type AnsweringProps = {
  /** The version. */
  readonly of: number
  readonly answering: Answering
  readonly name: string
  readonly to: Paths
}

/** How many processes answer with a version, and those that should and do not. */
export const CardAnswering: FC<AnsweringProps> = ({ of, answering: { groups }, name, to }) => {
  const answer = countOf(groups.filter(({ live }) => live === of))
  const should = countOf(groups.filter(({ meant }) => meant === of))
  const drifted = groups.filter((group) => group.meant === of && group.isDrifted)
  return (
    <>
      {answer === 0 ? null : (
        <p>
          {drifted.length === 0 && should > 0 ? <Sign of="check" /> : null}{' '}
          <a href={to.serving(name)}>{plural(answer, 'process', 'processes')}</a>{' '}
          {answer === 1 ? 'answers' : 'answer'} with it
        </p>
      )}
      {[...Map.groupBy(drifted, ({ live }) => live)].map(([live, same]) => (
        <p class="bad-text">
          <Sign of="warning" /> {countText(countOf(same))} of{' '}
          <a href={to.serving(name)}>{plural(should, 'process', 'processes')}</a> meant to run it{' '}
          {countOf(same) === 1 ? 'answers' : 'answer'} with {answerText(live, of)}
        </p>
      ))}
    </>
  )
}

function countOf(groups: Answering['groups']): number {
  return groups.reduce((sum, { count }) => sum + count, 0)
}

function answerText(live: number | undefined, of: number): string {
  if (live === undefined) return 'nothing'
  return live === of ? 'other files of it' : `version ${live}`
}
