import type { FC } from 'hono/jsx'
import type { TrustedKey } from '../../../attestations/trusted-keys.ts'
import type { PublishedKey } from '../../../bundles/signing/bundle-keys.ts'
import type { Reshown } from '../../changes/change.ts'
import { Changes } from '../../changes/change-forms.tsx'
import { Person, Time } from '../../parts/byline.tsx'
import { Chip } from '../../parts/chips.tsx'
import { LineField, Problem, TextField } from '../../parts/fields.tsx'
import { NoValue, Table } from '../../parts/table.tsx'
import { Given } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'

/** Of a public key in PEM, as the API has it. */
const pemCharsMax = 10_000

type KeysPageProps = Reshown & {
  readonly frame: SettingsFrame
  readonly keys: readonly (TrustedKey & { readonly policies: readonly string[] })[]
  readonly own: readonly PublishedKey[]
  /** This server keeps its private key itself and can make another one. */
  readonly isKeptHere: boolean
  readonly whyNot: { readonly trust: string | undefined; readonly renew: string | undefined }
}

/** Whose statements count here, and by which keys this server signs. */
export const KeysPage: FC<KeysPageProps> = (props) => {
  const { frame, whyNot, problem, typed } = props
  return (
    <SettingsPage
      frame={frame}
      at="keys"
      title="Keys"
      about={
        <p class="soft">
          What others sign about versions counts where their key is trusted; what this server signs
          is verified by its own.
        </p>
      }
      api={[
        { about: 'Keys of others', method: 'GET', path: '/api/v1/trusted-keys' },
        { about: 'Keys of this server', method: 'GET', path: '/api/v1/keys' },
      ]}
    >
      <Problem of={problem} />
      <Trusted {...props} />
      <Changes id="new-key" title="Trust another key" whyNot={whyNot.trust}>
        <form method="post" action={`${frame.to.keys}/trusted`} class="card-form">
          <LineField
            label="Name"
            name="name"
            isRequired
            hint="By which gates ask for it: ci"
            typed={typed?.('name')}
          />
          <PemField {...{ problem, typed }} />
          <div>
            <button type="submit">Trust key</button>
          </div>
        </form>
      </Changes>
      <Own {...props} />
      <Renewal {...props} />
    </SettingsPage>
  )
}

/** Where a public key is pasted. */
export const PemField: FC<Reshown> = ({ problem, typed }) => (
  <TextField
    label="Public key"
    name="pem"
    charsMax={pemCharsMax}
    isRequired
    hint="PEM of an ECDSA key on the curve P-256, as openssl pkey -pubout prints it"
    {...{ problem, typed: typed?.('pem') }}
  />
)

const Trusted: FC<KeysPageProps> = ({ frame: { to }, keys }) => (
  <section class="near" aria-labelledby="trusted">
    <h2 id="trusted">Keys that are trusted</h2>
    {keys.length === 0 ? (
      <p class="empty">None: no statement of others is taken.</p>
    ) : (
      <Table caption="Trusted keys by name" columns={['Name', 'Key', 'Gates of', 'Since']}>
        {keys.map(({ name, hint, policies, setAtMs, setBy }) => (
          <tr>
            <th scope="row">
              <a href={to.trustedKey(name)}>
                <Given text={name} />
              </a>
            </th>
            <td>
              <code title={hint}>{hint.slice(0, 8)}</code>
            </td>
            <td>
              <PolicyLinks of={policies} to={to} />
            </td>
            <td>
              <Time atMs={setAtMs} /> by <Person principal={setBy} />
            </td>
          </tr>
        ))}
      </Table>
    )}
  </section>
)

/** The policies with a gate that asks for a statement by a key. */
export const PolicyLinks: FC<{ readonly of: readonly string[]; readonly to: Paths }> = ({
  of,
  to,
}) =>
  of.length === 0 ? (
    <NoValue />
  ) : (
    <span>
      {of.map((name, i) => (
        <>
          {i === 0 ? '' : ', '}
          <a href={to.policy(name)}>
            <Given text={name} />
          </a>
        </>
      ))}
    </span>
  )

const Own: FC<KeysPageProps> = ({ frame: { to }, own }) => (
  <section class="near" aria-labelledby="own">
    <h2 id="own">Keys of this server</h2>
    {own.length === 0 ? (
      <p class="empty">None yet: the first signed bundle makes one.</p>
    ) : (
      <Table
        caption="Own keys, the newest first"
        columns={['Key', 'Signs', 'From', 'Until', 'Public key']}
      >
        {own.map(({ hint, fromMs, untilMs }) => (
          <tr>
            <th scope="row">
              <code title={hint}>{hint.slice(0, 8)}</code>
            </th>
            <td>
              {untilMs === undefined ? (
                <Chip sign="seal" tone="good" word="signs now" />
              ) : (
                <Chip sign="none" tone="" word="over" />
              )}
            </td>
            <td>
              <Time atMs={fromMs} />
            </td>
            <td>{untilMs === undefined ? <NoValue /> : <Time atMs={untilMs} />}</td>
            <td>
              <a
                href={`${to.keys}/own/${hint}`}
                download
                aria-label={`Download public key ${hint.slice(0, 8)}`}
              >
                Download
              </a>
            </td>
          </tr>
        ))}
      </Table>
    )}
  </section>
)

const Renewal: FC<KeysPageProps> = ({ frame: { to }, own, isKeptHere, whyNot }) => {
  const signing = own.find(({ untilMs }) => untilMs === undefined)
  return (
    <Changes id="renew" title="Sign by a new key" whyNot={whyNot.renew}>
      {isKeptHere ? (
        <form method="post" action={`${to.keys}/renew`}>
          <input type="hidden" name="seen_hint" value={signing?.hint ?? ''} />
          <p class="soft">
            The old key signs no more and stays listed, since old bundles are verified by it.
            Whoever verifies new ones needs the new public key.
          </p>
          <button type="submit" class="quiet danger">
            Make a new key
          </button>
        </form>
      ) : (
        <p class="soft">
          The operator gives the key, as <code>GATEHOUSE_BUNDLE_KEY</code>; the first use of another
          one takes the place of the old one.
        </p>
      )}
    </Changes>
  )
}
