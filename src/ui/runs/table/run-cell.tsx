import type { FC } from 'hono/jsx'
import type { VersionOfRun } from '../../../governance/lineage.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import type { RunCells } from '../../../tracking/runs/run-cells.ts'
import { metricIn, type NamedColumn, namedColumn } from '../../../tracking/runs/run-columns.ts'
import { Duration, RunStatusText, Time } from '../../parts/byline.tsx'
import { Sign } from '../../parts/sign.tsx'
import { NoValue } from '../../parts/table.tsx'
import { exactTitle, Given, metricText, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { isFixed } from './run-query.ts'

type CellProps = {
  readonly run: RunCells
  readonly column: string
  readonly experiments: readonly Experiment[]
  readonly versions: readonly VersionOfRun[]
  readonly to: Paths
  /** Whether metrics that are shown shortened have all of their value as a title. */
  readonly isExact: boolean
}

type NamedCellProps = {
  readonly run: RunCells
  readonly isExact: boolean
  readonly named: NamedColumn
}

/** A metric, param or tag. What a text is filtered by stands in `data-value` where it is not shown as it is. */
const NamedCell: FC<NamedCellProps> = ({ run, named, isExact }) => {
  if (named.kind === 'metrics') return <MetricCell value={metricIn(run, named)} isExact={isExact} />
  const value = run[named.kind].get(named.key)
  if (value === undefined) {
    return (
      <td>
        <NoValue />
      </td>
    )
  }
  return (
    <td data-value={isReadAsShown(value) || isLong(value) ? undefined : value}>
      <ShortText text={value} />
    </td>
  )
}

type MetricCellProps = {
  readonly value: number | undefined
  readonly isBest?: boolean
  readonly isExact?: boolean
}

/** A value of a metric; where it is shown shortened, all of it is the title. */
export const MetricCell: FC<MetricCellProps> = ({ value, isBest = false, isExact = true }) => {
  if (value === undefined) {
    return (
      <td class="number">
        <NoValue />
      </td>
    )
  }
  const text = metricText(value)
  return (
    <td class="number" title={isExact ? exactTitle(value) : undefined}>
      {isBest ? (
        <strong class="good-text">
          <Sign of="check" /> {text}
          <span class="unseen"> best</span>
        </strong>
      ) : (
        text
      )}
    </td>
  )
}

/** One value of one run. */
export const RunCell: FC<CellProps> = ({ run, column, experiments, versions, to, isExact }) => {
  const named = namedColumn(column)
  if (named) return <NamedCell {...{ run, named, isExact }} />
  if (!isFixed(column)) return <td />
  const { info } = run
  switch (column) {
    case 'experiment':
      return (
        <td>
          <a href={to.experiment(info.experimentId)}>
            <Given text={experiments.find(({ id }) => id === info.experimentId)?.name ?? ''} />
          </a>
        </td>
      )
    case 'start':
      return (
        <td>
          <Time atMs={Number(info.startTimeMs)} />
        </td>
      )
    case 'took':
      return (
        <td class="number">
          {info.endTimeMs === undefined ? (
            <NoValue />
          ) : (
            <Duration ms={Number(info.endTimeMs) - Number(info.startTimeMs)} />
          )}
        </td>
      )
    case 'status':
      return (
        <td>
          <RunStatusText status={info.status} />
        </td>
      )
    case 'user':
      return <td>{visibleText(info.userId)}</td>
    case 'versions':
      return (
        <td>
          <VersionsOfRun versions={versions} to={to} />
        </td>
      )
  }
}

const shownMax = 3

/** What a run became, as links. */
export const VersionsOfRun: FC<Pick<CellProps, 'versions' | 'to'>> = ({ versions, to }) =>
  versions.length === 0 ? (
    <NoValue />
  ) : (
    <>
      {versions.slice(0, shownMax).map(({ name, version, stage }, i) => (
        <>
          {i > 0 ? ', ' : ''}
          <a href={to.version(name, version)}>
            <bdi>{visibleText(name)}</bdi> {version}
          </a>
          {stage === 'None' ? '' : ` ${stage}`}
        </>
      ))}
      {versions.length > shownMax ? ` and ${versions.length - shownMax} more` : ''}
    </>
  )

/** Whether the text of its cell is the value itself. */
function isReadAsShown(value: string): boolean {
  return visibleText(value) === value && /^\S+( \S+)*$/.test(value)
}

const charsMax = 60

function isLong(text: string): boolean {
  return [...text].length > charsMax
}

/** A value that somebody chose, cut where it is long. */
export const ShortText: FC<{ readonly text: string }> = ({ text }) => {
  const [...chars] = text
  return isLong(text) ? (
    <bdi title={visibleText(text.slice(0, 1000))}>
      {visibleText(chars.slice(0, charsMax - 1).join(''))}…
    </bdi>
  ) : (
    <bdi>{visibleText(text)}</bdi>
  )
}
