import type { FC } from 'hono/jsx'
import type { Policy, PolicyDocument } from '../../../governance/policies/policy.ts'
import type { FormProblem } from '../../forms.ts'
import { Beside, Problem } from '../../parts/fields.tsx'
import { Given, visibleText } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import type { PolicyDraft } from './policy-draft.ts'
import { PolicyFieldsets } from './policy-form.tsx'
import { PolicyTabs } from './policy-page.tsx'
import { type Tried, TriedResult, TryFields } from './policy-trial.tsx'

/** What a new policy begins with. */
export const firstDocument: PolicyDocument = {
  applies_to: { models: '*', stage: 'Production' },
  approvals: {
    rules: [],
    only: [],
    self_approval: false,
    author_may_approve: false,
    dismiss_stale: true,
    expire_after_hours: 720,
    allow_unverified: false,
  },
  gates: [{ name: 'accurate', type: 'metric', metric: 'accuracy', min: 0.9 }],
  auto_promote: false,
  rollback: { skip_approvals: false },
  break_glass: { from: [] },
}

type PolicyEditPageProps = {
  readonly frame: SettingsFrame
  /** Of the policy that is there; undefined: a new one. */
  readonly name: string | undefined
  readonly policy: Policy | undefined
  readonly draft: PolicyDraft
  /** The revision that the draft began with. */
  readonly seen: string
  readonly whyNot: string | undefined
  readonly problem?: FormProblem
  readonly tried?: Tried
  readonly typed?: (field: string) => string | undefined
}

/** A policy as a form or as JSON, and beside it what the draft would say of a version or of past requests. */
export const PolicyEditPage: FC<PolicyEditPageProps> = (props) => {
  const { frame, name, policy, whyNot } = props
  const { to } = frame
  return (
    <SettingsPage
      frame={frame}
      at="policies"
      title={name === undefined ? 'New policy' : `Edit ${name}`}
      heading={
        name === undefined ? (
          'New policy'
        ) : (
          <>
            Edit <Given text={name} />
          </>
        )
      }
      crumbs={[
        ...(name === undefined ? [] : [{ text: name, href: to.policy(name) }]),
        { text: name === undefined ? 'New' : 'Edit' },
      ]}
      about={policy ? <p class="soft">Revision {policy.revision}</p> : undefined}
      api={{
        method: 'GET',
        path: `/api/v1/policies${name === undefined ? '' : `/${encodeURIComponent(name)}`}`,
      }}
    >
      {name === undefined ? null : <PolicyTabs to={to} name={name} at="edit" mayEdit />}
      {whyNot === undefined || name === undefined ? (
        <DraftForm {...props} />
      ) : (
        <p class="notice warn">{visibleText(whyNot)}</p>
      )}
    </SettingsPage>
  )
}

const DraftForm: FC<PolicyEditPageProps> = (props) => {
  const { frame, name, draft, seen, problem, tried, typed } = props
  const { to } = frame
  const path = name === undefined ? to.newPolicy : to.policy(name)
  const other = draft.view === 'form' ? 'json' : 'form'
  return (
    <form method="post" action={`${path}/edit`} class="policy-form">
      <input type="hidden" name="seen_revision" value={seen} />
      {/* The one that Enter presses. */}
      <button type="submit" class="unseen" tabindex={-1} formaction={`${path}/save`}>
        Save
      </button>
      <Problem of={problem} />
      <TriedResult tried={tried} to={to} />
      {name === undefined ? (
        <label>
          Name
          <input
            name="name"
            value={typed?.('name') ?? ''}
            maxlength={200}
            required
            spellcheck={false}
          />
        </label>
      ) : null}
      <div class="row">
        <button type="submit" class="quiet" name="do" value={other}>
          {other === 'json' ? 'Show as JSON' : 'Show as a form'}
        </button>
        <span class="soft">The same document, with what you typed so far.</span>
      </div>
      {draft.view === 'form' ? (
        <PolicyFieldsets fields={draft.fields} problem={problem} />
      ) : (
        <div class="near">
          <label for="policy-json">JSON</label>
          <textarea
            id="policy-json"
            name="json"
            class="code"
            rows={Math.min(40, draft.text.split('\n').length + 2)}
            spellcheck={false}
            autofocus={problem?.field === 'json'}
            aria-invalid={problem?.field === 'json' ? 'true' : undefined}
            aria-describedby={problem?.field === 'json' ? 'problem' : undefined}
          >
            {draft.text}
          </textarea>
          <Beside name="json" problem={problem} />
        </div>
      )}
      <TryFields draft={draft} typed={typed} problem={problem} />
      <div class="row send">
        <button type="submit" formaction={`${path}/save`}>
          Save…
        </button>
        <span class="soft wide-only">First shows what changes and whom it hits.</span>
        <a href={name === undefined ? to.policies : to.policy(name)}>Discard</a>
      </div>
    </form>
  )
}
