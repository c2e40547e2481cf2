import { signInByPassword } from '../../access/sign-in/by-password.ts'
import { beginSignIn, completeSignIn } from '../../access/sign-in/oidc.ts'
import { authenticateBySession, endSession } from '../../access/sign-in/sessions.ts'
import { httpStatus, notFound, RegistryError, RequestLimitError } from '../../core/error.ts'
import type { AppContext } from '../../http/app-env.ts'
import { readBytes } from '../../http/body.ts'
import { credentialsOf } from '../../http/credentials.ts'
import { refuseForeignForm, refuseForeignUse } from '../../http/guards/browser-guard.ts'
import { serverPrefix, serverUrl } from '../../http/guards/reached.ts'
import { forgetSession, sessionOf, setSession } from '../../http/session-cookie.ts'
import type { OidcSettings } from '../../platform/settings/sign-in.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { preferencesOf } from '../shell/preferences.ts'
import { returnPath } from '../shell/return-path.ts'
import { OpenPage, SignedInPage, SignInPage } from './sign-in-page.tsx'
import { forgetUnderWay, keepUnderWay, takeUnderWay } from './under-way.ts'

const formBytesMax = 20_000

/** Where a password is typed, nothing runs. */
const unscripted = { scripts: false }

/** Where a sign-in leads: to what was asked for, or to the page that this browser begins with. */
function landingOf(c: AppContext, asked: string | undefined): string {
  return returnPath(asked, `/${preferencesOf(c).start ?? ''}`)
}

/** `GET /signin`: the form, or who is signed in. */
export async function showSignIn(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const frame = await frameOf(c)
  if (!ctx.settings.auth)
    return sendPage(c, { frame, page: <OpenPage frame={frame} /> }, unscripted)
  const principal = await authenticateBySession(ctx, credentialsOf(c))
  if (!principal) return form(c, landingOf(c, c.req.query('to')))
  const { name, groups } = principal
  return sendPage(
    c,
    { frame, page: <SignedInPage frame={frame} name={name} groups={groups} /> },
    unscripted,
  )
}

/** `POST /signin`: a session for a name and its password. */
export async function signIn(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  if (!ctx.settings.auth) return showSignIn(c)
  const fields = await formFields(c)
  const to = landingOf(c, fields.get('to') ?? undefined)
  const name = fields.get('username') ?? ''
  try {
    refuseForeignForm(c)
    const password = fields.get('password') ?? ''
    const id = await signInByPassword(ctx, { name, password }, sessionOf(c))
    setSession(c, id)
    return c.redirect(serverPrefix(c) + to, 303)
  } catch (err) {
    return form(c, to, { err, username: name })
  }
}

/** `GET /signin/oidc`: to the provider. */
export async function begin(c: AppContext): Promise<Response> {
  const oidc = provider(c)
  const to = landingOf(c, c.req.query('to'))
  try {
    const { url, underWay } = await beginSignIn(c.var.ctx, oidc, callbackUrl(c))
    keepUnderWay(c, { ...underWay, to })
    return c.redirect(url.href, 303)
  } catch (err) {
    return form(c, to, { err })
  }
}

/** `GET /signin/callback`: back from the provider. */
export async function complete(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const oidc = provider(c)
  const underWay = takeUnderWay(c)
  const to = landingOf(c, underWay?.to)
  try {
    if (!underWay) {
      throw new RegistryError(
        'UNAUTHENTICATED',
        'This sign-in was not begun in this browser, or too long ago; begin again',
      )
    }
    forgetUnderWay(c)
    const callback = new URL(callbackUrl(c) + new URL(c.req.url).search)
    const id = await completeSignIn(ctx, oidc, { underWay, callback, before: sessionOf(c) })
    setSession(c, id)
    return c.redirect(serverPrefix(c) + to, 303)
  } catch (err) {
    return form(c, to, { err })
  }
}

/** `POST /signout`: the session ends, also for anybody else who has its cookie. */
export async function signOut(c: AppContext): Promise<Response> {
  const id = sessionOf(c)
  if (id !== undefined) {
    refuseForeignUse(c)
    await endSession(c.var.ctx, id)
    forgetSession(c)
  }
  return c.redirect(`${serverPrefix(c)}/signin`, 303)
}

/** @throws RESOURCE_DOES_NOT_EXIST no provider is set up */
function provider(c: AppContext): OidcSettings {
  const { auth, oidc } = c.var.ctx.settings
  if (!auth || !oidc) throw notFound('Sign-in provider', 'oidc')
  return oidc
}

function callbackUrl(c: AppContext): string {
  return `${serverUrl(c)}/signin/callback`
}

/**
 * The form after a failed attempt, with what was wrong. Other errors than RegistryError are bugs.
 */
async function form(
  c: AppContext,
  to: string,
  { err, username }: { readonly err?: unknown; readonly username?: string } = {},
): Promise<Response> {
  if (err !== undefined && !(err instanceof RegistryError)) throw err
  if (err instanceof RequestLimitError) c.header('Retry-After', String(err.retryAfterS))
  const name = c.var.ctx.settings.oidc?.name
  const frame = await frameOf(c)
  const problem = err?.message
  const page = <SignInPage {...{ frame, provider: name, to, problem, username }} />
  return sendPage(c, { frame, page }, { ...unscripted, status: err ? httpStatus[err.code] : 200 })
}

async function formFields(c: AppContext): Promise<URLSearchParams> {
  const bytes = await readBytes(c, formBytesMax)
  return new URLSearchParams(new TextDecoder().decode(bytes))
}
