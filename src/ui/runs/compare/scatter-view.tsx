import type { FC } from 'hono/jsx'
import { searchKeyOf } from '../../../tracking/runs/run-columns.ts'
import { Scatter } from '../../charts/scatter.tsx'
import type { ValueAxis } from '../../charts/value-axis.ts'
import type { Directions } from '../../parts/directions.ts'
import { plural } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { addressOf } from '../table/run-query.ts'
import { BoxEnd, ColumnChoice, KeptTerms } from './compare-forms.tsx'
import {
  type ComparedQuery,
  comparedAddress,
  comparedFilter,
  filterOfIds,
  idsMax,
} from './compare-query.ts'
import { DrawnRuns } from './drawn-runs.tsx'
import { numberOn } from './kept-runs.ts'
import type { DrawnRun } from './read-compared.ts'

type ScatterViewProps = {
  readonly to: Paths
  readonly query: ComparedQuery
  readonly runs: readonly DrawnRun[]
  readonly x: ValueAxis
  readonly y: ValueAxis
  readonly colour: ValueAxis | undefined
  readonly columns: readonly string[]
  readonly better: Directions
}

/** One column over another, and the runs within a part of both. */
export const ScatterView: FC<ScatterViewProps> = (props) => {
  const { to, query, runs, x, y, colour } = props
  const boxed = runsIn(props)
  return (
    <>
      <Settings {...props} />
      <section class="near large-chart" aria-label="Scatter">
        <Scatter
          {...{ x, y, colour }}
          hasTrend={query.hasTrend}
          box={query.box}
          runs={runs.map(({ values }) => values)}
        />
        {query.box ? (
          <p class="row">
            <strong>{plural(boxed.length, 'run')} in the box.</strong>
            <OpenBox {...props} boxed={boxed} />
            <a href={comparedAddress(to, { ...query, box: undefined })}>Without the box</a>
          </p>
        ) : null}
      </section>
      <DrawnRuns
        {...{ to }}
        runs={query.box ? boxed : runs}
        axes={[x, y, ...(colour && colour !== x && colour !== y ? [colour] : [])]}
        by={y}
        better={props.better}
      />
    </>
  )
}

function runsIn({ query: { box }, runs, x, y }: ScatterViewProps): readonly DrawnRun[] {
  if (!box) return runs
  const isIn = (axis: ValueAxis, run: DrawnRun, [from, to]: readonly (number | undefined)[]) => {
    const value = numberOn(axis, run)
    return value !== undefined && value >= (from ?? -Infinity) && value <= (to ?? Infinity)
  }
  return runs.filter((run) => isIn(x, run, [box.x0, box.x1]) && isIn(y, run, [box.y0, box.y1]))
}

/** The runs in the box as a table: by their ids, where these are few; else by what both metrics have to be. */
const OpenBox: FC<ScatterViewProps & { readonly boxed: readonly DrawnRun[] }> = (props) => {
  const { to, runs, boxed } = props
  const experimentIds = [...new Set(runs.map(({ experimentId }) => experimentId))]
  const words = boxed.length <= idsMax ? filterOfIds(boxed) : filterOfBox(props)
  if (boxed.length === 0) return null
  return words === undefined ? (
    <span class="soft">
      A list takes up to {idsMax} of them, or any number where both axes are metrics.
    </span>
  ) : (
    <a href={addressOf(to, { experimentIds, words, isFlat: true })}>
      Open {boxed.length === 1 ? 'it' : 'these'} as a list
    </a>
  )
}

function filterOfBox({ query, x, y }: ScatterViewProps): string | undefined {
  const { box } = query
  const filter = comparedFilter(query)
  const [across, up] = [x, y].map(({ column }) =>
    column.startsWith('m.') ? searchKeyOf(column) : undefined,
  )
  if (across === undefined || up === undefined) return undefined
  const terms = [
    [across, '>=', box?.x0],
    [across, '<=', box?.x1],
    [up, '>=', box?.y0],
    [up, '<=', box?.y1],
  ].flatMap(([key, sign, value]) => (value === undefined ? [] : `${key} ${sign} ${value}`))
  return [...(filter === '' ? [] : [filter]), ...terms].join(' AND ')
}

const Settings: FC<ScatterViewProps> = ({ to, query, x, y, colour, columns }) => {
  const { box } = query
  const canBox = x.numbers && y.numbers
  return (
    <form class="chart-settings" method="get" action={`${to.runs}/compare`}>
      <KeptTerms
        query={query}
        without={['x', 'y', 'color', 'logx', 'logy', 'trend', 'x0', 'x1', 'y0', 'y1']}
      />
      <ColumnChoice label="Across" name="x" columns={columns} chosen={x.column} />
      <ColumnChoice label="Up" name="y" columns={columns} chosen={y.column} />
      <ColumnChoice
        label="Colour by"
        name="color"
        columns={columns}
        chosen={colour?.column}
        none="nothing"
      />
      <LogChoice label="Scale across" name="logx" chosen={query.logX} />
      <LogChoice label="Scale up" name="logy" chosen={query.logY} />
      {canBox ? (
        <>
          <BoxEnd label="Across from" name="x0" value={box?.x0} />
          <BoxEnd label="Across to" name="x1" value={box?.x1} />
          <BoxEnd label="Up from" name="y0" value={box?.y0} />
          <BoxEnd label="Up to" name="y1" value={box?.y1} />
        </>
      ) : null}
      <label class="choice">
        <input type="checkbox" name="trend" value="1" checked={query.hasTrend} />
        Linear trend
      </label>
      <button type="submit" class="quiet">
        Draw
      </button>
    </form>
  )
}

type LogChoiceProps = {
  readonly label: string
  readonly name: string
  readonly chosen: boolean | undefined
}

const LogChoice: FC<LogChoiceProps> = ({ label, name, chosen }) => (
  <label>
    {label}
    <select name={name}>
      {(
        [
          ['', 'by its values', undefined],
          ['0', 'linear', false],
          ['1', 'logarithmic', true],
        ] as const
      ).map(([value, text, is]) => (
        <option value={value} selected={chosen === is}>
          {text}
        </option>
      ))}
    </select>
  </label>
)
