import { requireExperiments } from '../../access/permissions/require.ts'
import { excerpt, invalid } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import { areExtremesMissing } from '../../tracking/extremes/fill-extremes.ts'
import { requireRun } from '../../tracking/permissions.ts'
import { listRunMetrics, type MetricFigures } from '../../tracking/runs/list-run-metrics.ts'
import { type RunCells, readRunCells } from '../../tracking/runs/run-cells.ts'
import {
  namedColumn,
  ordersBy,
  runColumnsOf,
  sortColumnOf,
  valuesOf,
} from '../../tracking/runs/run-columns.ts'
import { findRunKeys } from '../../tracking/runs/search-runs.ts'
import * as endpoints from '../endpoints/runs.ts'
import { page, pageToWire } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Runs with what a table of them shows. */
export const runRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.listRuns,
    (ctx, { query }) =>
      requireExperiments(ctx, { ids: numbersIn(query.experiment), part: 'run' }, 'READ'),
    async (ctx, { query }) => {
      const columns = listOf(query.column)
      for (const column of columns) checkColumn(column)
      const { items, nextPageToken } = await findRunKeys(ctx, {
        experimentIds: numbersIn(query.experiment),
        filter: query.filter,
        orderBy: listOf(query.sort).flatMap(orderOf),
        view: query.deleted ? 'DELETED_ONLY' : 'ACTIVE_ONLY',
        maxResults: query.max_results,
        pageToken: query.page_token,
      })
      const runs = await readRunCells(ctx.db, items, runColumnsOf(columns))
      const found = pageToWire({ items: runs, nextPageToken }, (run) => runToWire(run, columns))
      return { ...found, extremes_missing: await areExtremesMissing(ctx.db) }
    },
  ),
  serve(
    endpoints.listRunMetrics,
    (ctx, { params }) => requireRun(ctx, params.run_id, 'READ'),
    (ctx, { params: { run_id: runId }, query }) =>
      page(['run metrics', runId], query, {
        first: '',
        read: (after: string, count) => listRunMetrics(ctx, runId, { after, count }),
        keyOf: ({ key }) => key,
        toWire: metricToWire,
      }),
  ),
]

function listOf(given: string | readonly string[] | undefined): readonly string[] {
  return given === undefined ? [] : [given].flat()
}

function numbersIn(given: string | readonly string[]): number[] {
  return listOf(given).map(Number)
}

/** @throws INVALID_PARAMETER_VALUE it is none of metric, param and tag */
function checkColumn(column: string): void {
  if (namedColumn(column)) return
  throw invalid(
    `There is no column '${excerpt(column)}': spell it as m.accuracy, m.loss:min, p.lr or t.team`,
  )
}

/** @throws INVALID_PARAMETER_VALUE runs are not sorted by that */
function orderOf(text: string) {
  const sort = sortColumnOf(text)
  if (!sort) throw invalid(`Runs cannot be sorted by '${excerpt(text)}'`)
  return ordersBy(sort)
}

function runToWire(run: RunCells, columns: readonly string[]) {
  const { info } = run
  return {
    run_id: info.runId,
    experiment_id: String(info.experimentId),
    run_name: info.name,
    status: info.status,
    user_id: info.userId,
    start_time: int64ToWire(info.startTimeMs),
    ...(info.endTimeMs !== undefined && { end_time: int64ToWire(info.endTimeMs) }),
    values: Object.fromEntries(
      [...valuesOf(run, columns)].map(([column, value]) => [column, valueToWire(value)]),
    ),
  }
}

function metricToWire({ key, value, step, timestampMs, extremes }: MetricFigures) {
  return {
    key,
    value: Number.isNaN(value) ? ('NaN' as const) : value,
    step: int64ToWire(step),
    timestamp: int64ToWire(timestampMs),
    ...(extremes && { min: extremes.least, max: extremes.greatest }),
  }
}

function valueToWire(value: number | string): number | string {
  return Number.isNaN(value) ? 'NaN' : value
}

function int64ToWire(value: Int64): number | string {
  return typeof value === 'number' ? value : String(value)
}
