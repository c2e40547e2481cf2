import type { FC } from 'hono/jsx'
import { Parallel } from '../../charts/parallel.tsx'
import { Scatter } from '../../charts/scatter.tsx'
import type { ValueAxis } from '../../charts/value-axis.ts'
import { Given } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import { ColumnChoice, KeptTerms } from './compare-forms.tsx'
import { type ComparedQuery, comparedAddress } from './compare-query.ts'
import { DrawnRuns } from './drawn-runs.tsx'
import type { DrawnRun } from './read-compared.ts'

type ParallelViewProps = {
  readonly to: Paths
  readonly query: ComparedQuery
  readonly runs: readonly DrawnRun[]
  readonly axes: readonly ValueAxis[]
  readonly colour: ValueAxis | undefined
  /** Columns that may be axes. */
  readonly columns: readonly string[]
}

/** Parallel coordinates, the choice of their axes, and the best of the runs. */
export const ParallelView: FC<ParallelViewProps> = (props) => {
  const { to, runs, axes, colour } = props
  const values = runs.map((run) => run.values)
  const [across] = axes
  const up = colour ?? axes.at(-1)
  return (
    <>
      <Axes {...props} />
      <div class="wide-part near">
        <Parallel {...{ axes, colour }} runs={values} />
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
      <DrawnRuns {...{ to, runs, axes }} by={colour} />
    </>
  )
}

const Axes: FC<ParallelViewProps> = ({ to, query, axes, columns, colour }) => {
  const shown = axes.map(({ column }) => column)
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
        <KeptTerms query={query} without={['axis', 'color']} />
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
