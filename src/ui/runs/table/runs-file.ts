import { csvRowOf } from '../../../audit/csv.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { textStream } from '../../../http/text-stream.ts'
import type { Context } from '../../../platform/context.ts'
import type { RunCells } from '../../../tracking/runs/run-cells.ts'
import { metricIn, namedColumn } from '../../../tracking/runs/run-columns.ts'
import { metricCellOf } from '../../charts/points-file.ts'
import { dateTextOf } from '../../parts/byline.tsx'
import { type RunsStanding, readRunsStanding } from './read-runs.ts'
import { fixedColumns, isFixed, type RunsQuery, runsQueryOf } from './run-query.ts'

/** `GET /experiments/{id}/runs.csv?q=&col=&sort=&deleted=`, or `/runs/runs.csv?in=`: all runs that the table would show page by page. */
export async function sendRunsFile(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const query = { ...runsQueryOf(c), open: [], isFlat: true, after: undefined }
  // A filter with a mistake is refused before the file begins.
  const first = await readRunsStanding(ctx, query)
  const about = { requestId: ctx.requestId, operation: 'exportRuns' }
  return new Response(textStream(rowsOf(ctx, query, first), about), {
    headers: {
      'Content-Type': 'text/csv; charset=utf-8; header=present',
      'Content-Disposition': `attachment; filename="runs-of-${query.experimentIds.join('-')}.csv"`,
      'Cache-Control': 'no-store',
    },
  })
}

/** The columns of the first page stand for all, and each page is read when the one before was taken. */
async function* rowsOf(
  ctx: Context,
  query: RunsQuery,
  first: RunsStanding,
): AsyncGenerator<string> {
  const { columns } = first
  yield csvRowOf(['run_id', 'name', ...columns.map(titleOf)])
  let page = first
  for (;;) {
    yield page.rows.map(({ run }) => csvRowOf(cellsOf(run, page, columns))).join('')
    if (page.next === undefined) return
    page = await readRunsStanding(ctx, { ...query, columns, after: page.next })
  }
}

function titleOf(column: string): string {
  if (isFixed(column)) return fixedColumns[column]
  const named = namedColumn(column)
  return named ? `${named.kind}.${column.slice(2)}` : column
}

function cellsOf(run: RunCells, page: RunsStanding, columns: readonly string[]): unknown[] {
  const { info } = run
  return [info.runId, info.name, ...columns.map((column) => cellOf(run, page, column))]
}

/** Metrics in full; times in ISO 8601, how long it took in milliseconds. */
function cellOf(run: RunCells, { versions, experiments }: RunsStanding, column: string): unknown {
  const named = namedColumn(column)
  if (named?.kind === 'metrics') return metricCellOf(metricIn(run, named))
  if (named) return run[named.kind].get(named.key)
  const { runId, experimentId, startTimeMs, endTimeMs, status, userId } = run.info
  switch (column) {
    case 'experiment':
      return experiments.find(({ id }) => id === experimentId)?.name
    case 'start':
      return dateTextOf(Number(startTimeMs))
    case 'took':
      return endTimeMs === undefined ? undefined : Number(endTimeMs) - Number(startTimeMs)
    case 'status':
      return status
    case 'user':
      return userId
    default:
      return (versions.get(runId) ?? []).map(({ name, version }) => `${name} ${version}`).join(', ')
  }
}
