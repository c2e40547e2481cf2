import type { FC } from 'hono/jsx'
import { namedColumn } from '../../../tracking/runs/run-columns.ts'
import type { AxisValue, ValueAxis } from '../../charts/value-axis.ts'
import type { Directions } from '../../parts/directions.ts'
import { Cell, NoValue, Table } from '../../parts/table.tsx'
import { Given, metricText, numberText, plural, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { DrawnRun } from './read-compared.ts'

type DrawnRunsProps = {
  readonly to: Paths
  readonly runs: readonly DrawnRun[]
  readonly axes: readonly ValueAxis[]
  /** The axis whose best runs are shown. */
  readonly by: ValueAxis | undefined
  readonly better: Directions
}

const rowsMax = 20
const charsMax = 60

/** Some of the runs of a drawing as a table: the best of one axis, by which way that is better. */
export const DrawnRuns: FC<DrawnRunsProps> = ({ to, runs, axes, by, better }) => {
  const named = by && namedColumn(by.column)
  const isLess = named?.kind === 'metrics' && better(named.key) === 'down'
  const placeOf = ({ values }: DrawnRun) => {
    const place = by?.placeOf(values.get(by.column))
    return typeof place === 'number' ? (isLess ? -place : place) : Number.NEGATIVE_INFINITY
  }
  const shown = runs.toSorted((a, b) => compareNumbers(placeOf(b), placeOf(a))).slice(0, rowsMax)
  const order = by ? `, by ${by.title}` : ''
  return (
    <section class="near" aria-labelledby="runs">
      <h2 id="runs">
        {shown.length < runs.length
          ? `${rowsMax} of ${plural(runs.length, 'run')}`
          : plural(runs.length, 'run')}
        <Given text={order} />
        {by ? (isLess ? ', the least first' : ', the greatest first') : ''}
      </h2>
      <Table
        caption="Runs of the drawing"
        isCards
        columns={[
          'Run',
          ...axes.map(({ title, numbers }) => columnOf(title, numbers !== undefined)),
        ]}
      >
        {shown.map(({ runId, name, values }) => (
          <tr>
            <th scope="row">
              <a href={to.run(runId)}>
                <Given text={name} />
              </a>
            </th>
            {axes.map((axis) => (
              <Cell label={visibleText(axis.title)} isNumber={axis.numbers !== undefined}>
                <Value of={values.get(axis.column)} isNumber={axis.numbers !== undefined} />
              </Cell>
            ))}
          </tr>
        ))}
      </Table>
    </section>
  )
}

function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a - b
}

function columnOf(title: string, isNumber: boolean) {
  return { title: <Given text={title} />, ...(isNumber && { isNumber: true as const }) }
}

const Value: FC<{ readonly of: AxisValue; readonly isNumber: boolean }> = ({ of, isNumber }) => {
  if (of === undefined) return <NoValue />
  if (typeof of === 'number') return <>{metricText(of)}</>
  if (isNumber && Number.isFinite(Number(of))) return <>{numberText(Number(of))}</>
  return <Given text={of.length > charsMax ? `${of.slice(0, charsMax)}…` : of} />
}
