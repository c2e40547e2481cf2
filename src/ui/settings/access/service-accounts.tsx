import type { FC } from 'hono/jsx'
import {
  createServiceAccount,
  deleteServiceAccount,
  listServiceAccounts,
  type ServiceAccount,
} from '../../../access/accounts/service-accounts.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { changeOn, checkGiven, checkSeen, checkTyped, type Reshown } from '../../changes/change.ts'
import { Changes } from '../../changes/change-forms.tsx'
import { findRefusal } from '../../forms.ts'
import { Time } from '../../parts/byline.tsx'
import { LineField, Problem } from '../../parts/fields.tsx'
import { NextLink, Table } from '../../parts/table.tsx'
import { Given, visibleText } from '../../parts/text.tsx'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { AccessOff } from './access-off.tsx'
import { mayAdministrate } from './may-administrate.ts'

const perPage = 100

/** `GET /settings/service-accounts?after=` */
export async function showServiceAccounts(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const after = optionalQuery(c, 'after') ?? ''
  const [frame, accounts, whyNot] = await Promise.all([
    settingsFrameOf(c),
    listServiceAccounts(ctx, after, perPage),
    findRefusal(mayAdministrate(ctx)),
  ])
  const next = accounts.length === perPage ? accounts.at(-1)?.name : undefined
  const page = <ServiceAccountsPage {...{ frame, accounts, next, whyNot, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showServiceAccounts,
  addressOf: (to) => `${to.settings}/service-accounts`,
  atOf: () => ({}),
})

/** `POST /settings/service-accounts` */
export const postServiceAccount = change({
  operation: 'createServiceAccount',
  read: (form) => ({ name: form.text('name') }),
  rule: mayAdministrate,
  field: 'name',
  make: (ctx, { name }) => createServiceAccount(ctx, checkGiven(name, 'The name')),
})

/** `POST /settings/service-accounts/delete` */
export const postServiceAccountDeletion = change({
  operation: 'deleteServiceAccount',
  read: (form) => ({
    name: form.exact('of') ?? '',
    typed: form.text('confirm'),
    account: form.text('account'),
  }),
  rule: mayAdministrate,
  async make(ctx, { name, typed, account }) {
    checkTyped(typed, name)
    await deleteServiceAccount(ctx, name, checkSeen(account))
  },
})

type ServiceAccountsPageProps = Reshown & {
  readonly frame: SettingsFrame
  readonly accounts: readonly ServiceAccount[]
  /** The name behind which the next page begins. */
  readonly next: string | undefined
  readonly whyNot: string | undefined
}

/** Accounts of machines, which sign in by tokens alone. */
const ServiceAccountsPage: FC<ServiceAccountsPageProps> = (props) => {
  const { frame, accounts, next, whyNot, problem, typed } = props
  const { to } = frame
  const path = `${to.settings}/service-accounts`
  return (
    <SettingsPage
      frame={frame}
      at="service-accounts"
      title="Service accounts"
      about={<p class="soft">Machines: they sign in by access tokens alone.</p>}
      api={{ method: 'GET', path: '/api/v1/service-accounts' }}
    >
      <AccessOff frame={frame} />
      <Problem of={problem} />
      {accounts.length === 0 ? (
        <p class="empty">No service account yet.</p>
      ) : (
        <Table
          caption="Service accounts"
          columns={['Account', 'Since', ...(whyNot === undefined ? ['Tokens', 'Delete'] : [])]}
        >
          {accounts.map(({ id, name, principal, createdAtMs }) => (
            <tr>
              <th scope="row">
                <Given text={principal} />
              </th>
              <td>
                <Time atMs={createdAtMs} />
              </td>
              {whyNot === undefined ? (
                <>
                  <td>
                    <a href={to.query(`${to.settings}/tokens`, { for: principal })}>Tokens</a>
                  </td>
                  <td>
                    <form method="post" action={`${path}/delete`} class="fields-row">
                      <input type="hidden" name="of" value={name} />
                      <input type="hidden" name="account" value={String(id)} />
                      <input
                        name="confirm"
                        required
                        size={8}
                        autocomplete="off"
                        aria-label={`Type ${visibleText(name)} to delete it with its tokens`}
                      />
                      <button type="submit" class="quiet danger small">
                        Delete
                      </button>
                    </form>
                  </td>
                </>
              ) : null}
            </tr>
          ))}
        </Table>
      )}
      <NextLink after={next} hrefOf={(after) => to.query(path, { after })}>
        Next service accounts
      </NextLink>
      <Changes id="new-account" title="New service account" whyNot={whyNot}>
        <form method="post" action={path} class="fields-row card-form">
          <LineField label="Name" name="name" isRequired {...{ problem, typed: typed?.('name') }} />
          <button type="submit">Make service account</button>
        </form>
      </Changes>
    </SettingsPage>
  )
}
