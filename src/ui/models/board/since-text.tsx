import type { FC } from 'hono/jsx'
import type { Since } from '../../../governance/history/since.ts'
import { Time } from '../../parts/byline.tsx'
import { Given } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'

/** Since when a version is where it is, and by whose decision. */
export const SinceText: FC<{ readonly since: Since; readonly to: Paths }> = ({ since, to }) => (
  <p>
    since <Time atMs={since.atMs} isExact />, moved by <Given text={since.movedBy.name} />
    {since.approvedBy.length > 0 ? (
      <>
        , approved by <Given text={since.approvedBy.join(', ')} />
      </>
    ) : null}
    {since.promotion === undefined ? null : (
      <>
        {' '}
        (<a href={to.promotion(since.promotion)}>#{since.promotion}</a>)
      </>
    )}
  </p>
)
