import type { FC } from 'hono/jsx'
import type { Frame } from '../shell/frame.ts'
import { startPages, themes } from '../shell/preferences.ts'

/** How pages look in this browser, as a form. */
export const Looks: FC<{ readonly frame: Frame }> = ({ frame: { to, preferences } }) => (
  <section class="near" aria-labelledby="looks">
    <h2 id="looks">In this browser</h2>
    <form method="post" action={`${to.profile}/preferences`} class="fields-row card-form">
      <label>
        Theme
        <select name="theme">
          <option value="">as the system has it</option>
          {themes.map((theme) => (
            <option value={theme} selected={preferences.theme === theme}>
              {theme}
            </option>
          ))}
        </select>
      </label>
      <label>
        Times
        <select name="zone">
          <option value="utc">in UTC</option>
          <option value="local" selected={preferences.isLocal}>
            in the zone of this browser
          </option>
        </select>
      </label>
      <label>
        Rows of tables
        <select name="density">
          <option value="">with space</option>
          <option value="compact" selected={preferences.isCompact}>
            close
          </option>
        </select>
      </label>
      <label>
        Begin with
        <select name="start">
          <option value="">home</option>
          {startPages.map((page) => (
            <option value={page} selected={preferences.start === page}>
              {page === 'audit' ? 'audit log' : page}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">Keep</button>
    </form>
    <p class="soft">
      What to begin with is where a sign-in and the mark above lead. The audit log and exports are
      always in UTC. <kbd>?</kbd> lists the keys, and switches them off.
    </p>
  </section>
)
