import type { FC } from 'hono/jsx'
import { Parallel } from '../../charts/parallel.tsx'
import { Scatter } from '../../charts/scatter.tsx'
import type { ValueAxis } from '../../charts/value-axis.ts'
import type { Directions } from '../../parts/directions.ts'
import { countText, Given, plural } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { addressOf } from '../table/run-query.ts'
import { BoxEnd, ColumnChoice, KeptTerms } from './compare-forms.tsx'
import { type ComparedQuery, comparedAddress, filterOfIds, idsMax } from './compare-query.ts'
import { DrawnRuns } from './drawn-runs.tsx'
import { boundsText, keptOf } from './kept-runs.ts'
import type { DrawnRun } from './read-compared.ts'

type ParallelViewProps = {
  readonly to: Paths
  readonly query: ComparedQuery
  readonly runs: readonly DrawnRun[]
  readonly axes: readonly ValueAxis[]
  readonly colour: ValueAxis | undefined
  /** Columns that may be axes. */
  readonly columns: readonly string[]
  readonly better: Directions
}

/** Parallel coordinates, the choice of their axes, and the best of the runs. */
export const ParallelView: FC<ParallelViewProps> = (props) => {
  const { to, query, axes, colour } = props
  const runs = keptOf(props.runs, axes, query.bounds)
  const values = runs.map((run) => run.values)
  const [across] = axes
  const up = colour ?? axes.at(-1)
  return (
    <>
      <Axes {...props} />
      <Kept {...props} kept={runs} />
      <div class="wide-part near">
        <Parallel {...{ axes, colour }} runs={values} bounds={query.bounds} />
      </div>
      {across && up && across !== up ? (
        <section class="narrow-part near" aria-label="Scatter">
          <p class="soft">
            Parallel coordinates need a wider window. Here is the last axis over the first.
          </p>
          <Scatter
            x={across}
            y={up}
            colour={undefined}
            hasTrend={false}
            box={undefined}
            runs={values}
          />
        </section>
      ) : null}
      <DrawnRuns {...{ to, runs, axes }} by={colour} better={props.better} />
    </>
  )
}

/** How many runs are within what is kept of the axes, and the way to them. */
const Kept: FC<ParallelViewProps & { readonly kept: readonly DrawnRun[] }> = (props) => {
  const { to, query, axes, runs, kept } = props
  const text = boundsText(axes, query.bounds)
  if (text === '') return null
  const experimentIds = [...new Set(runs.map(({ experimentId }) => experimentId))]
  return (
    <p>
      Kept: <Given text={text} />, {countText(kept.length)} of {plural(runs.length, 'run')}.{' '}
      {kept.length === 0 || kept.length > idsMax ? null : (
        <a href={addressOf(to, { experimentIds, words: filterOfIds(kept), isFlat: true })}>
          Open {kept.length === 1 ? 'it' : 'these'} as a list
        </a>
      )}{' '}
      <a href={comparedAddress(to, { ...query, bounds: new Map() })}>Keep all</a>
    </p>
  )
}

const Axes: FC<ParallelViewProps> = ({ to, query, axes, columns, colour }) => {
  const shown = axes.map(({ column }) => column)
  const numeric = axes.filter(({ numbers }) => numbers !== undefined)
  const address = (of: readonly string[]) => comparedAddress(to, { ...query, axes: of })
  return (
    <>
      <ol class="axes-chosen">
        {axes.map(({ column, title }, i) => (
          <li>
            {i === 0 ? null : (
              <a href={address(movedLeft(shown, i))} aria-label={`Move ${title} to the left`}>
                ←
              </a>
            )}{' '}
            <Given text={title} />{' '}
            {i === axes.length - 1 ? null : (
              <a href={address(movedLeft(shown, i + 1))} aria-label={`Move ${title} to the right`}>
                →
              </a>
            )}{' '}
            {axes.length > 2 ? (
              <a
                href={address(shown.filter((one) => one !== column))}
                aria-label={`Remove the axis ${title}`}
              >
                ×
              </a>
            ) : null}
          </li>
        ))}
      </ol>
      <form class="chart-settings" method="get" action={`${to.runs}/compare`}>
        <KeptTerms
          query={query}
          without={[
            'axis',
            'color',
            ...numeric.flatMap(({ column }) => [`from.${column}`, `to.${column}`]),
          ]}
        />
        {shown.map((column) => (
          <input type="hidden" name="axis" value={column} />
        ))}
        <ColumnChoice
          label="Add an axis"
          name="axis"
          columns={columns.filter((column) => !shown.includes(column))}
          chosen={undefined}
          none="none"
        />
        <ColumnChoice
          label="Colour by"
          name="color"
          columns={[...shown, ...columns]}
          chosen={colour?.column}
        />
        {numeric.length === 0 ? null : (
          <details open={numeric.some(({ column }) => query.bounds.has(column))}>
            <summary>Keep a part of an axis</summary>
            <div class="kept-parts">
              {numeric.map(({ column, title }) => (
                <>
                  <BoxEnd
                    label={`${title} from`}
                    name={`from.${column}`}
                    value={query.bounds.get(column)?.from}
                  />
                  <BoxEnd label="to" name={`to.${column}`} value={query.bounds.get(column)?.to} />
                </>
              ))}
            </div>
          </details>
        )}
        <button type="submit" class="quiet">
          Draw
        </button>
      </form>
    </>
  )
}

function movedLeft(axes: readonly string[], i: number): string[] {
  return [
    ...axes.slice(0, i - 1),
    ...axes.slice(i, i + 1),
    ...axes.slice(i - 1, i),
    ...axes.slice(i + 1),
  ]
}
