import type { FC } from 'hono/jsx'
import { Sign } from '../parts/sign.tsx'
import { Given } from '../parts/text.tsx'
import type { Frame } from './frame.ts'
import { themes } from './preferences.ts'

/** The part of the site that a page belongs to. */
export type Section =
  | 'models'
  | 'experiments'
  | 'datasets'
  | 'promotions'
  | 'deployments'
  | 'audit'
  | 'docs'
  | 'settings'

type BarProps = {
  readonly frame: Frame
  readonly section: Section | undefined
  /** How many requests wait for the caller; 0 also where nobody counted. */
  readonly waiting: number
}

/** The bar on top: mark, sections and who one is; on a phone a menu has both. */
export const Bar: FC<BarProps> = (props) => {
  const { frame } = props
  return (
    <header class="bar">
      <a class="mark" href={startOf(frame)} data-key="g h" data-key-text="The page to begin with">
        <Mark />
        Gatehouse
        {frame.workspace === undefined ? null : (
          <>
            {' '}
            <span class="soft">
              <span class="unseen">workspace </span>
              <Given text={frame.workspace} />
            </span>
          </>
        )}
      </a>
      <nav aria-label="Sections">
        <Sections {...props} />
      </nav>
      <div class="end wide">
        <FindForm frame={frame} />
        <CallerMenu frame={frame} />
      </div>
      <FindLink frame={frame} />
      <details class="menu phone end">
        <summary>
          <Sign of="menu" />
          Menu
        </summary>
        <div>
          <nav aria-label="Sections">
            <Sections {...props} />
          </nav>
          <Myself frame={frame} />
        </div>
      </details>
    </header>
  )
}

/** The page that somebody chose to begin with. */
function startOf({ to, preferences: { start } }: Frame): string {
  return start === undefined ? to.home : to[start]
}

/** A gate in a wall. */
const Mark: FC = () => (
  <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d="M1 15V5l2-1V2h2v2h2V2h2v2h2V2h2v2l2 1v10h-4v-4a3 3 0 0 0-6 0v4z" fill="currentColor" />
  </svg>
)

/** What follows a `g`. */
const keys: Readonly<Record<Exclude<Section, 'settings'>, string>> = {
  models: 'm',
  experiments: 'e',
  datasets: 't',
  promotions: 'p',
  deployments: 'd',
  audit: 'a',
  docs: 'r',
}

const Sections: FC<BarProps> = ({ frame: { to }, section, waiting }) => {
  const all: readonly { id: keyof typeof keys; href: string; text: string }[] = [
    { id: 'models', href: to.models, text: 'Models' },
    { id: 'experiments', href: to.experiments, text: 'Experiments' },
    { id: 'datasets', href: to.datasets, text: 'Datasets' },
    { id: 'promotions', href: to.promotions, text: 'Promotions' },
    { id: 'deployments', href: to.deployments, text: 'Deployments' },
    { id: 'audit', href: to.audit, text: 'Audit log' },
    { id: 'docs', href: to.docs, text: 'API' },
  ]
  return (
    <ul>
      {all.map(({ id, href, text }) => (
        <li>
          <a
            href={href}
            aria-current={id === section ? 'true' : undefined}
            data-key={`g ${keys[id]}`}
            data-key-text={text}
          >
            {text}
            {id === 'promotions' && waiting > 0 ? (
              <>
                {' '}
                <span class="count">{waiting}</span>
                <span class="unseen"> waiting for you</span>
              </>
            ) : null}
          </a>
        </li>
      ))}
    </ul>
  )
}

/** On a phone, in place of the field. */
const FindLink: FC<{ readonly frame: Frame }> = ({ frame: { caller, to } }) =>
  caller.isJudged && !caller.isVerified ? null : (
    <a class="phone end find-link" href={to.find}>
      Find
    </a>
  )

const FindForm: FC<{ readonly frame: Frame }> = ({ frame: { caller, to } }) =>
  caller.isJudged && !caller.isVerified ? null : (
    <form class="find" method="get" action={to.find}>
      <input
        name="q"
        type="search"
        aria-label="Find"
        placeholder="Find  Ctrl K"
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
      />
    </form>
  )

const CallerMenu: FC<{ readonly frame: Frame }> = ({ frame }) => {
  const { caller, to } = frame
  if (caller.isJudged && !caller.isVerified) {
    return (
      <a class="button quiet" href={to.signIn}>
        Sign in
      </a>
    )
  }
  return (
    <details class="menu">
      <summary>
        <Sign of="person" />
        <span>
          <Given text={caller.name} />
        </span>
      </summary>
      <div>
        <Myself frame={frame} />
      </div>
    </details>
  )
}

/** In light or in dark, from any page but one that answers a form: what is typed there would be lost. */
const ThemeForm: FC<{ readonly frame: Frame }> = ({ frame: { to, preferences } }) => (
  <form method="post" action={`${to.profile}/theme`} class="themes">
    <span>Theme</span>
    {[undefined, ...themes].map((theme) => (
      <button
        type="submit"
        class="quiet"
        name="theme"
        value={theme ?? ''}
        aria-pressed={theme === preferences.theme ? 'true' : 'false'}
      >
        {theme ?? 'auto'}
      </button>
    ))}
  </form>
)

/** Who one is taken for, what is one's own, and the way out. */
const Myself: FC<{ readonly frame: Frame }> = ({ frame }) => {
  const { caller, to } = frame
  if (caller.isJudged && !caller.isVerified) {
    return (
      <p>
        <a href={to.signIn}>Sign in</a>
      </p>
    )
  }
  return (
    <>
      {caller.isJudged ? (
        <p>
          Signed in as{' '}
          <strong>
            <Given text={caller.name} />
          </strong>
        </p>
      ) : (
        <p class="soft">
          Access control is off: everybody may do everything. You are taken for{' '}
          <strong>
            <Given text={caller.name} />
          </strong>
          , not verified.
        </p>
      )}
      <nav aria-label="Yours" data-own>
        <ul>
          {startOf(frame) === to.home ? null : (
            <li>
              <a href={to.home}>Home</a>
            </li>
          )}
          <li>
            <a href={to.find}>Find</a>
          </li>
          <li>
            <a href={to.profile}>Profile and tokens</a>
          </li>
          <li>
            <a href={to.settings} data-key="g s" data-key-text="Settings">
              Settings
            </a>
          </li>
        </ul>
      </nav>
      {frame.isRead ? <ThemeForm frame={frame} /> : null}
      {caller.hasSession ? (
        <form method="post" action={to.signOut}>
          <button type="submit" class="quiet">
            Sign out
          </button>
        </form>
      ) : null}
    </>
  )
}
