import type { FC } from 'hono/jsx'
import type { Policy } from '../../../governance/policies/policy.ts'
import { placeText } from '../../../governance/upkeep/foresee-policy.ts'
import { Table } from '../../parts/table.tsx'
import { countText, Given, visibleText } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'

type PoliciesPageProps = {
  readonly frame: SettingsFrame
  readonly policies: readonly Policy[]
  /** The names that a glob matches, of the models that the caller may read. */
  readonly namesOf: (glob: string) => readonly string[]
  readonly whyNot: string | undefined
}

/** Every policy: what it guards, and what it asks for. */
export const PoliciesPage: FC<PoliciesPageProps> = ({ frame, policies, namesOf, whyNot }) => (
  <SettingsPage
    frame={frame}
    at="policies"
    title="Policies"
    about={
      <p class="soft">What must be true before a version may enter a stage or get an alias.</p>
    }
    actions={
      <a class="button" href={frame.to.newPolicy}>
        New policy
      </a>
    }
    api={{ method: 'GET', path: '/api/v1/policies' }}
  >
    {whyNot === undefined ? null : (
      <p class="soft">{visibleText(whyNot)}, to change every policy.</p>
    )}
    {policies.length === 0 ? (
      <section class="empty" aria-labelledby="no-policy">
        <h2 id="no-policy">No policy yet</h2>
        <p>
          Whoever may edit a model moves its versions into every stage. A policy says what has to be
          true before: gates that the server judges, and people who agree.
        </p>
        <p>
          <a href={frame.to.newPolicy}>Write the first one</a>: it begins with one that asks for an
          accuracy of 0.9 in Production.
        </p>
      </section>
    ) : (
      <Table
        caption="Policies"
        columns={[
          'Policy',
          'Guards',
          { title: 'Models now', isNumber: true },
          { title: 'Approvals', isNumber: true },
          { title: 'Gates', isNumber: true },
          { title: 'Revision', isNumber: true },
        ]}
      >
        {policies.map(({ name, revision, document: { applies_to, approvals, gates } }) => (
          <tr>
            <th scope="row">
              <a href={frame.to.policy(name)}>
                <Given text={name} />
              </a>
            </th>
            <td>
              <Given text={placeText(applies_to)} /> of <Given text={applies_to.models} />
            </td>
            <td class="number">{countText(namesOf(applies_to.models).length)}</td>
            <td class="number">{approvals.rules.reduce((sum, rule) => sum + rule.required, 0)}</td>
            <td class="number">{gates.length}</td>
            <td class="number">{revision}</td>
          </tr>
        ))}
      </Table>
    )}
  </SettingsPage>
)
