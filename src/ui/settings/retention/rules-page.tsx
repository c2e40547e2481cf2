import type { FC } from 'hono/jsx'
import type { RetentionRule } from '../../../retention/rules.ts'
import { Time } from '../../parts/byline.tsx'
import { Table } from '../../parts/table.tsx'
import { Given } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { keepTexts } from './rule-texts.ts'

type RulesPageProps = {
  readonly frame: SettingsFrame
  readonly rules: readonly RetentionRule[]
}

/** Which versions are deleted once nobody needs them. */
export const RulesPage: FC<RulesPageProps> = ({ frame, rules }) => (
  <SettingsPage
    frame={frame}
    at="retention"
    title="Retention"
    about={
      <p class="soft">
        Which versions are deleted once nobody needs them. What is in use stays in any case.
      </p>
    }
    actions={
      <a class="button" href={frame.to.newRetentionRule}>
        New rule
      </a>
    }
    api={{ method: 'GET', path: '/api/v1/retention/rules' }}
  >
    {rules.length === 0 ? (
      <p class="empty">No rules: versions are kept for good.</p>
    ) : (
      <Table
        caption="Rules"
        columns={['Rule', 'Models', 'Keeps', 'Deletes from', 'Followed', 'Changed']}
      >
        {rules.map(({ name, terms, isAutomatic, updatedAtMs }) => (
          <tr>
            <th scope="row">
              <a href={frame.to.retentionRule(name)}>
                <Given text={name} />
              </a>
            </th>
            <td>
              <Given text={terms.models} />
            </td>
            <td>{keepTexts(terms).join('; ')}</td>
            <td>{terms.stages.join(', ')}</td>
            <td>{isAutomatic ? 'once an hour' : 'when somebody runs it'}</td>
            <td>
              <Time atMs={updatedAtMs} />
            </td>
          </tr>
        ))}
      </Table>
    )}
    <p>
      <a href={frame.to.storage}>What versions take</a>
    </p>
  </SettingsPage>
)
