import type { FC } from 'hono/jsx'
import type { VersionOfRun } from '../../../governance/lineage.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import type { RunCells } from '../../../tracking/runs/run-cells.ts'
import { Duration, RunStatusText, Time } from '../../parts/byline.tsx'
import { NoValue } from '../../parts/table.tsx'
import { Given, numberText, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { isFixed, namedColumn } from './run-query.ts'

type CellProps = {
  readonly run: RunCells
  readonly column: string
  readonly experiments: readonly Experiment[]
  readonly versions: readonly VersionOfRun[]
  readonly to: Paths
}

type NamedCellProps = {
  readonly run: RunCells
  readonly named: NonNullable<ReturnType<typeof namedColumn>>
}

/** A metric, param or tag. What a text is filtered by stands in `data-value` where it is not shown as it is. */
const NamedCell: FC<NamedCellProps> = ({ run, named: { kind, key } }) => {
  if (kind === 'metrics') {
    const value = run.metrics.get(key)
    return <td class="number">{value === undefined ? <NoValue /> : metricText(value)}</td>
  }
  const value = run[kind].get(key)
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

/** One value of one run. */
export const RunCell: FC<CellProps> = ({ run, column, experiments, versions, to }) => {
  const named = namedColumn(column)
  if (named) return <NamedCell {...{ run, named }} />
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

/** As it was logged: an infinity is kept as the largest double. */
export function metricText(value: number): string {
  if (Math.abs(value) === Number.MAX_VALUE) return value > 0 ? '∞' : '−∞'
  return numberText(value)
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
