import type { FC } from 'hono/jsx'
import type { Account } from '../../../access/accounts/accounts.ts'
import type { Reshown } from '../../changes/change.ts'
import { Changes, DeleteForm } from '../../changes/change-forms.tsx'
import { Time } from '../../parts/byline.tsx'
import { LineField, Problem } from '../../parts/fields.tsx'
import { LineSearch } from '../../parts/search-box.tsx'
import { NextLink, NoValue, Table } from '../../parts/table.tsx'
import { Given, visibleText } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { AccessOff } from './access-off.tsx'

type UsersPageProps = Reshown & {
  readonly frame: SettingsFrame
  readonly words: string
  readonly rows: readonly (Account & { readonly roles: readonly string[] })[]
  /** The id behind which the next page begins. */
  readonly next: number | undefined
  readonly whyNot: string | undefined
}

/** Who signs in here. */
export const UsersPage: FC<UsersPageProps> = (props) => {
  const { frame, words, rows, next, whyNot, problem, typed } = props
  const { to } = frame
  const path = `${to.settings}/users`
  return (
    <SettingsPage
      frame={frame}
      at="users"
      title="Users"
      api={{ method: 'GET', path: '/api/2.0/mlflow/users/list' }}
    >
      <AccessOff frame={frame} />
      <Problem of={problem} />
      <LineSearch action={path} label="Name" words={words} />
      {rows.length === 0 ? (
        <p class="empty">{words === '' ? 'Nobody yet.' : 'Nobody has such a name.'}</p>
      ) : (
        <Table caption="Users" columns={['User', 'Administrator', 'Roles', 'Since']}>
          {rows.map(({ name, isAdmin, roles, createdAtMs }) => (
            <tr>
              <th scope="row">
                <a href={`${path}/${encodeURIComponent(name)}`}>
                  <Given text={name} />
                </a>
              </th>
              <td>{isAdmin ? 'yes' : 'no'}</td>
              <td>{roles.length === 0 ? <NoValue /> : <Given text={roles.join(', ')} />}</td>
              <td>
                <Time atMs={createdAtMs} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <NextLink after={next} hrefOf={(after) => to.query(path, { q: words, after })}>
        Next users
      </NextLink>
      <Changes id="new-user" title="New user" whyNot={whyNot}>
        <form method="post" action={path} class="fields-row card-form">
          <LineField
            label="Name"
            name="name"
            autocomplete="off"
            isRequired
            {...{ problem, typed: typed?.('name') }}
          />
          <PasswordField label="Password" name="password" />
          <button type="submit">Make user</button>
        </form>
      </Changes>
    </SettingsPage>
  )
}

/** Never with what was typed. */
const PasswordField: FC<{
  readonly label: string
  readonly name: string
  readonly isCurrent?: boolean
}> = ({ label, name, isCurrent }) => (
  <label>
    {label}
    <input
      type="password"
      name={name}
      required
      autocomplete={isCurrent ? 'current-password' : 'new-password'}
    />
  </label>
)

type UserPageProps = Reshown & {
  readonly frame: SettingsFrame
  readonly user: Account
  readonly whyNot: string | undefined
  readonly whyNoPassword: string | undefined
  /** The user is the caller, who has to give the old password. */
  readonly isSelf: boolean
}

/** One user, and what administrators change of them. */
export const UserPage: FC<UserPageProps> = (props) => {
  const { frame, user, whyNot, whyNoPassword, isSelf, problem } = props
  const { name, isAdmin, createdAtMs } = user
  const { to } = frame
  const path = `${to.settings}/users/${encodeURIComponent(name)}`
  // The name may be somebody else's when the form comes.
  const seen = <input type="hidden" name="account" value={String(user.id)} />
  return (
    <SettingsPage
      frame={frame}
      at="users"
      title={`User ${name}`}
      heading={<Given text={name} />}
      crumbs={[{ text: name }]}
      about={
        <p class="soft">
          {isAdmin ? 'An administrator' : 'A user'} since <Time atMs={createdAtMs} isExact />.{' '}
          <a href={to.query(to.audit, { actor: name })}>What they did</a>
        </p>
      }
      api={{
        method: 'GET',
        path: to.query('/api/2.0/mlflow/users/get', { username: name }),
      }}
    >
      <Problem of={problem} />
      <Changes id="password" title="Password" whyNot={whyNoPassword}>
        <form method="post" action={`${path}/password`} class="fields-row card-form">
          {/* By which password managers know whose it is. */}
          <input name="username" value={name} autocomplete="username" readonly hidden />
          {seen}
          {isSelf ? <PasswordField label="Present password" name="current" isCurrent /> : null}
          <PasswordField label="New password" name="password" />
          <button type="submit">Change password</button>
        </form>
        <p class="soft">Ends every sign-in and token of {visibleText(name)}.</p>
      </Changes>
      <Changes id="admin" title="Administrator" whyNot={whyNot}>
        <form method="post" action={`${path}/admin`}>
          {seen}
          <input type="hidden" name="is_admin" value={isAdmin ? 'no' : 'yes'} />
          <p>
            {isAdmin
              ? 'May do everything. Without it, what was granted and everybody’s permissions remain.'
              : 'An administrator may do everything, past every permission.'}
          </p>
          <div>
            <button type="submit" class={isAdmin ? 'quiet danger' : 'quiet'}>
              {isAdmin ? 'Take it away' : `Make ${visibleText(name)} an administrator`}
            </button>
          </div>
        </form>
      </Changes>
      <Changes id="delete" title="Delete" whyNot={whyNot}>
        <DeleteForm
          action={`${path}/delete`}
          what={name}
          confirm={name}
          consequences={[
            'Tokens, sign-ins, memberships and permissions go; approvals of open requests fall.',
            'What they did stays in the audit log. Made again under this name, they are somebody else.',
          ]}
          problem={problem}
        >
          {seen}
        </DeleteForm>
      </Changes>
    </SettingsPage>
  )
}
