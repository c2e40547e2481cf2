import type { FC } from 'hono/jsx'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import type { Run } from '../../../tracking/run.ts'
import type { MetricSeries } from '../../../tracking/run-data/metric-series.ts'
import { Chart } from '../../charts/chart.tsx'
import { directionsOf } from '../../parts/directions.ts'
import { Sign } from '../../parts/sign.tsx'
import { NoValue, Table } from '../../parts/table.tsx'
import { countText, Given, plural, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { metricText } from '../table/run-cell.tsx'
import { type ComparedRow, type ComparedRows, isEqualRow } from './compared-rows.ts'

type CompareRunsProps = {
  readonly frame: Frame
  /** In the order of the address. */
  readonly runs: readonly Run[]
  /** Of the first run. */
  readonly experiment: Experiment | undefined
  readonly rows: ComparedRows
  /** The one that is charted. */
  readonly metric: string | undefined
  readonly series: readonly MetricSeries[]
  readonly bucketsMax: number
  readonly linesMax: number
  /** Whether equal rows are shown too. */
  readonly isWhole: boolean
  /** Ids that no run has. */
  readonly missing: readonly string[]
}

/** What differs between runs: a metric along its steps, then values side by side. */
export const CompareRunsPage: FC<CompareRunsProps> = (props) => {
  const { frame, runs, experiment, metric, series, bucketsMax, linesMax, missing } = props
  const { to } = frame
  const names = new Map(runs.map(({ runId, name }) => [runId, name]))
  return (
    <Page
      frame={frame}
      title={`Compare ${plural(runs.length, 'run')}`}
      section="experiments"
      crumbs={[
        ...(experiment
          ? experimentCrumbs(to, experiment)
          : [{ text: 'Experiments', href: to.experiments }]),
        { text: 'Compare' },
      ]}
      api={{
        method: 'POST',
        path: '/api/2.0/mlflow/runs/search',
        body: {
          experiment_ids: [...new Set(runs.map(({ experimentId }) => String(experimentId)))],
          filter: `run_id IN (${runs.map(({ runId }) => `'${runId}'`).join(', ')})`,
        },
      }}
    >
      {missing.length > 0 ? (
        <p class="notice warn">
          {plural(missing.length, 'run')} of the address {missing.length === 1 ? 'is' : 'are'} not
          there.
        </p>
      ) : null}
      {runs.length < 2 ? (
        <p class="empty">
          Choose at least two runs: <a href={to.experiments}>open an experiment</a> and tick them.
        </p>
      ) : (
        <>
          {metric === undefined ? null : (
            <section class="near large-chart" id="chart" aria-label="Chart">
              <Chart
                title={metric}
                series={series}
                x="step"
                nameOf={({ runId }) => names.get(runId) ?? runId}
                bucketsMax={bucketsMax}
              />
              {runs.length > linesMax ? (
                <p class="soft">
                  Of {countText(runs.length)} runs the first {linesMax} are drawn.
                </p>
              ) : null}
            </section>
          )}
          <Rows {...props} />
        </>
      )}
    </Page>
  )
}

/** Cells of each table: with 100 runs the page stays below 100 kB. */
const cellsMax = { metrics: 800, params: 600, tags: 200 } as const

const Rows: FC<CompareRunsProps> = (props) => {
  const { frame, runs, rows, isWhole, metric } = props
  const { to } = frame
  const all = [...rows.metrics, ...rows.params, ...rows.tags]
  const equal = all.filter(isEqualRow).length
  const address = to.compareRuns(runs.map(({ runId }) => runId))
  const kept = metric === undefined ? '' : `&metric=${encodeURIComponent(metric)}`
  return (
    <>
      <p>
        {plural(all.length - equal, 'value')} differ, {countText(equal)} are equal.{' '}
        <a href={isWhole ? `${address}${kept}` : `${address}${kept}&all=1`}>
          {isWhole ? 'Show what differs' : 'Show all'}
        </a>
      </p>
      {(['metrics', 'params', 'tags'] as const).map((kind) => (
        <Section {...props} kind={kind} />
      ))}
    </>
  )
}

type SectionProps = CompareRunsProps & {
  readonly kind: keyof ComparedRows
}

const titles = { metrics: 'Metrics', params: 'Params', tags: 'Tags' } as const

const Section: FC<SectionProps> = ({ frame: { to }, runs, rows, kind, isWhole }) => {
  const all: readonly ComparedRow<string | number>[] = rows[kind]
  const shown = isWhole ? all : all.filter((row) => !isEqualRow(row))
  const rowsMax = Math.max(2, Math.floor(cellsMax[kind] / runs.length))
  if (shown.length === 0) return null
  return (
    <section class="near" aria-labelledby={kind}>
      <h2 id={kind}>{titles[kind]}</h2>
      <form method="get" action={`${to.prefix}/runs/compare`}>
        <input type="hidden" name="ids" value={runs.map(({ runId }) => runId).join(',')} />
        <Table
          caption={`${titles[kind]} of the runs`}
          columns={[
            'Name',
            ...runs.map(({ runId, name }) => ({
              title:
                kind === 'metrics' ? (
                  <a href={to.run(runId)}>
                    <Given text={name} />
                  </a>
                ) : (
                  <Given text={name} />
                ),
              ...(kind === 'metrics' && { isNumber: true as const }),
            })),
          ]}
        >
          {shown.slice(0, rowsMax).map((row) => (
            <tr>
              <th scope="row">
                {kind === 'metrics' ? (
                  <button type="submit" class="link" name="metric" value={row.key}>
                    <Given text={row.key} />
                  </button>
                ) : (
                  <Given text={row.key} />
                )}
              </th>
              <Cells row={row} />
            </tr>
          ))}
        </Table>
      </form>
      {shown.length > rowsMax ? (
        <p class="soft">
          {countText(shown.length - rowsMax)} more; compare fewer runs to see them.
        </p>
      ) : null}
    </section>
  )
}

const better = directionsOf([])
const charsMax = 200

/** The best metric is marked where its name says which way is better. */
const Cells: FC<{ readonly row: ComparedRow<string | number> }> = ({ row }) => {
  const best = bestOf(row)
  const isNumber = row.values.some((value) => typeof value === 'number')
  return (
    <>
      {row.values.map((value) => {
        if (value === undefined) {
          return (
            <td class={isNumber ? 'number' : undefined}>
              <NoValue />
            </td>
          )
        }
        if (typeof value === 'string') {
          return (
            <td title={value.length > charsMax ? visibleText(value.slice(0, 1000)) : undefined}>
              <Given text={value.length > charsMax ? `${value.slice(0, charsMax)}…` : value} />
            </td>
          )
        }
        return (
          <td class="number">
            {value === best ? (
              <strong class="good-text">
                <Sign of="check" /> {metricText(value)}
                <span class="unseen"> best</span>
              </strong>
            ) : (
              metricText(value)
            )}
          </td>
        )
      })}
    </>
  )
}

function bestOf(row: ComparedRow<string | number>): number | undefined {
  const direction = better(row.key)
  const numbers = row.values.filter((value) => typeof value === 'number' && !Number.isNaN(value))
  if (direction === undefined || numbers.length < 2 || isEqualRow(row)) return undefined
  return direction === 'up' ? Math.max(...numbers.map(Number)) : Math.min(...numbers.map(Number))
}
