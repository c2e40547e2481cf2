import type { FC } from 'hono/jsx'
import { Sign } from '../../parts/sign.tsx'
import type { Paths } from '../../paths.ts'
import { addressOf, type RunsQuery } from './run-query.ts'

type RunsActionsProps = {
  readonly to: Paths
  readonly experimentId: number
  readonly query: RunsQuery
}

/** What one may do with a table of runs as a whole. */
export const RunsActions: FC<RunsActionsProps> = ({ to, experimentId, query }) => {
  const all = addressOf(to, experimentId, { ...query, selected: [], after: undefined })
  const page = to.experiment(experimentId)
  return (
    <>
      <a class="button quiet" href={all.replace(page, `${page}/runs.csv`)} download>
        <Sign of="down" /> CSV of all
      </a>
      <a
        class="button quiet"
        href={addressOf(to, experimentId, { isOfDeleted: !query.isOfDeleted })}
      >
        {query.isOfDeleted ? 'Active runs' : 'Deleted runs'}
      </a>
      <a class="button quiet" href={`${page}/change`} data-key="e">
        Change…
      </a>
    </>
  )
}
