import type { FC, PropsWithChildren } from 'hono/jsx'
import type { Frame } from '../shell/frame.ts'
import { Document } from '../shell/page.tsx'

/** One box in the middle of the window. */
const Entry: FC<PropsWithChildren<{ readonly frame: Frame; readonly title: string }>> = ({
  frame,
  title,
  children,
}) => (
  <Document frame={frame} title={title} class="entry">
    <main>
      <p>
        <a href={frame.to.home}>Gatehouse</a>
      </p>
      <h1>{title}</h1>
      {children}
    </main>
  </Document>
)

type SignInProps = {
  readonly frame: Frame
  /** What the provider is called, where there is one. */
  readonly provider: string | undefined
  /** Where to go afterwards, a path of ours. */
  readonly to: string
  /** Why the last attempt failed, and whose it was. */
  readonly problem?: string | undefined
  readonly username?: string | undefined
}

/** By the provider, where there is one, or by name and password. */
export const SignInPage: FC<SignInProps> = ({ frame, provider, to, problem, username }) => (
  <Entry frame={frame} title="Sign in">
    {problem === undefined ? null : (
      <p class="problem" role="alert">
        {problem}
      </p>
    )}
    {provider === undefined ? null : (
      <>
        <a class="button wide-button" href={`${frame.to.signIn}/oidc?to=${encodeURIComponent(to)}`}>
          Sign in with {provider}
        </a>
        <p class="or">or</p>
      </>
    )}
    <form method="post" action={frame.to.signIn}>
      <input type="hidden" name="to" value={to} />
      <label>
        User name
        <input
          name="username"
          value={username}
          autocomplete="username"
          autocapitalize="none"
          required
        />
      </label>
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <button type="submit" class={provider === undefined ? 'wide-button' : 'wide-button quiet'}>
        Sign in
      </button>
    </form>
  </Entry>
)

/** Who is signed in, and the way out. */
export const SignedInPage: FC<{
  readonly frame: Frame
  readonly name: string
  readonly groups: readonly string[]
}> = ({ frame, name, groups }) => (
  <Entry frame={frame} title={`Signed in as ${name}`}>
    {groups.length === 0 ? null : <p class="soft">Groups: {groups.join(', ')}</p>}
    <form method="post" action={frame.to.signOut}>
      <button type="submit" class="wide-button quiet">
        Sign out
      </button>
    </form>
  </Entry>
)

/** With access control off there is nothing to sign in to. */
export const OpenPage: FC<{ readonly frame: Frame }> = ({ frame }) => (
  <Entry frame={frame} title="No sign-in needed">
    <p class="soft">
      Access control is off: everybody who reaches this server may do everything. The setting auth
      switches it on.
    </p>
  </Entry>
)
