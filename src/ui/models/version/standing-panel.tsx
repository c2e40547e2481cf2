import type { FC } from 'hono/jsx'
import { targetText } from '../../../governance/policies/policy.ts'
import type { PromotionView } from '../../../governance/promotions/view.ts'
import { errorsWindowMs, type VersionErrors } from '../../../serving/counts/errors-of-version.ts'
import { StageChip } from '../../parts/chips.tsx'
import { Sign } from '../../parts/sign.tsx'
import { countText, Given, percentText, plural, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { GateCounts } from '../../promotions/request-table.tsx'
import { SinceText } from '../board/since-text.tsx'
import type { VersionStanding } from './read-version.ts'

type PanelProps = { readonly standing: VersionStanding; readonly to: Paths }

/** Where a version stands, since when and by whose decision, and what is between it and where it may go. */
export const StandingPanel: FC<PanelProps> = ({ standing, to }) => {
  const { lineage, since, requests, places, replicas, errors } = standing
  const { name, version, stage } = lineage.version
  return (
    <section class="panel near" aria-labelledby="standing">
      <h2 id="standing">Standing</h2>
      <p>
        <StageChip stage={stage} />
      </p>
      {since ? <SinceText since={since} to={to} /> : null}
      {replicas === 0 ? null : (
        <p>
          <a href={to.serving(name)}>{plural(replicas, 'process', 'processes')}</a>{' '}
          {replicas === 1 ? 'answers' : 'answer'} with it
        </p>
      )}
      {errors.map((one) => (
        <Errors of={one} to={to} />
      ))}
      {requests.map((request) => (
        <Asked request={request} to={to} />
      ))}
      {places.map(({ key }) => (
        <p>
          To <Given text={key} />:{' '}
          <a href={to.query(to.gates(name, version), { to: key })}>
            how it would be judged<span class="unseen"> for {visibleText(key)}</span>
          </a>
        </p>
      ))}
    </section>
  )
}

/** How it does in a deployment, and whether that is more than its guard allows. */
const Errors: FC<{ readonly of: VersionErrors; readonly to: Paths }> = ({
  of: { deployment, requests, errors, errorRateMax },
  to,
}) => {
  const rate = errors / requests
  const isTooMany = errorRateMax !== undefined && rate > errorRateMax
  return (
    <p>
      <a href={to.deployment(deployment)}>
        <Given text={deployment} />
      </a>
      :{' '}
      <span class={isTooMany ? 'bad-text' : undefined}>
        {isTooMany ? <Sign of="warning" /> : null} errors {percentText(rate)}
        {isTooMany ? `, more than the ${percentText(errorRateMax)} of its guard` : ''}
      </span>{' '}
      <span class="soft">
        of {plural(requests, 'request')} to this version within {countText(errorsWindowMs / 60_000)}{' '}
        minutes
      </span>
    </p>
  )
}

/** A request: how its gates stand, and what blocks it. */
const Asked: FC<{ readonly request: PromotionView; readonly to: Paths }> = ({ request, to }) => (
  <div class="near">
    <p class="row">
      <span>
        <strong>To {visibleText(targetText(request.target))}</strong>,{' '}
        <a href={to.promotion(request.id)}>request #{request.id}</a>
      </span>
      {request.gates.length === 0 ? null : <GateCounts request={request} />}
    </p>
    {request.blockedBy.length === 0 ? (
      <p class="good-text">
        <Sign of="check" /> Nothing blocks it.
      </p>
    ) : (
      <ul>
        {request.blockedBy.map((what) => (
          <li>
            <Given text={what} />
          </li>
        ))}
      </ul>
    )}
  </div>
)
