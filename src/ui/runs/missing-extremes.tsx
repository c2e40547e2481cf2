import type { FC } from 'hono/jsx'

/** Where extremes are shown, and the background still reads some. @param then what is so of their runs meanwhile */
export const MissingExtremes: FC<{ readonly then: string }> = ({ then }) => (
  <p class="soft">
    Least and greatest values of runs that an earlier release of this server logged are still being
    read, the newest runs first; until then these runs {then}.
  </p>
)
