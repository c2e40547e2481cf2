import type { FC } from 'hono/jsx'
import type { Group } from '../../../access/accounts/groups.ts'
import type { Reshown } from '../../changes/change.ts'
import { Changes, DeleteForm } from '../../changes/change-forms.tsx'
import { LineField, Problem, TextField } from '../../parts/fields.tsx'
import { NextLink, Table } from '../../parts/table.tsx'
import { countText, Given, plural } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { AccessOff } from './access-off.tsx'

type GroupsPageProps = Reshown & {
  readonly frame: SettingsFrame
  readonly groups: readonly Group[]
  /** The name behind which the next page begins. */
  readonly next: string | undefined
  readonly whyNot: string | undefined
}

const shownMax = 10
const membersHint = 'One a line: rita, service:trainer'
/** 10,000 names. */
const membersCharsMax = 200_000

/** Groups that are kept here; an issuer outside may tell of others. */
export const GroupsPage: FC<GroupsPageProps> = (props) => {
  const { frame, groups, next, whyNot, problem, typed } = props
  const path = `${frame.to.settings}/groups`
  return (
    <SettingsPage
      frame={frame}
      at="groups"
      title="Groups"
      about={<p class="soft">Policies and grants name them: group:reviewers.</p>}
      api={{ method: 'GET', path: '/api/v1/groups' }}
    >
      <AccessOff frame={frame} />
      <Problem of={problem} />
      {groups.length === 0 ? (
        <p class="empty">No group yet.</p>
      ) : (
        <Table caption="Groups" columns={['Group', { title: 'Members', isNumber: true }, 'Who']}>
          {groups.map(({ name, members }) => (
            <tr>
              <th scope="row">
                <a href={`${path}/${encodeURIComponent(name)}`}>
                  <Given text={name} />
                </a>
              </th>
              <td class="number">{countText(members.length)}</td>
              <td>
                <Given text={members.slice(0, shownMax).join(', ')} />
                {members.length > shownMax
                  ? ` and ${countText(members.length - shownMax)} more`
                  : ''}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <NextLink after={next} hrefOf={(after) => frame.to.query(path, { after })}>
        Next groups
      </NextLink>
      <Changes id="new-group" title="New group" whyNot={whyNot}>
        <form method="post" action={path} class="card-form">
          <LineField label="Name" name="name" isRequired {...{ problem, typed: typed?.('name') }} />
          <TextField
            label="Members"
            name="members"
            charsMax={membersCharsMax}
            hint={membersHint}
            typed={typed?.('members')}
          />
          <div>
            <button type="submit">Make group</button>
          </div>
        </form>
      </Changes>
    </SettingsPage>
  )
}

type GroupPageProps = Reshown & {
  readonly frame: SettingsFrame
  readonly group: Group
  readonly whyNot: string | undefined
}

/** One group and its members. */
export const GroupPage: FC<GroupPageProps> = ({ frame, group, whyNot, problem, typed }) => {
  const { name, members } = group
  const path = `${frame.to.settings}/groups/${encodeURIComponent(name)}`
  return (
    <SettingsPage
      frame={frame}
      at="groups"
      title={`Group ${name}`}
      heading={<Given text={name} />}
      crumbs={[{ text: name }]}
      about={<p class="soft">{plural(members.length, 'member')}</p>}
      api={{ method: 'GET', path: `/api/v1/groups/${encodeURIComponent(name)}` }}
    >
      <Problem of={problem} />
      {whyNot === undefined ? null : <p>{<Given text={members.join(', ')} />}</p>}
      <Changes
        id="members"
        title="Members"
        whyNot={whyNot}
        intro={
          <p class="soft">
            A change counts with the next request: approvals of those who leave fall where only the
            group was named.
          </p>
        }
      >
        <form method="post" action={`${path}/members`} class="card-form">
          <input type="hidden" name="seen_members" value={members.join('\n')} />
          <TextField
            label="Members"
            name="members"
            charsMax={membersCharsMax}
            hint={membersHint}
            {...{ problem, typed: typed?.('members') ?? members.join('\n') }}
          />
          <div>
            <button type="submit">Save members</button>
          </div>
        </form>
      </Changes>
      <Changes id="delete" title="Delete" whyNot={whyNot}>
        <DeleteForm
          action={`${path}/delete`}
          what={name}
          confirm={name}
          consequences={[
            'Policies and grants that name the group name nobody by it any more.',
            'It cannot be undone; its audit entries stay.',
          ]}
          problem={problem}
        />
      </Changes>
    </SettingsPage>
  )
}
