import type { FC } from 'hono/jsx'
import type { AccessToken } from '../../access/accounts/tokens.ts'
import type { Grant } from '../../access/permissions/grants.ts'
import type { AccountPermission } from '../../access/permissions/user-permissions.ts'
import type { SignIn } from '../../access/sign-in/sessions.ts'
import { anonymous, type Principal } from '../../core/principal.ts'
import type { FormProblem } from '../forms.ts'
import { Time } from '../parts/byline.tsx'
import { Problem } from '../parts/fields.tsx'
import { Table } from '../parts/table.tsx'
import { Given } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { Looks } from './looks.tsx'
import { MadeToken, type MadeTokenText, NewTokenForm, TokenTable } from './token-parts.tsx'

/** What an account has. */
export type Own = {
  readonly tokens: readonly AccessToken[]
  /** Whether these are all of its tokens. */
  readonly areAll: boolean
  readonly signIns: readonly SignIn[]
  readonly grants: readonly Grant[]
  readonly permissions: readonly AccountPermission[]
}

type ProfilePageProps = {
  readonly frame: Frame
  readonly principal: Principal
  /** Undefined: no account stands for the caller. */
  readonly own: Own | undefined
  readonly problem?: FormProblem
  readonly typed?: (field: string) => string | undefined
  readonly made?: MadeTokenText
}

/** Who one is taken for, what one may do, and what signs in as one. */
export const ProfilePage: FC<ProfilePageProps> = ({ frame, principal, own, ...shown }) => (
  <Page
    frame={frame}
    title="Profile"
    section="settings"
    crumbs={[{ text: 'Profile' }]}
    api={[
      { about: 'Who you are', method: 'GET', path: '/api/v1/whoami' },
      ...(own
        ? [
            { about: 'Your access tokens', method: 'GET' as const, path: '/api/v1/tokens' },
            { about: 'Your sign-ins', method: 'GET' as const, path: '/api/v1/sign-ins' },
          ]
        : []),
    ]}
  >
    <div class="stack">
      <Problem of={shown.problem} />
      {shown.made ? <MadeToken {...shown.made} frame={frame} /> : null}
      <WhoAmI {...{ frame, principal }} {...shown} />
      {own === undefined ? null : (
        <>
          <Tokens frame={frame} own={own} {...shown} />
          <SignIns frame={frame} signIns={own.signIns} />
          <Rights {...own} />
        </>
      )}
      <Looks frame={frame} />
    </div>
  </Page>
)

const WhoAmI: FC<Pick<ProfilePageProps, 'frame' | 'principal' | 'typed'>> = ({
  frame,
  principal,
  typed,
}) => {
  const { name, kind, verified, groups, claimedGroups = [], isAdmin } = principal
  if (!frame.caller.isJudged) {
    return (
      <section class="notice warn" aria-labelledby="who">
        <h2 id="who">Access control is off</h2>
        <p>
          Everybody may do everything. You are taken for{' '}
          <strong>
            <Given text={name} />
          </strong>
          , which nobody verified. Started with <code>--auth</code>, the server lets in only who
          signs in.
        </p>
        <form method="post" action={`${frame.to.profile}/name`} class="fields-row card-form">
          <label>
            Call me
            <input
              name="name"
              value={typed?.('name') ?? (name === anonymous.name ? '' : name)}
              maxlength={255}
              autocomplete="name"
              autocapitalize="none"
              spellcheck={false}
            />
          </label>
          <button type="submit">Keep the name</button>
        </form>
        <p class="soft">
          The audit log has it as claimed. Programs claim a name by the header{' '}
          <code>X-Gatehouse-Actor</code>.
        </p>
      </section>
    )
  }
  return (
    <section class="near" aria-labelledby="who">
      <h2 id="who">Who you are</h2>
      <dl class="facts">
        <dt>Name</dt>
        <dd>
          <strong>
            <Given text={name} />
          </strong>
          {verified ? ', verified' : ', not verified'}
          {kind === 'service' ? ', a service account' : ''}
        </dd>
        <dt>Signed in by</dt>
        <dd>
          {wayOf(principal)}
          {kind === 'user' ? (
            <>
              {' · '}
              <a href={`${frame.to.settings}/users/${encodeURIComponent(name)}`}>Change password</a>
            </>
          ) : null}
        </dd>
        <dt>Groups</dt>
        <dd>
          {groups.length === 0 ? 'none' : null}
          {groups.map((group, i) => (
            <>
              {i > 0 ? ', ' : ''}
              <Given text={group} />{' '}
              <span class="soft">
                ({claimedGroups.includes(group) ? 'told by who identified you' : 'kept here'})
              </span>
            </>
          ))}
        </dd>
        {isAdmin ? (
          <>
            <dt>Administrator</dt>
            <dd>You may do everything.</dd>
          </>
        ) : null}
      </dl>
    </section>
  )
}

function wayOf({ session, token }: Principal): string {
  if (token) return 'an access token'
  return session === undefined ? 'what each request carries' : 'this browser’s sign-in'
}

const Tokens: FC<Pick<ProfilePageProps, 'frame' | 'problem' | 'typed'> & { readonly own: Own }> = ({
  frame: { to },
  own: { tokens, areAll },
  ...shown
}) => (
  <section class="near" aria-labelledby="tokens">
    <h2 id="tokens">Access tokens</h2>
    <p class="soft">
      A program signs in as you by a token, and may do what you may. One that is revoked stops
      working with its next request.
    </p>
    {tokens.length === 0 ? (
      <p>None yet.</p>
    ) : (
      <TokenTable tokens={tokens} revoke={`${to.profile}/tokens/revoke`} isOfAll={false} />
    )}
    {areAll ? null : (
      <p class="soft">
        There are more: <code>GET /api/v1/tokens</code> lists them all.
      </p>
    )}
    <NewTokenForm action={`${to.profile}/tokens`} isForOthers={false} {...shown} />
  </section>
)

const SignIns: FC<{ readonly frame: Frame; readonly signIns: readonly SignIn[] }> = ({
  frame: { to },
  signIns,
}) => (
  <section class="near" aria-labelledby="sign-ins">
    <h2 id="sign-ins">Sign-ins</h2>
    {signIns.length === 0 ? (
      <p class="soft">You are signed in to these pages in no browser.</p>
    ) : (
      <Table
        caption="Browsers where you are signed in"
        columns={['Since', 'Seen last', 'By', 'End']}
      >
        {signIns.map(({ id, issuer, startedAtMs, seenAtMs, isCurrent }) => (
          <tr>
            <th scope="row">
              <Time atMs={startedAtMs} />
              {isCurrent ? <strong> this browser</strong> : null}
            </th>
            <td>
              <Time atMs={seenAtMs} />
            </td>
            <td>{issuer === undefined ? 'password' : <Given text={issuer} />}</td>
            <td>
              <form method="post" action={`${to.profile}/sign-ins/end`}>
                <input type="hidden" name="id" value={id} />
                <button type="submit" class="quiet danger small">
                  End this one
                </button>
              </form>
            </td>
          </tr>
        ))}
      </Table>
    )}
  </section>
)

const rowsMax = 200

const Rights: FC<Pick<Own, 'grants' | 'permissions'>> = ({ grants, permissions }) => (
  <section class="near" aria-labelledby="rights">
    <h2 id="rights">What was given to you</h2>
    {grants.length + permissions.length === 0 ? (
      <p class="soft">Nothing beside what everybody has.</p>
    ) : null}
    {grants.length === 0 ? null : (
      <Table caption="Grants" columns={['May', 'Models', 'Place', 'By way of']}>
        {grants.slice(0, rowsMax).map(({ action, models, stage, alias, principal }) => (
          <tr>
            <th scope="row">{action}</th>
            <td>
              <Given text={models} />
            </td>
            <td>
              <Given text={stage ?? (alias === undefined ? '' : `@${alias}`)} />
            </td>
            <td>
              <Given text={principal} />
            </td>
          </tr>
        ))}
      </Table>
    )}
    {permissions.length === 0 ? null : (
      <Table caption="Permissions" columns={['On', 'Which', 'Level', 'By the role']}>
        {permissions
          .slice(0, rowsMax)
          .map(({ resourceType, resourcePattern, permission, ...by }) => (
            <tr>
              <th scope="row">{resourceType.replaceAll('_', ' ')}</th>
              <td>{resourcePattern === '*' ? 'all' : <Given text={resourcePattern} />}</td>
              <td>{permission}</td>
              <td>
                <Given text={by.roleName} />
              </td>
            </tr>
          ))}
      </Table>
    )}
    {Math.max(grants.length, permissions.length) > rowsMax ? (
      <p class="soft">Shown are the first {rowsMax} of each; the API lists them all.</p>
    ) : null}
  </section>
)
