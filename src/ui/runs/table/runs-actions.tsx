import type { FC } from 'hono/jsx'
import { Sign } from '../../parts/sign.tsx'
import type { Paths } from '../../paths.ts'
import { addressBelow, addressOf, type RunsQuery } from './run-query.ts'

type RunsActionsProps = {
  readonly to: Paths
  readonly query: RunsQuery
}

/** What one may do with a table of runs as a whole. */
export const RunsActions: FC<RunsActionsProps> = ({ to, query }) => {
  const { experimentIds, isOfDeleted } = query
  const [only, ...others] = experimentIds
  const all = { in: experimentIds.join(','), q: query.words, view: 'parallel' }
  return (
    <>
      {isOfDeleted ? null : (
        <a class="button quiet" href={to.query(`${to.runs}/compare`, all)}>
          Compare all{query.words === '' ? '' : ' that match'}
        </a>
      )}
      <a
        class="button quiet"
        href={addressBelow(to, 'runs.csv', { ...query, selected: [] })}
        download
      >
        <Sign of="down" /> CSV of all
      </a>
      <a class="button quiet" href={addressOf(to, { experimentIds, isOfDeleted: !isOfDeleted })}>
        {isOfDeleted ? 'Active runs' : 'Deleted runs'}
      </a>
      {only === undefined || others.length > 0 ? null : (
        <a class="button quiet" href={`${to.experiment(only)}/change`} data-key="e">
          Change…
        </a>
      )}
    </>
  )
}
