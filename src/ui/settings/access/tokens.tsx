import type { FC } from 'hono/jsx'
import { type AccessToken, listTokens, revokeToken } from '../../../access/accounts/tokens.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import { checkGiven, type Reshown } from '../../changes/change.ts'
import { formAction, noteProblem } from '../../forms.ts'
import { Problem } from '../../parts/fields.tsx'
import { LineSearch } from '../../parts/search-box.tsx'
import { NextLink } from '../../parts/table.tsx'
import { numberIn, pathsUnder } from '../../paths.ts'
import { makeToken } from '../../profile/token-form.ts'
import {
  MadeToken,
  type MadeTokenText,
  NewTokenForm,
  TokenTable,
} from '../../profile/token-parts.tsx'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { type SettingsFrame, SettingsPage } from '../settings-page.tsx'
import { mayAdministrate } from './may-administrate.ts'

const perPage = 100

type Shown = Reshown & { readonly made?: MadeTokenText }

/** `GET /settings/tokens?for=&after=`: everybody's. */
export async function showTokens(c: AppContext, shown: Shown = {}): Promise<Response> {
  const owner = optionalQuery(c, 'for')
  const after = numberIn(optionalQuery(c, 'after')) ?? 0
  const [frame, tokens] = await Promise.all([
    settingsFrameOf(c),
    listTokens(c.var.ctx, owner, { after, count: perPage }),
  ])
  const page = <TokensPage {...{ frame, owner, tokens, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `POST /settings/tokens`: the page with the token, which is shown this once. */
export const postTokenFor = formAction({
  operation: 'createToken',
  rule: mayAdministrate,
  async run(ctx, c, form) {
    try {
      const owner = checkGiven(form.text('for'), 'Whose it is to be')
      return await showTokens(c, { made: await makeToken(ctx, form, owner) })
    } catch (err) {
      const problem = await noteProblem(c, err, 'name')
      return showTokens(c, { problem, typed: (field) => form.text(field) })
    }
  },
})

/** `POST /settings/tokens/revoke` */
export const postAnyTokenRevocation = formAction({
  operation: 'revokeToken',
  rule: mayAdministrate,
  async run(ctx, c, form) {
    try {
      await revokeToken(ctx, form.text('id') ?? '')
    } catch (err) {
      return showTokens(c, { problem: await noteProblem(c, err) })
    }
    return c.redirect(`${pathsUnder(pagePrefix(c)).settings}/tokens`, 303)
  },
})

type TokensPageProps = Shown & {
  readonly frame: SettingsFrame
  readonly owner: string | undefined
  readonly tokens: readonly AccessToken[]
}

const TokensPage: FC<TokensPageProps> = (props) => {
  const { frame, owner, tokens, made, problem } = props
  const { to } = frame
  const path = `${to.settings}/tokens`
  const typed = props.typed ?? ((field: string) => (field === 'for' ? owner : undefined))
  const last = tokens.length === perPage ? tokens.at(-1)?.id : undefined
  return (
    <SettingsPage
      frame={frame}
      at="tokens"
      title="Access tokens"
      about={
        <p class="soft">
          Everybody’s. Your own are in your <a href={to.profile}>profile</a> as well.
        </p>
      }
      api={{ method: 'GET', path: to.query('/api/v1/tokens', { for: owner }) }}
    >
      <Problem of={problem} />
      {made ? <MadeToken {...made} frame={frame} /> : null}
      <LineSearch
        action={path}
        label="Of one account"
        name="for"
        words={owner ?? ''}
        placeholder="service:trainer"
        button="Show"
      />
      {tokens.length === 0 ? (
        <p class="empty">{owner === undefined ? 'No token yet.' : 'It has no token.'}</p>
      ) : (
        <TokenTable tokens={tokens} revoke={`${path}/revoke`} isOfAll />
      )}
      <NextLink after={last} hrefOf={(after) => to.query(path, { for: owner, after })}>
        Next tokens
      </NextLink>
      <section class="panel near" aria-labelledby="new-token">
        <h2 id="new-token">New token</h2>
        <NewTokenForm action={path} isForOthers problem={problem} typed={typed} />
      </section>
    </SettingsPage>
  )
}
