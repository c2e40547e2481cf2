import type { FC } from 'hono/jsx'
import type { Policy, PolicyDocument } from '../../../governance/policies/policy.ts'
import { bodyFrom } from '../../../governance/policies/policy-body.ts'
import { placeText } from '../../../governance/upkeep/foresee-policy.ts'
import { Time } from '../../parts/byline.tsx'
import { Table } from '../../parts/table.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { countText, Given, GivenLines, plural, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { namedText } from '../../promotions/blockers.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { gateSentence } from './gate-terms.ts'

type PolicyPageProps = {
  readonly frame: SettingsFrame
  readonly policy: Policy
  /** Of the models that it matches, those that the caller may read. */
  readonly names: readonly string[]
  readonly whyNot: string | undefined
}

/** One policy, in sentences and as JSON. */
export const PolicyPage: FC<PolicyPageProps> = ({ frame, policy, names, whyNot }) => {
  const { name, document } = policy
  const { to } = frame
  return (
    <SettingsPage
      frame={frame}
      at="policies"
      title={`Policy ${name}`}
      heading={<Given text={name} />}
      crumbs={[{ text: name }]}
      about={
        <p class="soft">
          Revision {policy.revision}, written <Time atMs={policy.updatedAtMs} />
        </p>
      }
      actions={
        whyNot === undefined ? (
          <>
            <a class="button" href={`${to.policy(name)}/edit`} data-key="e">
              Edit
            </a>
            <a class="button quiet danger" href={`${to.policy(name)}/delete`}>
              Delete…
            </a>
          </>
        ) : undefined
      }
      api={{ method: 'GET', path: `/api/v1/policies/${encodeURIComponent(name)}` }}
    >
      <PolicyTabs to={to} name={name} at="policy" mayEdit={whyNot === undefined} />
      {whyNot === undefined ? null : <p class="soft">{visibleText(whyNot)}</p>}
      <Guarded document={document} names={names} to={to} />
      <Terms document={document} />
      <section class="near" aria-labelledby="gates">
        <h2 id="gates">Gates</h2>
        {document.gates.length === 0 ? (
          <p class="soft">It asks for none.</p>
        ) : (
          <Table caption="What each gate says" columns={['Gate', 'Type', 'What it says']}>
            {document.gates.map((gate) => (
              <tr>
                <th scope="row">
                  <Given text={gate.name} />
                </th>
                <td class="mono">{gate.type}</td>
                <td>
                  <GivenLines text={gateSentence(gate)} />
                </td>
              </tr>
            ))}
          </Table>
        )}
      </section>
      <details>
        <summary>JSON</summary>
        <pre tabindex={0}>
          <code>
            <GivenLines text={JSON.stringify(bodyFrom(document), null, 2)} />
          </code>
        </pre>
      </details>
    </SettingsPage>
  )
}

type PolicyTabsProps = {
  readonly to: Paths
  readonly name: string
  readonly at: 'policy' | 'edit' | 'revisions'
  readonly mayEdit: boolean
}

export const PolicyTabs: FC<PolicyTabsProps> = ({ to, name, at, mayEdit }) => (
  <Tabs
    label="Views of the policy"
    items={[
      { href: to.policy(name), text: 'Policy', isCurrent: at === 'policy' },
      ...(mayEdit
        ? [{ href: `${to.policy(name)}/edit`, text: 'Edit and try', isCurrent: at === 'edit' }]
        : []),
      { href: `${to.policy(name)}/revisions`, text: 'Revisions', isCurrent: at === 'revisions' },
    ]}
  />
)

type GuardedProps = {
  readonly document: PolicyDocument
  readonly names: readonly string[]
  readonly to: Paths
}

const shownMax = 20

const Guarded: FC<GuardedProps> = ({ document: { applies_to }, names, to }) => (
  <p>
    Guards <strong>{visibleText(placeText(applies_to))}</strong> of{' '}
    <code>{visibleText(applies_to.models)}</code>: {plural(names.length, 'model')} now
    {names.length === 0 ? '.' : ', '}
    {names.slice(0, shownMax).map((model, i) => (
      <>
        {i > 0 ? ', ' : ''}
        <a href={to.model(model)}>
          <Given text={model} />
        </a>
      </>
    ))}
    {names.length > shownMax ? ` and ${countText(names.length - shownMax)} more` : ''}
  </p>
)

const Terms: FC<{ readonly document: PolicyDocument }> = ({ document }) => {
  const { rules, only } = document.approvals
  return (
    <section class="near" aria-labelledby="approvals">
      <h2 id="approvals">Approvals</h2>
      <ul class="plain">
        {rules.map(({ required, from }) => (
          <li>
            {plural(required, 'approval')} of <People of={from} />
          </li>
        ))}
        {only.length > 0 ? (
          <li>
            Only <People of={only} /> may make the move
          </li>
        ) : null}
        {rules.length + only.length === 0 ? <li>It asks for none</li> : null}
        {termsOf(document).map((term) => (
          <li>{term}</li>
        ))}
        {document.break_glass.from.length === 0 ? null : (
          <li>
            In an emergency <People of={document.break_glass.from} /> may merge at once, with a
            reason
          </li>
        )}
      </ul>
    </section>
  )
}

const People: FC<{ readonly of: readonly string[] }> = ({ of }) => (
  <Given text={of.map(namedText).join(' or ')} />
)

/** What holds beside who approves, one sentence each. */
function termsOf({ applies_to, approvals, facts, ...document }: PolicyDocument): string[] {
  const { self_approval, author_may_approve, dismiss_stale, allow_unverified } = approvals
  const ofApprovals = [
    `Who asked may ${self_approval ? '' : 'not '}approve, who made the version may ${author_may_approve ? '' : 'not '}approve`,
    dismiss_stale
      ? 'An approval falls when the files, the card, a policy or facts change'
      : 'An approval stays when the files or the card change',
    ...(allow_unverified ? ['Names that nobody verified count'] : []),
  ]
  return [
    ...(approvals.rules.length > 0 ? ofApprovals : []),
    ...(applies_to.deployment === undefined
      ? [`A request expires after ${approvals.expire_after_hours} hours`]
      : []),
    ...(facts === 'registered' ? ['Gates look at what was there at registration'] : []),
    ...(document.auto_promote ? ['A request merges by itself as soon as nothing blocks it'] : []),
    ...(document.sign ? ['What is merged is signed as a release bundle'] : []),
    ...(document.rollback.skip_approvals ? ['A rollback needs no new approval'] : []),
  ]
}
