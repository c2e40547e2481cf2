import { requireExperiments } from '../../../access/permissions/require.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import type { Context } from '../../../platform/context.ts'
import { getExperiments } from '../../../tracking/experiments/experiment.ts'
import { listExperimentKeys } from '../../../tracking/runs/experiment-keys.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { runsQueryOf } from '../table/run-query.ts'
import { ColumnsPage } from './columns-page.tsx'

/** Names of one kind on a page. */
const namesMax = 100

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export function mayReadNames(ctx: Context, c: AppContext): Promise<void> {
  return requireExperiments(ctx, { ids: runsQueryOf(c).experimentIds, part: 'run' }, 'READ')
}

/** `GET /experiments/{id}/columns?find=` or `/runs/columns?in=&find=`, and what the table of runs takes. */
export async function showColumns(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const query = runsQueryOf(c)
  const { experimentIds } = query
  const words = (optionalQuery(c, 'find') ?? '').trim()
  const namesOf = (kind: 'metric' | 'param' | 'tag') =>
    listExperimentKeys(
      ctx,
      { experimentIds, kind, part: words },
      { count: namesMax, token: undefined },
    )
  const [frame, experiments, metrics, params, tags] = await Promise.all([
    frameOf(c),
    getExperiments(ctx, experimentIds),
    namesOf('metric'),
    namesOf('param'),
    namesOf('tag'),
  ])
  const found = { m: metrics, p: params, t: tags }
  return sendPage(c, {
    frame,
    page: <ColumnsPage {...{ frame, experiments, query, words, found }} />,
  })
}
