import type { FC, PropsWithChildren } from 'hono/jsx'
import { Page } from '../page.tsx'

/** One box in the middle of the window. */
const Entry: FC<PropsWithChildren<{ readonly title: string }>> = ({ title, children }) => (
  <Page title={title} class="entry">
    <main>
      <p class="kind">Gatehouse</p>
      <h1>{title}</h1>
      {children}
    </main>
  </Page>
)

type SignInProps = {
  /** Path under which a proxy serves us, without trailing slash. */
  readonly prefix: string
  /** What the provider is called, where there is one. */
  readonly provider: string | undefined
  /** Where to go afterwards, a path of ours. */
  readonly to: string
  /** Why the last attempt failed. */
  readonly problem?: string | undefined
}

/** By the provider, where there is one, or by name and password. */
export const SignInPage: FC<SignInProps> = ({ prefix, provider, to, problem }) => (
  <Entry title="Sign in">
    {problem === undefined ? null : (
      <p class="problem" role="alert">
        {problem}
      </p>
    )}
    {provider === undefined ? null : (
      <>
        <a class="button" href={`${prefix}/signin/oidc?to=${encodeURIComponent(to)}`}>
          Sign in with {provider}
        </a>
        <p class="or">or</p>
      </>
    )}
    <form method="post" action={`${prefix}/signin`}>
      <input type="hidden" name="to" value={to} />
      <label>
        User name
        <input name="username" autocomplete="username" autocapitalize="none" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <button type="submit" class={provider === undefined ? '' : 'quiet'}>
        Sign in
      </button>
    </form>
  </Entry>
)

/** Who is signed in, and the way out. */
export const SignedInPage: FC<{
  readonly prefix: string
  readonly name: string
  readonly groups: readonly string[]
}> = ({ prefix, name, groups }) => (
  <Entry title={`Signed in as ${name}`}>
    {groups.length === 0 ? null : <p class="note">Groups: {groups.join(', ')}</p>}
    <form method="post" action={`${prefix}/signout`}>
      <button type="submit" class="quiet">
        Sign out
      </button>
    </form>
  </Entry>
)

/** With access control off there is nothing to sign in to. */
export const OpenPage: FC = () => (
  <Entry title="No sign-in needed">
    <p class="note">
      Access control is off: everybody who reaches this server may do everything. The setting auth
      switches it on.
    </p>
  </Entry>
)
