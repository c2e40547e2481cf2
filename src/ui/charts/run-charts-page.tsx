import type { FC } from 'hono/jsx'
import type { Experiment } from '../../tracking/experiments/experiment.ts'
import type { Run } from '../../tracking/run.ts'
import type { MetricSeries, SeriesAxis } from '../../tracking/run-data/metric-series.ts'
import { Tabs } from '../parts/tabs.tsx'
import { countText, Given } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { experimentCrumbs, Page } from '../shell/page.tsx'
import { Chart } from './chart.tsx'

type RunChartsProps = {
  readonly frame: Frame
  readonly run: Run
  readonly experiment: Experiment
  readonly query: {
    readonly metric: string | undefined
    readonly words: string
    readonly x: SeriesAxis
    readonly number: number
  }
  /** Of this page. */
  readonly keys: readonly string[]
  readonly series: readonly MetricSeries[]
  readonly bucketsMax: number
  readonly pages: number
  /** How many metrics hold the words. */
  readonly found: number
}

/** The metrics of a run along their steps. */
export const RunChartsPage: FC<RunChartsProps> = (props) => {
  const { frame, run, experiment, query, keys, series, bucketsMax } = props
  const { to } = frame
  const { runId, name } = run
  const path = `${to.run(runId)}/charts`
  const { metric, words, x } = query
  const key = metric ?? keys[0] ?? ''
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
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: name, href: to.run(runId) },
        { text: 'Charts', ...(metric !== undefined && { href: path }) },
        ...(metric === undefined ? [] : [{ text: metric }]),
      ]}
      api={{
        method: 'GET',
        path: to.query('/api/2.0/mlflow/metrics/get-history', { run_id: runId, metric_key: key }),
      }}
    >
      <Tabs
        label="Axis"
        items={(['step', 'time'] as const).map((axis) => ({
          href: to.query(path, { metric, q: words, x: axis === 'step' ? undefined : axis }),
          text: axis === 'step' ? 'By step' : 'By time',
          isCurrent: axis === x,
        }))}
      />
      {metric === undefined && (props.pages > 1 || words !== '') ? (
        <Find {...props} path={path} />
      ) : null}
      {series.length === 0 ? (
        <p class="empty">
          No metric is here. <code>mlflow.log_metric("loss", 0.5, step=1)</code> logs one.
        </p>
      ) : (
        <div class={metric === undefined ? 'charts' : 'large-chart'}>
          {series.map((one) => (
            <Chart
              title={one.key}
              href={
                metric === undefined
                  ? to.query(path, { metric: one.key, x: x === 'step' ? undefined : x })
                  : undefined
              }
              series={[one]}
              {...{ x, bucketsMax }}
            />
          ))}
        </div>
      )}
      {metric === undefined ? <Pages {...props} path={path} /> : null}
    </Page>
  )
}

type PartProps = RunChartsProps & { readonly path: string }

const Find: FC<PartProps> = ({ path, query: { words, x } }) => (
  <form class="search" method="get" action={path}>
    <label>
      Part of a name
      <input name="q" value={words} autocapitalize="none" spellcheck={false} />
    </label>
    {x === 'step' ? null : <input type="hidden" name="x" value={x} />}
    <button type="submit">Find</button>
  </form>
)

const Pages: FC<PartProps> = ({ frame: { to }, path, query, pages, found }) => {
  const { words, x, number } = query
  const address = (page: number) =>
    to.query(path, {
      q: words,
      x: x === 'step' ? undefined : x,
      page: page === 1 ? undefined : String(page),
    })
  return pages <= 1 ? null : (
    <p class="row">
      {number > 1 ? <a href={address(number - 1)}>Previous charts</a> : null}
      <span class="soft">
        Page {number} of {pages}, {countText(found)} metrics
      </span>
      {number < pages ? <a href={address(number + 1)}>Next charts</a> : null}
    </p>
  )
}
