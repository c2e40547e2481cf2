import type { FC } from 'hono/jsx'
import type { Policy, PolicyDocument } from '../../../governance/policies/policy.ts'
import { bodyFrom } from '../../../governance/policies/policy-body.ts'
import type { PolicyEffects } from '../../../governance/upkeep/foresee-policy.ts'
import type { FormProblem } from '../../forms.ts'
import { ChangedValues } from '../../parts/changed-values.tsx'
import { Problem } from '../../parts/fields.tsx'
import { countText, Given, plural, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { comparedParts } from './policy-parts.ts'

type PolicySavePageProps = {
  readonly frame: SettingsFrame
  readonly name: string
  /** What would be saved. */
  readonly document: PolicyDocument
  /** What is there now; undefined: nothing. */
  readonly present: Policy | undefined
  readonly effects: PolicyEffects
  /** Somebody else changed it since the draft was begun. */
  readonly isStale: boolean
  readonly problem: FormProblem | undefined
}

/** What saving a draft changes, and whom it hits, before it is saved. */
export const PolicySavePage: FC<PolicySavePageProps> = (props) => {
  const { frame, name, document, present, effects, isStale, problem } = props
  const { to } = frame
  const { before, after } = comparedParts(present?.document, document)
  const isSame = JSON.stringify(before) === JSON.stringify(after)
  const revision = (present?.revision ?? 0) + 1
  const path = present ? to.policy(name) : to.newPolicy
  return (
    <SettingsPage
      frame={frame}
      at="policies"
      title={`Save ${name}`}
      heading={
        <>
          Save <Given text={name} />
        </>
      }
      crumbs={[...(present ? [{ text: name, href: to.policy(name) }] : []), { text: 'Save' }]}
      api={{
        method: 'PUT',
        path: `/api/v1/policies/${encodeURIComponent(name)}?revision=${present?.revision ?? 0}`,
        body: bodyFrom(document),
      }}
    >
      <Problem of={problem} />
      {isStale ? (
        <p class="notice warn" role="alert">
          Somebody else changed this policy since your draft was begun: it is at revision{' '}
          {present?.revision ?? 0} now. Nothing was saved. Below is what your draft would change of
          that one.
        </p>
      ) : null}
      <section class="near" aria-labelledby="changes">
        <h2 id="changes">{present ? 'What changes' : 'A new policy'}</h2>
        <ChangedValues caption="Terms before and after" before={before} after={after} isBrief />
      </section>
      {isSame ? null : <Effects effects={effects} to={to} />}
      <form method="post" action={`${path}/save`} class="row">
        <input type="hidden" name="json" value={JSON.stringify(bodyFrom(document), null, 2)} />
        <input type="hidden" name="name" value={name} />
        <input type="hidden" name="seen_revision" value={String(present?.revision ?? 0)} />
        {isSame ? null : (
          <button type="submit" name="confirmed" value="yes">
            {present ? `Save as revision ${revision}` : 'Make the policy'}
          </button>
        )}
        <button type="submit" class="quiet" formaction={`${path}/edit`} name="do" value="form">
          Back to the draft
        </button>
        <a href={present ? to.policy(name) : to.policies}>Discard</a>
      </form>
    </SettingsPage>
  )
}

const shownMax = 20

/** Whom a change of a policy hits. */
export const Effects: FC<{ readonly effects: PolicyEffects; readonly to: Paths }> = ({
  effects: { guarded, unguarded, requests, more },
  to,
}) => {
  const losing = requests.filter(({ approvalsLost }) => approvalsLost > 0)
  const closing = requests.filter(({ isClosed }) => isClosed)
  const isNone = !guarded && !unguarded && requests.length === 0
  return (
    <section class="near" aria-labelledby="effects">
      <h2 id="effects">What it hits</h2>
      <ul class="plain">
        {unguarded ? (
          <li>
            <strong class="warn-text">
              {visibleText(unguarded.place)} of {plural(unguarded.models.length, 'model')} becomes
              unguarded
            </strong>
            : <ModelNames names={unguarded.models} to={to} />
          </li>
        ) : null}
        {guarded ? (
          <li>
            {visibleText(guarded.place)} of {plural(guarded.models.length, 'model')} becomes
            guarded: <ModelNames names={guarded.models} to={to} />
          </li>
        ) : null}
        {losing.length === 0 ? null : (
          <li>
            <strong class="warn-text">
              {losing.length === 1
                ? '1 open request loses its approvals'
                : `${losing.length} open requests lose their approvals`}
            </strong>
            : <Requests of={losing} to={to} />
          </li>
        )}
        {closing.length === 0 ? null : (
          <li>
            {closing.length === 1
              ? '1 open request is closed, since nothing guards its target any more'
              : `${closing.length} open requests are closed, since nothing guards their targets any more`}
            : <Requests of={closing} to={to} />
          </li>
        )}
        {isNone ? <li>No open request, and no model that is there now.</li> : null}
        {more > 0 ? <li>{countText(more)} more open requests were not looked at.</li> : null}
      </ul>
    </section>
  )
}

const ModelNames: FC<{ readonly names: readonly string[]; readonly to: Paths }> = ({
  names,
  to,
}) => (
  <>
    {names.slice(0, shownMax).map((name, i) => (
      <>
        {i > 0 ? ', ' : ''}
        <a href={to.model(name)}>
          <Given text={name} />
        </a>
      </>
    ))}
    {names.length > shownMax ? ` and ${countText(names.length - shownMax)} more` : ''}
  </>
)

const Requests: FC<{ readonly of: PolicyEffects['requests']; readonly to: Paths }> = ({
  of,
  to,
}) => (
  <>
    {of.map(({ promotion: { id, model, version } }, i) => (
      <>
        {i > 0 ? ', ' : ''}
        <a href={to.promotion(id)}>#{id}</a> <Given text={model} /> {version}
      </>
    ))}
  </>
)
