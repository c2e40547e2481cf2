import { requireExperiment } from '../../../access/permissions/require.ts'
import { RegistryError } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { searchTraces } from '../../../traces/search/search-traces.ts'
import { getExperiment } from '../../../tracking/experiments/experiment.ts'
import { experimentIdOf } from '../../addressed.ts'
import { attempt } from '../../attempt.ts'
import { findRefusal } from '../../forms.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { TracesPage } from './traces-page.tsx'
import { filterOf, tracesQueryOf } from './traces-query.ts'

const pageSize = 50

/** `GET /experiments/{id}/traces?q=&sel=&after=` */
export async function showTraces(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const id = experimentIdOf(c)
  const [query, nowMs] = [tracesQueryOf(c), ctx.now()]
  const [frame, experiment, whyNot, found] = await Promise.all([
    frameOf(c),
    getExperiment(ctx, id),
    findRefusal(requireExperiment(ctx, id, 'MANAGE')),
    attempt(
      'INVALID_PARAMETER_VALUE',
      searchTraces(ctx, {
        experimentIds: [id],
        filter: filterOf(query),
        nowMs,
        orderBy: [],
        maxResults: pageSize,
        pageToken: query.after,
      }),
    ),
  ])
  const isWrong = found instanceof RegistryError
  const { items, nextPageToken } = isWrong ? { items: [], nextPageToken: undefined } : found
  const page = (
    <TracesPage
      {...{ frame, experiment, query, nowMs, traces: items, next: nextPageToken }}
      problem={isWrong ? found : undefined}
      mayDelete={whyNot === undefined}
    />
  )
  return sendPage(c, { frame, page }, { status: isWrong ? 400 : 200 })
}
