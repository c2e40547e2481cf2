import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import type { Context } from '../../../platform/context.ts'
import { getExperiment } from '../../../tracking/experiments/experiment.ts'
import { requireRuns } from '../../../tracking/permissions.ts'
import type { Run } from '../../../tracking/run.ts'
import { readMetricSeries } from '../../../tracking/run-data/metric-series.ts'
import { readRunsOfIds } from '../../../tracking/runs/read-runs.ts'
import { pathsUnder } from '../../paths.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { runIdsIn } from '../table/run-query.ts'
import { CompareRunsPage } from './compare-runs-page.tsx'
import { type ComparedRows, isEqualRow, rowsOf } from './compared-rows.ts'

/** Lines of one chart. */
const linesMax = 20
const bucketsMax = 100

/** @throws PERMISSION_DENIED one of them may not be read */
export function mayReadRuns(ctx: Context, c: AppContext): Promise<void> {
  return requireRuns(ctx, runIdsIn(c), 'READ')
}

/** `GET /runs/compare?ids=a,b&metric=&all=1`; a table of runs sends its checkboxes as `sel`. */
export async function showRunComparison(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const ids = runIdsIn(c)
  if (optionalQuery(c, 'ids') === undefined && ids.length > 0) {
    return c.redirect(pathsUnder(pagePrefix(c)).compareRuns(ids), 302)
  }
  const [frame, runs] = await Promise.all([frameOf(c), readRunsOfIds(ctx, ids)])
  const [first] = runs
  const experiment = first && (await getExperiment(ctx, first.experimentId))
  const rows = rowsOf(runs)
  const metric = optionalQuery(c, 'metric') ?? chartedKey(rows)
  const series =
    metric === undefined
      ? []
      : await readMetricSeries(ctx, {
          runIds: runs.slice(0, linesMax).map(({ runId }) => runId),
          keys: [metric],
          x: 'step',
          bucketsMax,
        })
  const isWhole = optionalQuery(c, 'all') === '1'
  const missing = ids.filter((id) => !runs.some((run: Run) => run.runId === id))
  const page = (
    <CompareRunsPage
      {...{ frame, runs, experiment, rows, metric, series, bucketsMax, linesMax, isWhole, missing }}
    />
  )
  return sendPage(c, { frame, page })
}

/** The metric that most of the runs have; of several, one that differs. */
function chartedKey({ metrics }: ComparedRows): string | undefined {
  const worth = (row: ComparedRows['metrics'][number]) =>
    2 * row.values.filter((value) => value !== undefined).length + (isEqualRow(row) ? 0 : 1)
  return metrics.toSorted((a, b) => worth(b) - worth(a))[0]?.key
}
