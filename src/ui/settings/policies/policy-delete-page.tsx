import type { FC } from 'hono/jsx'
import type { Policy } from '../../../governance/policies/policy.ts'
import type { PolicyEffects } from '../../../governance/upkeep/foresee-policy.ts'
import type { FormProblem } from '../../forms.ts'
import { Problem } from '../../parts/fields.tsx'
import { Given, visibleText } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { Effects } from './policy-save-page.tsx'

type PolicyDeletePageProps = {
  readonly frame: SettingsFrame
  readonly policy: Policy
  readonly effects: PolicyEffects
  readonly whyNot: string | undefined
  readonly problem?: FormProblem
}

/** What deleting a policy means, before it is done. */
export const PolicyDeletePage: FC<PolicyDeletePageProps> = (props) => {
  const { frame, policy, effects, whyNot, problem } = props
  const { name, revision } = policy
  const { to } = frame
  return (
    <SettingsPage
      frame={frame}
      at="policies"
      title={`Delete ${name}`}
      heading={
        <>
          Delete <Given text={name} />
        </>
      }
      crumbs={[{ text: name, href: to.policy(name) }, { text: 'Delete' }]}
      api={{
        method: 'DELETE',
        path: `/api/v1/policies/${encodeURIComponent(name)}?revision=${revision}`,
      }}
    >
      <Problem of={problem} />
      <Effects effects={effects} to={to} />
      <p>Its revisions stay, and it can be made again under the same name.</p>
      {whyNot === undefined ? (
        <form method="post" action={`${to.policy(name)}/delete`} class="row">
          <input type="hidden" name="seen_revision" value={String(revision)} />
          <button type="submit" class="danger">
            Delete policy
          </button>
          <a href={to.policy(name)}>Cancel</a>
        </form>
      ) : (
        <p class="notice warn">{visibleText(whyNot)}</p>
      )}
    </SettingsPage>
  )
}
