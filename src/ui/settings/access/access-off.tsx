import type { FC } from 'hono/jsx'
import type { SettingsFrame } from '../settings-page.tsx'

/** That accounts mean nothing yet, where that is so. */
export const AccessOff: FC<{ readonly frame: SettingsFrame }> = ({ frame }) =>
  frame.caller.isJudged ? null : (
    <p class="notice warn">
      Access control is off: everybody may do everything, and nobody signs in. Started with{' '}
      <code>--auth</code>, the server asks who one is. Until then the command <code>gatehouse</code>{' '}
      makes accounts, on the database itself.
    </p>
  )
