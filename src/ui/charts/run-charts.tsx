import { invalid } from '../../core/error.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { getExperiment } from '../../tracking/experiments/experiment.ts'
import { readMetricSeries, type SeriesAxis } from '../../tracking/run-data/metric-series.ts'
import { getRun } from '../../tracking/runs/read-runs.ts'
import { runIdOf } from '../addressed.ts'
import { numberIn } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { RunChartsPage } from './run-charts-page.tsx'

/** Charts of one page. */
const chartsMax = 12
const bucketsOfMany = 150
const bucketsOfOne = 1000

/** `GET /runs/{run_id}/charts?metric=&q=&x=&page=`: one metric large, or a page of them. */
export async function showRunCharts(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [frame, run] = await Promise.all([frameOf(c), getRun(ctx, runIdOf(c))])
  const metric = optionalQuery(c, 'metric')
  const words = (optionalQuery(c, 'q') ?? '').trim()
  const x = axisOf(c)
  const found = run.metrics
    .map(({ key }) => key)
    .filter((key) => key.toLowerCase().includes(words.toLowerCase()))
    .sort()
  const number = numberIn(optionalQuery(c, 'page') ?? '1') ?? 1
  const keys =
    metric === undefined ? found.slice((number - 1) * chartsMax, number * chartsMax) : [metric]
  const bucketsMax = metric === undefined ? bucketsOfMany : bucketsOfOne
  const [experiment, series] = await Promise.all([
    getExperiment(ctx, run.experimentId),
    readMetricSeries(ctx, { runIds: [run.runId], keys, x, bucketsMax }),
  ])
  const query = { metric, words, x, number }
  const pages = Math.ceil(found.length / chartsMax)
  const page = (
    <RunChartsPage
      {...{ frame, run, experiment, query, keys, series, bucketsMax, pages, found: found.length }}
    />
  )
  return sendPage(c, { frame, page })
}

/** @throws INVALID_PARAMETER_VALUE it is none */
function axisOf(c: AppContext): SeriesAxis {
  const x = optionalQuery(c, 'x') ?? 'step'
  if (x === 'step' || x === 'time') return x
  throw invalid("The axis 'x' is step or time")
}
