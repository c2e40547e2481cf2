import { requireExperiment } from '../../../access/permissions/require.ts'
import { RegistryError } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import type { Context } from '../../../platform/context.ts'
import { countRuns } from '../../../tracking/experiments/count-runs.ts'
import { getExperiment } from '../../../tracking/experiments/experiment.ts'
import { experimentIdOf } from '../../addressed.ts'
import { attempt } from '../../attempt.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { type RunsStanding, readRunsStanding } from './read-runs.ts'
import { runsQueryOf } from './run-query.ts'
import { RunsPage } from './runs-page.tsx'

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export function mayReadExperiment(ctx: Context, c: AppContext): Promise<void> {
  return requireExperiment(ctx, experimentIdOf(c), 'READ')
}

/** `GET /experiments/{id}?q=&col=&sort=&deleted=&sel=&after=` */
export async function showRuns(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const id = experimentIdOf(c)
  const query = runsQueryOf(c)
  const [frame, found] = await Promise.all([
    frameOf(c),
    attempt('INVALID_PARAMETER_VALUE', readRunsStanding(ctx, id, query)),
  ])
  const isWrong = found instanceof RegistryError
  const standing = isWrong ? await readNothing(ctx, id, query.columns) : found
  const problem = isWrong ? found : undefined
  const page = <RunsPage {...{ frame, standing, query, problem }} />
  return sendPage(c, { frame, page }, { status: isWrong ? 400 : 200 })
}

/** What is shown beside a filter that has a mistake. */
async function readNothing(
  ctx: Context,
  id: number,
  columns: readonly string[],
): Promise<RunsStanding> {
  const [experiment, counts] = await Promise.all([getExperiment(ctx, id), countRuns(ctx, [id])])
  return {
    experiment,
    total: counts.get(id)?.runs ?? 0,
    rows: [],
    isNested: false,
    columns,
    keys: { metrics: [], params: [], tags: [] },
    versions: new Map(),
    next: undefined,
  }
}
