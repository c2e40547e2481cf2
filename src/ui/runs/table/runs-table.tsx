import type { FC } from 'hono/jsx'
import { namedColumn, searchKeyOf } from '../../../tracking/runs/run-columns.ts'
import { matchesCounted } from '../../../tracking/runs/search-runs.ts'
import { Table } from '../../parts/table.tsx'
import { countText, plural, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { KeptFields } from './kept-fields.tsx'
import type { RunsStanding } from './read-runs.ts'
import { RunCell } from './run-cell.tsx'
import {
  addressOf,
  childrenMax,
  childrenStep,
  type RunsQuery,
  runsPath,
  titleOf,
} from './run-query.ts'
import type { NestedRow } from './run-tree.ts'
import { SortLink, sortedBy } from './sort-link.tsx'

export type RunsTableProps = {
  readonly to: Paths
  readonly standing: RunsStanding
  readonly query: RunsQuery
}

/** Of more values of metrics the page would be long. */
const exactMax = 200

/** Runs by row, with boxes to select those that are compared. */
export const RunsTable: FC<RunsTableProps> = ({ to, standing, query }) => {
  const { rows, columns, next, better } = standing
  const metrics = columns.filter((column) => column.startsWith('m.'))
  const isExact = metrics.length * rows.length <= exactMax
  const shown = new Set(rows.map(({ run }) => run.info.runId))
  const elsewhere = query.selected.filter((id) => !shown.has(id))
  return (
    <form method="get" action={`${to.prefix}/runs/compare`}>
      <KeptFields query={query} without={['selected']} />
      {elsewhere.map((id) => (
        <input type="hidden" name="sel" value={id} />
      ))}
      <Table
        caption="Runs"
        columns={[
          {
            title: <SortLink {...{ to, query, better }} column="name" text="Run" />,
            ...sortedBy(query, 'name'),
          },
          ...columns.map((column) => ({
            title: <SortLink {...{ to, query, better, column }} text={titleOf(column)} />,
            ...(column.startsWith('m.') || column === 'took' ? { isNumber: true as const } : {}),
            ...sortedBy(query, column),
            filterKey: namedColumn(column) && searchKeyOf(column),
          })),
        ]}
      >
        {rows.map((row) => (
          <Row {...{ row, to, standing, query, isExact }} />
        ))}
      </Table>
      <div class="row">
        <button type="submit" data-key="c">
          Compare selected
        </button>
        <button type="submit" class="quiet" formaction={`${to.runs}/change`}>
          Change selected…
        </button>
        {next === undefined ? null : (
          <button
            type="submit"
            class="quiet"
            formaction={runsPath(to, query)}
            name="after"
            value={next}
          >
            Next runs
          </button>
        )}
        <span class="soft">
          {plural(rows.filter(({ isDimmed }) => !isDimmed).length, 'run')} on this page
          {standing.matches === undefined
            ? next === undefined
              ? ''
              : ', more follow'
            : ` of ${matchesText(standing.matches)}`}
          {elsewhere.length > 0 ? ` · ${countText(elsewhere.length)} selected on other pages` : ''}
        </span>
      </div>
    </form>
  )
}

/** `1,204 that match`. */
function matchesText(matches: number): string {
  return matches > matchesCounted
    ? `more than ${countText(matchesCounted)} that match`
    : `${countText(matches)} that ${matches === 1 ? 'matches' : 'match'}`
}

type RowProps = RunsTableProps & { readonly row: NestedRow; readonly isExact: boolean }

const depthMax = 6

const Row: FC<RowProps> = (props) => {
  const { row, to, standing, query, isExact } = props
  const { run, depth, isDimmed, children } = row
  const { runId, name } = run.info
  const shownName = visibleText(name)
  return (
    <tr class={isDimmed ? 'dimmed' : undefined} id={children > 0 ? `run-${runId}` : undefined}>
      <th scope="row" class={depth === 0 ? undefined : `depth-${Math.min(depth, depthMax)}`}>
        <input
          type="checkbox"
          name="sel"
          value={runId}
          checked={query.selected.includes(runId)}
          aria-label={`Select ${shownName}`}
        />{' '}
        <Parts {...props} />
        <a href={to.run(runId)}>
          <bdi>{shownName}</bdi>
        </a>
      </th>
      {standing.columns.map((column) => (
        <RunCell
          {...{ run, column, to, isExact }}
          experiments={standing.experiments}
          versions={standing.versions.get(runId) ?? []}
        />
      ))}
    </tr>
  )
}

/** Opens and closes the parts of a run, and leads on where more are there than are shown. */
const Parts: FC<RowProps> = ({ row, to, query }) => {
  const { run, children, shown, isDimmed } = row
  const { runId, name } = run.info
  if (children === 0 || isDimmed) return null
  const others = query.open.filter((one) => one.runId !== runId)
  const isOpen = others.length < query.open.length
  const address = (open: RunsQuery['open']) => `${addressOf(to, { ...query, open })}#run-${runId}`
  const count = plural(children, 'part')
  return (
    <>
      <a
        class="parts"
        href={address(isOpen ? others : [...others, { runId, childrenMax: childrenStep }])}
      >
        <span aria-hidden="true">
          {isOpen ? '▾' : '▸'} {countText(children)}
        </span>
        <span class="unseen">
          {isOpen ? 'Close' : 'Open'} the {count} of {visibleText(name)}
        </span>
      </a>{' '}
      {isOpen && shown < children ? (
        shown < childrenMax ? (
          <a href={address([...others, { runId, childrenMax: shown + childrenStep }])}>
            {countText(shown)} shown, more
          </a>
        ) : (
          <a href={`${to.run(runId)}/children`}>{countText(shown)} shown, all</a>
        )
      ) : null}{' '}
    </>
  )
}
