import type { Child } from 'hono/jsx'
import { requireExperiments } from '../../../access/permissions/require.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import type { Context } from '../../../platform/context.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import { areExtremesMissing } from '../../../tracking/extremes/fill-extremes.ts'
import { requireRuns } from '../../../tracking/permissions.ts'
import { readRunsOfIds } from '../../../tracking/runs/read-runs.ts'
import { readCellsOfIds } from '../../../tracking/runs/run-cells.ts'
import { extremeColumnsOf, namedColumn } from '../../../tracking/runs/run-columns.ts'
import { axisOf } from '../../charts/value-axis.ts'
import { type Directions, directionsOf } from '../../parts/directions.ts'
import { isOwnTag } from '../../parts/own-tags.ts'
import { type Paths, pathsUnder } from '../../paths.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { MissingExtremes } from '../missing-extremes.tsx'
import { titleOf } from '../table/run-query.ts'
import { chartOf } from './chart-of-runs.tsx'
import { LineSettings } from './charts-view.tsx'
import { ComparePage } from './compare-page.tsx'
import {
  type ComparedQuery,
  comparedAddress,
  comparedQueryOf,
  isHidden,
  shortIdOf,
  shortIdsIn,
  showsExtremes,
  toggled,
} from './compare-query.ts'
import {
  type BestRuns,
  bestRunsOf,
  type ComparedRows,
  chartedKey,
  figureRow,
  rowsOf,
} from './compared-rows.ts'
import { areIds, readEditedIds } from './edit-strip.ts'
import { ParallelView } from './parallel-view.tsx'
import {
  type ComparedRun,
  type ComparedRuns,
  type DrawnRun,
  differingColumns,
  readCompared,
  readDrawn,
  readExperimentsOf,
} from './read-compared.ts'
import { RunDifferences } from './run-differences.tsx'
import { ScatterView } from './scatter-view.tsx'

/** Those that are chosen one by one, or the experiments whose runs match. @throws PERMISSION_DENIED */
export async function mayReadRuns(ctx: Context, c: AppContext): Promise<void> {
  const { ids, experimentIds } = comparedQueryOf(c)
  if (ids.length > 0) return requireRuns(ctx, ids, 'READ')
  await requireExperiments(ctx, { ids: experimentIds, part: 'run' }, 'READ')
}

/** `GET /runs/compare?ids=a,b` or `?in=1&q=`, and `view`; a table of runs sends its checkboxes as `sel`. */
export async function showRunComparison(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const query = comparedQueryOf(c)
  if (optionalQuery(c, 'ids') === undefined && query.ids.length > 0) {
    return c.redirect(pathsUnder(pagePrefix(c)).compareRuns(query.ids), 302)
  }
  // A button of the legend leads back to the chart, one of the strip to the strip on top.
  const [eye, line] = [shortIdsIn(c, 'eye'), shortIdsIn(c, 'line')]
  if (eye.length + line.length > 0) {
    const hidden = toggled(query.hidden, [...eye, ...line])
    const address = comparedAddress(pathsUnder(pagePrefix(c)), { ...query, hidden })
    return c.redirect(line.length > 0 ? `${address}#chart` : address, 302)
  }
  const edited = await readEditedIds(c, query)
  if (edited !== undefined && areIds(edited)) {
    const hidden = query.hidden.filter((one) => edited.map(shortIdOf).includes(one))
    const address = comparedAddress(pathsUnder(pagePrefix(c)), { ...query, ids: edited, hidden })
    return c.redirect(address, 302)
  }
  const [frame, compared] = await Promise.all([frameOf(c), readCompared(ctx, query)])
  const { to } = frame
  const { view, ...viewed } = isDrawing(query)
    ? await drawRuns(ctx, { to, query, compared })
    : await listRuns(ctx, { to, query, compared })
  const { isCut } = compared
  const isMissing = showsExtremes(query) && (await areExtremesMissing(ctx.db))
  const page = (
    <ComparePage {...{ frame, query, isCut, ...viewed }} nowMs={ctx.now()} added={edited}>
      {isMissing ? <MissingExtremes then="have none here" /> : null}
      {view}
    </ComparePage>
  )
  return sendPage(c, { frame, page })
}

type View = { readonly to: Paths; readonly query: ComparedQuery; readonly compared: ComparedRuns }

/** What a view shows, and of which runs. */
type Viewed = {
  readonly runs: readonly ComparedRun[]
  readonly experiments: readonly Experiment[]
  readonly best: BestRuns | undefined
  readonly view: Child
}

function isDrawing({ view }: ComparedQuery): boolean {
  return view === 'parallel' || view === 'scatter'
}

/** Params that are axes where none were chosen. */
const paramAxes = 5

async function drawRuns(ctx: Context, { to, query, compared }: View): Promise<Viewed> {
  const { params, metrics } = differingColumns(compared.offered)
  const tags = compared.offered.tags.filter(isOwnTag).map(({ key }) => `t.${key}`)
  const isScatter = query.view === 'scatter'
  const axes = isScatter
    ? scatterAxes(query, { params, metrics })
    : query.axes.length > 0
      ? query.axes
      : [...params.slice(0, paramAxes), ...metrics.slice(0, params.length > 0 ? 1 : 3)]
  const colour =
    query.colour ?? (isScatter ? undefined : axes.findLast((one) => one.startsWith('m.')))
  const columns = [...new Set([...metrics, ...extremeColumnsOf(axes), ...params, ...tags])]
  const wanted = [...axes, ...(colour === undefined ? [] : [colour])]
  const all = await readDrawn(ctx, compared.keys, wanted)
  const runs = all.filter((run) => !isHidden(query, run))
  const experiments = await readExperimentsOf(ctx, all)
  const better = directionsOf([], experiments)
  const axisOn = (column: string, isLog?: boolean) =>
    axisOf({
      column,
      title: titleOf(column),
      values: runs.map(({ values }) => values.get(column)),
      isLog,
    })
  const shared = {
    to,
    query,
    runs,
    columns,
    better,
    colour: colour === undefined ? undefined : axisOn(colour),
  }
  const [x, y] = axes
  if (x === undefined || y === undefined) {
    const none = <p class="empty">These runs have no two metrics or params to draw.</p>
    return { runs: all, experiments, best: undefined, view: none }
  }
  return {
    runs: all,
    experiments,
    best: bestDrawn(runs, isScatter ? y : colour, better),
    view: isScatter ? (
      <ScatterView {...shared} x={axisOn(x, query.logX)} y={axisOn(y, query.logY)} />
    ) : (
      <ParallelView {...shared} axes={axes.map((column) => axisOn(column))} />
    ),
  }
}

/** The best of what is drawn, by one column. */
function bestDrawn(
  runs: readonly DrawnRun[],
  column: string | undefined,
  better: Directions,
): BestRuns | undefined {
  const named = column === undefined ? undefined : namedColumn(column)
  if (column === undefined || named?.kind !== 'metrics') return undefined
  const row = { key: named.key, values: runs.map(({ values }) => values.get(column)) }
  return bestRunsOf(row, { title: titleOf(column), direction: better(named.key), runs })
}

function scatterAxes(
  query: ComparedQuery,
  { params, metrics }: ReturnType<typeof differingColumns>,
): readonly string[] {
  const y = query.y ?? metrics[0]
  const x = query.x ?? [...params, ...metrics].find((column) => column !== y)
  return x === undefined || y === undefined ? [] : [x, y]
}

/** Lines of the chart above the differences. */
const fewLines = 20
const manyLines = 100
const bucketsMax = 100
/** Places of all lines together: the page stays below 100 kB. */
const placesMax = 2000

async function listRuns(ctx: Context, { to, query, compared }: View): Promise<Viewed> {
  const isCharts = query.view === 'charts'
  const ids =
    query.ids.length > 0
      ? query.ids
      : (await readDrawn(ctx, compared.keys, [])).map(({ runId }) => runId)
  const all = await readRunsOfIds(ctx, ids)
  const runs = all.filter((run) => !isHidden(query, run))
  const experiments = await readExperimentsOf(ctx, all)
  const better = directionsOf([], experiments)
  const logged = rowsOf(runs)
  const metrics = await readFigures(ctx, {
    query,
    ids: runs.map(({ runId }) => runId),
    of: logged.metrics,
    better,
  })
  const rows = { ...logged, metrics }
  const metric = query.metric ?? chartedKey(rows, { runs, experiments })
  const charted = metrics.find(({ key }) => key === metric)
  const linesMax = isCharts ? manyLines : fewLines
  const lines = Math.max(1, Math.min(runs.length, linesMax))
  const buckets =
    isCharts && query.isBanded ? bucketsMax : Math.min(bucketsMax, Math.floor(placesMax / lines))
  const chart =
    metric === undefined
      ? undefined
      : await chartOf(ctx, {
          ...{ query, all, runs, metric, linesMax },
          bucketsMax: buckets,
          // Below are tables with the values.
          skipsPoints: !isCharts && query.metric === undefined,
        })
  const offered = {
    metrics: rows.metrics.map(({ key }) => key),
    columns: [
      ...rows.params.map(({ key }) => `p.${key}`),
      ...rows.tags.map(({ key }) => `t.${key}`),
    ],
  }
  return {
    runs: all,
    experiments,
    best:
      charted && bestRunsOf(charted, { title: charted.key, direction: better(charted.key), runs }),
    view: (
      <>
        {isCharts ? <LineSettings {...{ to, query, metric, ...offered }} /> : null}
        {chart ?? (isCharts ? <p class="empty">No metric is here.</p> : null)}
        {isCharts ? null : <RunDifferences {...{ to, query, runs, rows, better }} />}
      </>
    ),
  }
}

/** The rows of metrics with the figure that was asked for in place of the latest values. */
async function readFigures(
  ctx: Context,
  {
    query: { figure },
    ids,
    of,
    better,
  }: {
    readonly query: ComparedQuery
    readonly ids: readonly string[]
    readonly of: ComparedRows['metrics']
    readonly better: Directions
  },
): Promise<ComparedRows['metrics']> {
  if (figure === 'last') return of
  const extremes = of.map(({ key }) => key)
  const cells = await readCellsOfIds(ctx, ids, { metrics: [], extremes, params: [], tags: [] })
  return of.map((row) => figureRow(row, figure, { direction: better(row.key), runs: cells }))
}
