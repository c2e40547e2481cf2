import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { getExperiment } from '../../tracking/experiments/experiment.ts'
import type { Run } from '../../tracking/run.ts'
import { readMetricSeries } from '../../tracking/run-data/metric-series.ts'
import { getRun } from '../../tracking/runs/read-runs.ts'
import { runIdOf } from '../addressed.ts'
import { isSystemMetric } from '../parts/own-tags.ts'
import { numberIn } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { chartViewOf } from './chart-view.ts'
import { readReferences } from './read-references.ts'
import { prefixOf, RunChartsPage } from './run-charts-page.tsx'
import { compareTexts } from './value-axis.ts'

/** Charts of one page. */
const chartsMax = 12
const bucketsOfMany = 150
const bucketsOfOne = 1000

/** `GET /runs/{run_id}/charts?metric=&q=&x=&x0=&x1=&log=&smooth=&page=`: one metric large, or a page of them. */
export async function showRunCharts(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [frame, run] = await Promise.all([frameOf(c), getRun(ctx, runIdOf(c))])
  const metric = optionalQuery(c, 'metric')
  const words = (optionalQuery(c, 'q') ?? '').trim()
  const view = chartViewOf(c)
  const { found, system } = findMetrics(run, words)
  const number = numberIn(optionalQuery(c, 'page') ?? '1') ?? 1
  const keys =
    metric === undefined ? found.slice((number - 1) * chartsMax, number * chartsMax) : [metric]
  const bucketsMax = metric === undefined ? bucketsOfMany : bucketsOfOne
  const [experiment, series, references] = await Promise.all([
    getExperiment(ctx, run.experimentId),
    readMetricSeries(ctx, {
      ...{ runIds: [run.runId], keys, bucketsMax },
      ...{ x: view.x, range: view.range },
    }),
    readReferences(ctx, run, keys),
  ])
  const query = { metric, words, view, number }
  const pages = Math.ceil(found.length / chartsMax)
  const page = (
    <RunChartsPage
      {...{ frame, run, experiment, query, keys, series, references, pages, found, system }}
      bucketsMax={bucketsMax}
    />
  )
  return sendPage(c, { frame, page })
}

/** Metrics that hold the words, those of one prefix beside each other. Those of the machine stand apart, unless nothing else is left. */
function findMetrics({ metrics }: Run, words: string) {
  const named = metrics
    .map(({ key }) => key)
    .filter((key) => key.toLowerCase().includes(words.toLowerCase()))
    .sort((a, b) => compareTexts(`${prefixOf(a)}/${a}`, `${prefixOf(b)}/${b}`))
  const own = named.filter((key) => !isSystemMetric(key))
  return words !== '' || own.length === 0
    ? { found: named, system: [] }
    : { found: own, system: named.filter(isSystemMetric) }
}
