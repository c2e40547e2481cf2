import type { FC } from 'hono/jsx'
import { filterOfWords, quotedText } from '../../../search/words.ts'
import { searchKeyOf } from '../../../tracking/runs/run-columns.ts'
import type { GroupFigures, RunGroup } from '../../../tracking/runs/run-groups.ts'
import type { Directions } from '../../parts/directions.ts'
import { NoValue, Table } from '../../parts/table.tsx'
import { countText, Given, metricText, plural } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { ShortText } from './run-cell.tsx'
import { foldedMetricOf, type RunGroups } from './run-groups.ts'
import { addressOf, type RunsQuery, titleOf } from './run-query.ts'
import { SortLink, sortedBy } from './sort-link.tsx'

type GroupsProps = {
  readonly to: Paths
  readonly groups: RunGroups
  readonly query: RunsQuery
  readonly better: Directions
}

/** Runs folded by one column: how many, and the mean and range of each metric. */
export const GroupsTable: FC<GroupsProps> = ({ to, groups: all, query, better }) => {
  const { by, columns, groups, more, runs, isCut } = all
  return (
    <>
      <p class="soft">
        {isCut ? `The newest ${countText(runs)} runs` : plural(runs, 'run')} by{' '}
        <Given text={titleOf(by)} /> · {plural(groups.length + more, 'value')}.{' '}
        {more > 0 ? `Shown are ${countText(groups.length)} of them. ` : ''}
        {columns.length === 0 ? 'No metric is among the columns. ' : ''}
        <a href={addressOf(to, { ...query, group: undefined })}>Show the runs</a>
      </p>
      <Table
        caption="Groups of runs"
        columns={[
          { title: <Given text={titleOf(by)} /> },
          { title: 'Runs', isNumber: true },
          ...columns.map((column) => ({
            title: <SortLink {...{ to, query, better, column }} text={titleOf(column)} />,
            isNumber: true as const,
            ...sortedBy(query, column),
          })),
        ]}
      >
        {groups.map((group) => (
          <tr>
            <th scope="row">
              <GroupName {...{ to, query, by, group }} />
            </th>
            <td class="number">{countText(group.runs)}</td>
            {columns.map((column) => (
              <td class="number">
                <Figures of={figuresOf(group, column)} runs={group.runs} />
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </>
  )
}

function figuresOf(group: RunGroup, column: string): GroupFigures | undefined {
  const metric = foldedMetricOf(column)
  return metric && group.figuresOf(metric)
}

type NameProps = Omit<GroupsProps, 'groups' | 'better'> & {
  readonly by: string
  readonly group: RunGroup
}

/** Leads to the runs of the group, where a filter can say which these are. */
const GroupName: FC<NameProps> = ({ to, query, by, group: { value } }) => {
  const name = value === undefined ? <>no value</> : <ShortText text={value} />
  const clause = clauseOf(by, value)
  if (clause === undefined) return name
  const filter = filterOfWords(query.words, 'attributes.run_name')
  const words = filter === '' ? clause : `${filter} AND ${clause}`
  return <a href={addressOf(to, { ...query, group: undefined, words, after: undefined })}>{name}</a>
}

/** A link to longer values would make the page long. */
const linkedMax = 500

/** The clause that finds runs of this value; undefined: no filter can say it. */
function clauseOf(column: string, value: string | undefined): string | undefined {
  const key = searchKeyOf(column)
  if (key === undefined) return undefined
  if (value === undefined) return `${key} IS NULL`
  if (value.length > linkedMax) return undefined
  const isUnsayable = (value.includes("'") && value.includes('"')) || value.includes('\0')
  return isUnsayable ? undefined : `${key} = ${quotedText(value)}`
}

const Figures: FC<{ readonly of: GroupFigures | undefined; readonly runs: number }> = ({
  of,
  runs,
}) => {
  if (of === undefined) return <NoValue />
  const { mean, least, greatest, count } = of
  return (
    <>
      {metricText(mean)}
      {count > 1 ? (
        <div class="soft">
          {metricText(least)} to {metricText(greatest)}
        </div>
      ) : null}
      {count < runs ? <div class="soft">{plural(count, 'run')}</div> : null}
    </>
  )
}
