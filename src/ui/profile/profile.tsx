import { checkAccountName } from '../../access/accounts/names.ts'
import { listTokens, revokeToken } from '../../access/accounts/tokens.ts'
import { listOwnGrants } from '../../access/permissions/grants.ts'
import { listPermissions } from '../../access/permissions/user-permissions.ts'
import { endSignIn, listSignIns } from '../../access/sign-in/sessions.ts'
import { invalid } from '../../core/error.ts'
import type { AppContext } from '../../http/app-env.ts'
import { anyone } from '../../http/guards/guard.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import { setClaimedName } from '../../http/session-cookie.ts'
import type { Context } from '../../platform/context.ts'
import { type FormFields, type FormProblem, formAction, noteProblem } from '../forms.ts'
import { pathsUnder } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { keepPreferences, preferencesOf, startPages, themes } from '../shell/preferences.ts'
import { returnPath } from '../shell/return-path.ts'
import { type Own, ProfilePage } from './profile-page.tsx'
import { makeToken } from './token-form.ts'
import type { MadeTokenText } from './token-parts.tsx'

type Shown = {
  readonly problem?: FormProblem
  readonly typed?: (field: string) => string | undefined
  readonly made?: MadeTokenText
}

const tokensMax = 200

/** `GET /profile` */
export async function showProfile(c: AppContext, shown: Shown = {}): Promise<Response> {
  const { ctx } = c.var
  const [frame, own] = await Promise.all([frameOf(c), readOwn(ctx)])
  const page = <ProfilePage {...{ frame, principal: ctx.principal, own, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** Undefined: no account stands for the caller. */
async function readOwn(ctx: Context): Promise<Own | undefined> {
  const { accountId, name } = ctx.principal
  if (!ctx.settings.auth || accountId === undefined) return undefined
  const [tokens, signIns, grants, permissions] = await Promise.all([
    listTokens(ctx, name, { after: 0, count: tokensMax }),
    listSignIns(ctx),
    listOwnGrants(ctx),
    listPermissions(ctx, accountId),
  ])
  return { tokens, signIns, grants, permissions, areAll: tokens.length < tokensMax }
}

/** `POST /profile/tokens`: the page with the token, which is shown this once. */
export const postToken = formAction({
  operation: 'createToken',
  rule: anyone,
  async run(ctx, c, form) {
    try {
      return await showProfile(c, { made: await makeToken(ctx, form, undefined) })
    } catch (err) {
      return reshown(c, form, err)
    }
  },
})

/** `POST /profile/tokens/revoke` */
export const postTokenRevocation = formAction({
  operation: 'revokeToken',
  rule: anyone,
  run: (ctx, c, form) => done(c, form, () => revokeToken(ctx, form.text('id') ?? '')),
})

/** `POST /profile/sign-ins/end` */
export const postSignInEnd = formAction({
  operation: 'endSignIn',
  rule: anyone,
  run: (ctx, c, form) => done(c, form, () => endSignIn(ctx, form.text('id') ?? '')),
})

/** `POST /profile/preferences`: kept in the browser alone. */
export const postPreferences = formAction({
  operation: 'keepPreferences',
  rule: anyone,
  async run(_ctx, c, form) {
    const theme = themes.find((one) => one === form.text('theme'))
    keepPreferences(c, {
      theme,
      isLocal: form.text('zone') === 'local',
      isCompact: form.text('density') === 'compact',
      start: startPages.find((one) => one === form.text('start')),
    })
    return c.redirect(pathsUnder(pagePrefix(c)).profile, 303)
  },
})

/** `POST /profile/zone`: that of times alone, as the foot of pages sends it. */
export const postZone = formAction({
  operation: 'keepPreferences',
  rule: anyone,
  async run(_ctx, c, form) {
    keepPreferences(c, { ...preferencesOf(c), isLocal: form.text('zone') === 'local' })
    return c.redirect(pathsUnder(pagePrefix(c)).profile, 303)
  },
})

/** `POST /profile/theme`: that of pages alone, as the menu sends it; back to the page where it stands. */
export const postTheme = formAction({
  operation: 'keepPreferences',
  rule: anyone,
  async run(_ctx, c, form) {
    const theme = themes.find((one) => one === form.text('theme'))
    keepPreferences(c, { ...preferencesOf(c), theme })
    return c.redirect(
      returnPath(pathOf(c.req.header('referer')), pathsUnder(pagePrefix(c)).profile),
      303,
    )
  },
})

/** Undefined: the browser does not say where the form stood. */
function pathOf(referer: string | undefined): string | undefined {
  const url = referer === undefined ? null : URL.parse(referer)
  return url ? url.pathname + url.search : undefined
}

/** `POST /profile/name`: kept in the browser alone, which claims it from then on. */
export const postClaimedName = formAction({
  operation: 'claimName',
  rule: anyone,
  run: (ctx, c, form) =>
    done(c, form, async () => {
      if (ctx.settings.auth) throw invalid('Access control is on: who signs in has a name')
      const name = form.text('name')
      if (name !== undefined) checkAccountName(name, 'name')
      setClaimedName(c, name)
    }),
})

async function done(
  c: AppContext,
  form: FormFields,
  act: () => Promise<unknown>,
): Promise<Response> {
  try {
    await act()
  } catch (err) {
    return reshown(c, form, err)
  }
  return c.redirect(pathsUnder(pagePrefix(c)).profile, 303)
}

async function reshown(c: AppContext, form: FormFields, err: unknown): Promise<Response> {
  const problem = await noteProblem(c, err, 'name')
  return showProfile(c, { problem, typed: (field) => form.text(field) })
}
