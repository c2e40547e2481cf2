import type { FC } from 'hono/jsx'
import type { Experiment } from '../../tracking/experiments/experiment.ts'
import type { Run } from '../../tracking/run.ts'
import type { MetricSeries } from '../../tracking/run-data/metric-series.ts'
import { RunByline } from '../parts/byline.tsx'
import { LineSearch } from '../parts/search-box.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { countText, Given, numberText } from '../parts/text.tsx'
import type { ShownCall } from '../shell/api-call.tsx'
import type { Frame } from '../shell/frame.ts'
import { experimentCrumbs, liveOfRuns, Page } from '../shell/page.tsx'
import { Chart } from './chart.tsx'
import { type ChartView, smoothings, viewTerms } from './chart-view.ts'
import { linesFor, type RunReferences } from './read-references.ts'

type RunChartsProps = {
  readonly frame: Frame
  readonly run: Run
  readonly experiment: Experiment
  readonly query: {
    readonly metric: string | undefined
    readonly words: string
    readonly view: ChartView
    readonly number: number
  }
  /** Of this page. */
  readonly keys: readonly string[]
  readonly series: readonly MetricSeries[]
  /** Values of one series, at most. */
  readonly bucketsMax: number
  readonly pages: number
  /** Metrics that hold the words, of all pages. */
  readonly found: readonly string[]
  /** Those of the machine, which are not drawn unless somebody asks for them. */
  readonly system: readonly string[]
  readonly references: RunReferences | undefined
}

/** What stands before the first `/` of a name; empty: nothing does. */
export function prefixOf(key: string): string {
  return key.includes('/') ? key.slice(0, key.indexOf('/')) : ''
}

/** What is drawn, and all that one metric has. */
function callsOf({
  run: { runId },
  query: { metric, view },
  keys,
  bucketsMax,
}: RunChartsProps): ShownCall[] | undefined {
  const [key] = keys
  if (key === undefined) return undefined
  const { x, x0, x1 } = viewTerms(view)
  const drawn = new URLSearchParams({ run: runId })
  for (const one of keys) drawn.append('key', one)
  for (const [name, value] of Object.entries({ x, from: x0, to: x1 })) {
    if (value !== undefined) drawn.append(name, value)
  }
  drawn.append('points', String(bucketsMax))
  const whole = new URLSearchParams({ run_id: runId, metric_key: key })
  return [
    {
      about: metric === undefined ? 'What the charts draw' : 'What the chart draws',
      method: 'GET',
      path: `/api/v1/metrics/series?${drawn}`,
    },
    {
      about: `All points of ${key}`,
      method: 'GET',
      path: `/api/2.0/mlflow/metrics/get-history?${whole}`,
    },
  ]
}

/** The metrics of a run along their steps. */
export const RunChartsPage: FC<RunChartsProps> = (props) => {
  const { frame, run, experiment, query, series } = props
  const { to } = frame
  const { runId, name } = run
  const path = `${to.run(runId)}/charts`
  const { metric, words, view } = query
  const { x } = view
  return (
    <Page
      frame={frame}
      title={metric === undefined ? `Charts of ${name}` : `${metric} of ${name}`}
      heading={
        metric === undefined ? (
          <>
            Charts of <Given text={name} />
          </>
        ) : (
          <>
            <Given text={metric} /> of <Given text={name} />
          </>
        )
      }
      section="experiments"
      about={<RunByline run={run} />}
      actions={
        run.metrics.length === 0 ? null : (
          <a class="button quiet" href={to.query(`${to.run(runId)}/points.csv`, { metric })}>
            All points as CSV
          </a>
        )
      }
      live={liveOfRuns([run])}
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: name, href: to.run(runId) },
        { text: 'Charts', ...(metric !== undefined && { href: path }) },
        ...(metric === undefined ? [] : [{ text: metric }]),
      ]}
      api={callsOf(props)}
    >
      <Tabs
        label="Axis"
        items={(['step', 'time'] as const).map((axis) => ({
          href: to.query(path, {
            ...{ metric, q: words },
            ...viewTerms({ ...view, x: axis, range: axis === x ? view.range : undefined }),
          }),
          text: axis === 'step' ? 'By step' : 'By time',
          isCurrent: axis === x,
        }))}
      />
      {series.length > 0 || view.range ? <Settings {...props} path={path} /> : null}
      {metric === undefined && (props.pages > 1 || words !== '') ? (
        <Find {...props} path={path} />
      ) : null}
      {series.length === 0 ? (
        <Nothing view={view} />
      ) : (
        <div class="near" data-part="charts" data-steady>
          {[...Map.groupBy(series, (one) => prefixOf(one.key))].map(([prefix, of]) => (
            <Group {...props} prefix={metric === undefined ? prefix : ''} series={of} path={path} />
          ))}
        </div>
      )}
      {metric === undefined ? <Pages {...props} path={path} /> : null}
      {metric === undefined ? <SystemMetrics {...props} path={path} /> : null}
    </Page>
  )
}

const Nothing: FC<{ readonly view: ChartView }> = ({ view }) =>
  view.range ? (
    <p class="empty" data-part="charts">
      Nothing was logged in this part of the axis. No metric is here.
    </p>
  ) : (
    <p class="empty" data-part="charts">
      No metric is here. <code>mlflow.log_metric("loss", 0.5, step=1)</code> logs one.
    </p>
  )

type PartProps = RunChartsProps & { readonly path: string }

/** Charts of the metrics of one prefix. */
const Group: FC<PartProps & { readonly prefix: string }> = (props) => {
  const { frame, query, found, series, references, path, prefix } = props
  const { metric, view } = query
  const { to } = frame
  const isOnly = found.every((key) => prefixOf(key) === prefix)
  const count = found.filter((key) => prefixOf(key) === prefix).length
  return (
    <>
      {prefix === '' || isOnly ? null : (
        <h2>
          <Given text={prefix} />/ {countText(count)}
        </h2>
      )}
      <div class={metric === undefined ? 'charts' : 'large-chart'}>
        {series.map((one) => (
          <Chart
            title={one.key}
            href={
              metric === undefined
                ? to.query(path, { metric: one.key, ...viewTerms(view) })
                : undefined
            }
            series={[one]}
            {...{ x: view.x, view }}
            references={references ? linesFor(references, one.key, numberText) : []}
          />
        ))}
      </div>
    </>
  )
}

const namesMax = 100

/** Metrics of the machine, folded. */
const SystemMetrics: FC<PartProps> = ({ frame: { to }, path, system, query: { view } }) =>
  system.length === 0 ? null : (
    <details>
      <summary>System metrics {countText(system.length)}</summary>
      <p class="row">
        <a href={to.query(path, { q: 'system/', ...viewTerms(view) })}>Draw all</a>
        {system.slice(0, namesMax).map((key) => (
          <a href={to.query(path, { metric: key, ...viewTerms(view) })}>
            <Given text={key} />
          </a>
        ))}
      </p>
    </details>
  )

/** The fields of a form that keep how charts are drawn. */
const KeptView: FC<{ readonly view: ChartView; readonly without?: readonly string[] }> = ({
  view,
  without = [],
}) => (
  <>
    {Object.entries(viewTerms(view)).map(([name, value]) =>
      value === undefined || without.includes(name) ? null : (
        <input type="hidden" name={name} value={value} />
      ),
    )}
  </>
)

/** What part of the axis is drawn, and how. A drag over a chart fills in the part where script runs. */
const Settings: FC<PartProps> = ({ frame: { to }, path, query: { metric, words, view } }) => {
  const { x0, x1 } = viewTerms(view)
  const unit = view.x === 'step' ? 'step' : 'millisecond'
  return (
    <form class="chart-settings" method="get" action={path}>
      {metric === undefined ? null : <input type="hidden" name="metric" value={metric} />}
      {words === '' ? null : <input type="hidden" name="q" value={words} />}
      <KeptView view={view} without={['x0', 'x1', 'log', 'smooth']} />
      <label>
        From {unit}
        <input name="x0" value={x0 ?? ''} inputmode="decimal" autocomplete="off" />
      </label>
      <label>
        To {unit}
        <input name="x1" value={x1 ?? ''} inputmode="decimal" autocomplete="off" />
      </label>
      <label>
        Smoothing
        <select name="smooth">
          {[...new Set<number>([...smoothings, view.smoothing])].map((value) => (
            <option value={value === 0 ? '' : String(value)} selected={value === view.smoothing}>
              {value === 0 ? 'none' : String(value)}
            </option>
          ))}
        </select>
      </label>
      <label class="choice">
        <input type="checkbox" name="log" value="1" checked={view.isLog} />
        Logarithmic
      </label>
      <div class="row">
        <button type="submit" class="quiet">
          Draw
        </button>
        {view.range ? (
          <a
            data-key="0"
            href={to.query(path, { metric, q: words, ...viewTerms({ ...view, range: undefined }) })}
          >
            The whole axis
          </a>
        ) : null}
      </div>
    </form>
  )
}

const Find: FC<PartProps> = ({ path, query: { words, view } }) => (
  <LineSearch action={path} label="Part of a name" words={words} button="Find">
    <KeptView view={view} />
  </LineSearch>
)

const Pages: FC<PartProps> = ({ frame: { to }, path, query, pages, found }) => {
  const { words, view, number } = query
  const address = (page: number) =>
    to.query(path, {
      q: words,
      ...viewTerms(view),
      page: page === 1 ? undefined : String(page),
    })
  return pages <= 1 ? null : (
    <p class="row">
      {number > 1 ? <a href={address(number - 1)}>Previous charts</a> : null}
      <span class="soft">
        Page {number} of {pages}, {countText(found.length)} metrics
      </span>
      {number < pages ? <a href={address(number + 1)}>Next charts</a> : null}
    </p>
  )
}
