import { csvRowOf } from '../../audit/csv.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { textStream } from '../../http/text-stream.ts'
import type { Metric } from '../../tracking/run.ts'
import { readPointsOfRun } from '../../tracking/run-data/metric-history.ts'
import { getRunInfo } from '../../tracking/runs/read-runs.ts'
import { runIdOf } from '../addressed.ts'

/** `GET /runs/{run_id}/points.csv?metric=`: all points of a run, or of one metric of it, by time. */
export async function sendPointsFile(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const { runId } = await getRunInfo(ctx, runIdOf(c))
  const about = { requestId: ctx.requestId, operation: 'exportPoints' }
  const pages = readPointsOfRun(ctx, runId, optionalQuery(c, 'metric'))
  // Points that are lost are told of before the file begins.
  const first = await pages.next()
  return new Response(textStream(rowsOf(first, pages), about), {
    headers: {
      'Content-Type': 'text/csv; charset=utf-8; header=present',
      'Content-Disposition': `attachment; filename="points-of-${runId}.csv"`,
      'Cache-Control': 'no-store',
    },
  })
}

/** Each page is read when the one before was taken. */
async function* rowsOf(
  first: IteratorResult<Metric[]>,
  pages: AsyncIterator<Metric[]>,
): AsyncGenerator<string> {
  yield csvRowOf(['metric', 'step', 'timestamp_ms', 'value'])
  for (let page = first; !page.done; page = await pages.next()) {
    yield page.value
      .map(({ key, step, timestampMs, value }) =>
        csvRowOf([key, step, timestampMs, metricCellOf(value)]),
      )
      .join('')
  }
}

/** NaN and infinities as words, as MLflow spells them; an infinity is kept as the largest double. */
export function metricCellOf(value: number | undefined): number | string | undefined {
  if (value === Number.MAX_VALUE) return 'Infinity'
  if (value === -Number.MAX_VALUE) return '-Infinity'
  return Number.isNaN(value) ? 'NaN' : value
}
