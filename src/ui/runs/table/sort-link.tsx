import type { Child, FC } from 'hono/jsx'
import { figureOf, isSortable } from '../../../tracking/runs/run-columns.ts'
import { Given } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { addressOf, type RunsQuery } from './run-query.ts'

/** How the table is sorted by a column, for its header. */
export function sortedBy({ sort }: RunsQuery, column: string) {
  if (sort?.column !== column) return {}
  return { sort: sort.isDescending ? ('descending' as const) : ('ascending' as const) }
}

function isGreatestFirst(column: string): boolean {
  return column.startsWith('m.') && figureOf(column) !== 'min'
}

type SortLinkProps = {
  readonly to: Paths
  readonly query: RunsQuery
  readonly column: string
  readonly text: string
}

/** A header that sorts: numbers and times the greatest first, then the other way round. The order before it decides between equals. */
export const SortLink: FC<SortLinkProps> = ({ to, query, column, text }): Child => {
  if (!isSortable(column)) return <Given text={text} />
  const isSorted = query.sort?.column === column
  const isDescending = isSorted
    ? !query.sort?.isDescending
    : column === 'start' || isGreatestFirst(column)
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
