import type { Child, FC } from 'hono/jsx'
import { isSortable, namedColumn } from '../../../tracking/runs/run-columns.ts'
import type { Directions } from '../../parts/directions.ts'
import { Given } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { addressOf, type RunsQuery } from './run-query.ts'

/** How the table is sorted by a column, for its header. */
export function sortedBy({ sort }: RunsQuery, column: string) {
  if (sort?.column !== column) return {}
  return { sort: sort.isDescending ? ('descending' as const) : ('ascending' as const) }
}

/** A metric the best first, where that is known. */
function isGreatestFirst(column: string, better: Directions): boolean {
  const named = namedColumn(column)
  if (named?.kind !== 'metrics') return column === 'start'
  return named.figure === 'last' ? better(named.key) !== 'down' : named.figure === 'max'
}

type SortLinkProps = {
  readonly to: Paths
  readonly query: RunsQuery
  readonly better: Directions
  readonly column: string
  readonly text: string
}

/** A header that sorts: metrics the best or the greatest first, times the latest; then the other way round. The order before it decides between equals. */
export const SortLink: FC<SortLinkProps> = ({ to, query, better, column, text }): Child => {
  if (!isSortable(column)) return <Given text={text} />
  const isSorted = query.sort?.column === column
  const isDescending = isSorted ? !query.sort?.isDescending : isGreatestFirst(column, better)
  const href = addressOf(to, {
    ...query,
    sort: { column, isDescending },
    second: isSorted ? query.second : query.sort,
    after: undefined,
  })
  return (
    <a href={href}>
      <Given text={text} />
      {isSorted ? (query.sort?.isDescending ? ' ↓' : ' ↑') : ''}
      {query.second?.column === column ? (
        <span class="soft">{query.second.isDescending ? ' ↓ 2nd' : ' ↑ 2nd'}</span>
      ) : null}
    </a>
  )
}
