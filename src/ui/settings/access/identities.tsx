import type { Child, FC } from 'hono/jsx'
import {
  admitIdentity,
  type BarredIdentity,
  findBarredAfter,
} from '../../../access/accounts/barred.ts'
import {
  findIdentitiesAfter,
  type Identity,
  linkIdentity,
  unlinkIdentity,
} from '../../../access/accounts/identities.ts'
import { requireAdmin } from '../../../access/permissions/require.ts'
import { invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import type { Context } from '../../../platform/context.ts'
import { changeOn, checkGiven, type Reshown } from '../../changes/change.ts'
import type { FormFields } from '../../forms.ts'
import { Time } from '../../parts/byline.tsx'
import { LineField, Problem } from '../../parts/fields.tsx'
import { NextLink, Table } from '../../parts/table.tsx'
import { Given, visibleText } from '../../parts/text.tsx'
import { numberIn } from '../../paths.ts'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'

const perPage = 100

/** @throws PERMISSION_DENIED */
export async function mayReadIdentities(ctx: Context): Promise<void> {
  requireAdmin(ctx)
}

/** `GET /settings/identities?after=&barred=` */
export async function showIdentities(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const after = numberIn(optionalQuery(c, 'after')) ?? 0
  const barredAfter = numberIn(optionalQuery(c, 'barred')) ?? 0
  const [frame, identities, barred] = await Promise.all([
    settingsFrameOf(c),
    findIdentitiesAfter(ctx, after, perPage),
    findBarredAfter(ctx, barredAfter, perPage),
  ])
  const page = <IdentitiesPage {...{ frame, identities, barred, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showIdentities,
  addressOf: (to) => `${to.settings}/identities`,
  atOf: () => ({}),
})

/** `POST /settings/identities` */
export const postIdentity = change({
  operation: 'linkIdentity',
  read: (form) => ({
    account: form.text('account'),
    issuer: form.text('issuer'),
    subject: form.text('subject'),
  }),
  rule: mayReadIdentities,
  field: 'account',
  make: (ctx, { account, issuer, subject }) =>
    linkIdentity(ctx, {
      account: checkGiven(account, 'The account'),
      issuer: checkGiven(issuer, 'The issuer'),
      subject: checkGiven(subject, 'The subject'),
    }),
})

const readId = (form: FormFields) => ({ id: numberIn(form.text('id')) })

function checkId(id: number | undefined): number {
  if (id === undefined) throw invalid('The form does not say which one')
  return id
}

/** `POST /settings/identities/unlink` */
export const postUnlinking = change({
  operation: 'unlinkIdentity',
  read: readId,
  rule: mayReadIdentities,
  make: (ctx, { id }) => unlinkIdentity(ctx, checkId(id)),
})

/** `POST /settings/identities/admit` */
export const postAdmission = change({
  operation: 'admitIdentity',
  read: readId,
  rule: mayReadIdentities,
  make: (ctx, { id }) => admitIdentity(ctx, checkId(id)),
})

type IdentitiesPageProps = Reshown & {
  readonly frame: SettingsFrame
  readonly identities: readonly Identity[]
  readonly barred: readonly BarredIdentity[]
}

type RowProps = {
  readonly of: {
    readonly id: number
    readonly account: string
    readonly issuer: string
    readonly subject: string
  }
  /** Since when, or by whom. */
  readonly more: Child
  readonly action: string
  readonly does: string
  readonly isDanger?: boolean
  /** What it does besides, for who does not see the table. */
  readonly effect?: string
}

const Row: FC<RowProps> = ({ of: { id, account, issuer, subject }, more, ...button }) => (
  <tr>
    <th scope="row">
      <Given text={account} />
    </th>
    <td>
      <Given text={issuer} />
    </td>
    <td>
      <Given text={subject} />
    </td>
    <td>{more}</td>
    <td>
      <form method="post" action={button.action}>
        <input type="hidden" name="id" value={String(id)} />
        <button
          type="submit"
          class={button.isDanger ? 'quiet danger small' : 'quiet small'}
          aria-label={`${button.does} ${visibleText(subject)}${button.effect ?? ''}`}
        >
          {button.does}
        </button>
      </form>
    </td>
  </tr>
)

/** Whom issuers outside identify, and the accounts that they have here. */
const IdentitiesPage: FC<IdentitiesPageProps> = (props) => {
  const { frame, identities, barred, problem, typed } = props
  const { to } = frame
  const path = `${to.settings}/identities`
  const lastOf = (list: readonly { readonly id: number }[]) =>
    list.length === perPage ? list.at(-1)?.id : undefined
  return (
    <SettingsPage
      frame={frame}
      at="identities"
      title="Identities"
      about={
        <p class="soft">Whom providers and pipelines outside identify, and their accounts here.</p>
      }
      api={{ method: 'GET', path: '/api/v1/identities' }}
    >
      <Problem of={problem} />
      {identities.length === 0 ? (
        <p class="empty">None: nobody came by an issuer outside.</p>
      ) : (
        <Table caption="Identities" columns={['Account', 'Issuer', 'Subject', 'Since', 'Unlink']}>
          {identities.map((identity) => (
            <Row
              of={identity}
              more={<Time atMs={identity.createdAtMs} />}
              action={`${path}/unlink`}
              does="Unlink"
              isDanger
              effect=": sign-ins through it end, and it gets no account by itself"
            />
          ))}
        </Table>
      )}
      <NextLink after={lastOf(identities)} hrefOf={(after) => to.query(path, { after })}>
        Next identities
      </NextLink>
      <section class="panel near" aria-labelledby="link">
        <h2 id="link">Link an account</h2>
        <form method="post" action={path} class="fields-row">
          <LineField
            label="Account"
            name="account"
            isRequired
            {...{ problem, typed: typed?.('account') }}
          />
          <LineField label="Issuer" name="issuer" isRequired typed={typed?.('issuer')} />
          <LineField label="Subject" name="subject" isRequired typed={typed?.('subject')} />
          <button type="submit">Link</button>
        </form>
      </section>
      {barred.length === 0 ? null : (
        <section class="near" aria-labelledby="barred">
          <h2 id="barred">Barred</h2>
          <p class="soft">Their accounts were ended here, so signing in makes no new one.</p>
          <Table caption="Barred identities" columns={['Was', 'Issuer', 'Subject', 'By', 'Admit']}>
            {barred.map((identity) => (
              <Row
                of={identity}
                more={<Given text={identity.barredBy} />}
                action={`${path}/admit`}
                does="Admit"
              />
            ))}
          </Table>
          <NextLink
            after={lastOf(barred)}
            hrefOf={(after) => `${to.query(path, { barred: after })}#barred`}
          >
            Next barred identities
          </NextLink>
        </section>
      )}
    </SettingsPage>
  )
}
