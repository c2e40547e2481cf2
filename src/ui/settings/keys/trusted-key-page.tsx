import type { FC } from 'hono/jsx'
import type { TrustedKey } from '../../../attestations/trusted-keys.ts'
import type { Reshown } from '../../changes/change.ts'
import { Changes, DeleteForm } from '../../changes/change-forms.tsx'
import { Person, Time } from '../../parts/byline.tsx'
import { Problem } from '../../parts/fields.tsx'
import { Given } from '../../parts/text.tsx'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { PemField, PolicyLinks } from './keys-page.tsx'

type TrustedKeyPageProps = Reshown & {
  readonly frame: SettingsFrame
  readonly trusted: TrustedKey
  /** Those with a gate that asks for a statement by it. */
  readonly policies: readonly string[]
  readonly whyNot: string | undefined
}

/** One key of somebody else: what it is, which gates ask for it, and the ways to end its trust. */
export const TrustedKeyPage: FC<TrustedKeyPageProps> = (props) => {
  const { frame, trusted, policies, whyNot, problem, typed } = props
  const { name, hint, pem, setBy, setAtMs } = trusted
  const path = frame.to.trustedKey(name)
  const seen = <input type="hidden" name="seen_hint" value={hint} />
  return (
    <SettingsPage
      frame={frame}
      at="keys"
      title={`Trusted key ${name}`}
      heading={<Given text={name} />}
      crumbs={[{ text: name }]}
      about={
        <p class="soft">
          Trusted since <Time atMs={setAtMs} isExact /> by <Person principal={setBy} />
        </p>
      }
      api={{ method: 'GET', path: '/api/v1/trusted-keys' }}
    >
      <Problem of={problem} />
      <dl class="facts">
        <dt>Hint</dt>
        <dd>
          <code>{hint}</code>
        </dd>
        <dt>Gates of</dt>
        <dd>
          <PolicyLinks of={policies} to={frame.to} />
        </dd>
      </dl>
      <pre tabindex={0}>
        <code>{pem}</code>
      </pre>
      <Changes
        id="replace"
        title="Trust another key under this name"
        whyNot={whyNot}
        intro={<p class="soft">What this key signed counts no more then.</p>}
      >
        <form method="post" action={path} class="card-form">
          {seen}
          <PemField {...{ problem, typed }} />
          <div>
            <button type="submit">Replace key</button>
          </div>
        </form>
      </Changes>
      <Changes id="delete" title="Trust it no more" whyNot={whyNot}>
        <DeleteForm
          action={`${path}/delete`}
          what={name}
          confirm={name}
          consequences={[
            'What it signed counts no more, for open requests too.',
            policies.length === 0
              ? 'No gate asks for it.'
              : `Gates of ${policies.join(', ')} ask for it and do not pass until a key has this name again.`,
          ]}
          problem={problem}
        >
          {seen}
        </DeleteForm>
      </Changes>
    </SettingsPage>
  )
}
