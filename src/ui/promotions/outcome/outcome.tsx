import type { FC } from 'hono/jsx'
import type { PromotionView } from '../../../governance/promotions/view.ts'
import { Person, Time } from '../../parts/byline.tsx'
import { Given, plural, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { Aftermath } from './aftermath.ts'

type OutcomeProps = {
  readonly view: PromotionView
  readonly aftermath: Aftermath | undefined
  readonly to: Paths
}

/** What became of it, once it is decided. */
export const Outcome: FC<OutcomeProps> = ({ view, aftermath, to }) => {
  const { status, decidedBy, decidedAtMs, closedBecause } = view
  if (status === 'open') return null
  return (
    <div class={view.breakGlass ? 'notice bad' : status === 'merged' ? 'notice good' : 'notice'}>
      <p>
        {status}
        {decidedBy ? (
          <>
            {' '}
            by <Person principal={decidedBy} />
          </>
        ) : null}
        {decidedAtMs === null ? null : (
          <>
            , <Time atMs={decidedAtMs} />
          </>
        )}
        {closedBecause === null ? '' : `: ${visibleText(closedBecause)}`}.{' '}
        {view.gates.length > 0 ? `${plural(view.gates.length, 'gate')} as judged then.` : ''}
      </p>
      {view.breakGlass ? (
        <p>
          {view.followedUpBy === null ? (
            'Merged past its gates. A follow-up by somebody else is open.'
          ) : (
            <>
              Merged past its gates. Followed up by <Given text={view.followedUpBy} />.
            </>
          )}
        </p>
      ) : null}
      {aftermath ? <Since {...{ view, aftermath, to }} /> : null}
    </div>
  )
}

/** What is there today, what it was compared with, and where the log tells of it. */
const Since: FC<OutcomeProps & { readonly aftermath: Aftermath }> = ({ view, aftermath, to }) => {
  const { version, status } = view
  const { model, compared } = aftermath
  return (
    <>
      {status === 'merged' ? <StandsNow {...{ view, aftermath, to }} /> : null}
      <p class="row">
        {compared === undefined ? null : (
          <a href={to.compare(model, [compared, version])}>
            What changed against version {compared}, which was there
          </a>
        )}
        <a href={to.query(to.audit, { model, version: String(version) })}>
          Version {version} in the audit log
        </a>
      </p>
    </>
  )
}

/** Whether the version that came in is there still. */
const StandsNow: FC<OutcomeProps & { readonly aftermath: Aftermath }> = ({
  view: { version },
  aftermath: { model, isThere, leftAtMs, there },
  to,
}) => {
  if (isThere) return <p>Version {version} is still there.</p>
  return (
    <p>
      Version {version}{' '}
      {leftAtMs === undefined ? (
        'is not there any more'
      ) : (
        <>
          was there until <Time atMs={leftAtMs} isExact />
        </>
      )}
      {there === undefined ? (
        '; nothing is there now.'
      ) : (
        <>
          ; <a href={to.version(model, there)}>version {there}</a> is there now.
        </>
      )}
    </p>
  )
}
