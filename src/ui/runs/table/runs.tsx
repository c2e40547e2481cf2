import { requireExperiments } from '../../../access/permissions/require.ts'
import { RegistryError } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import type { Context } from '../../../platform/context.ts'
import { countRuns } from '../../../tracking/experiments/count-runs.ts'
import { getExperiments } from '../../../tracking/experiments/experiment.ts'
import { ownerOf } from '../../../tracking/views/saved-view.ts'
import { listViews } from '../../../tracking/views/saved-views.ts'
import { requireViewChange } from '../../../tracking/views/view-permissions.ts'
import { attempt } from '../../attempt.ts'
import type { Reshown } from '../../changes/change.ts'
import { findRefusal } from '../../forms.ts'
import { directionsOf } from '../../parts/directions.ts'
import { pathsUnder } from '../../paths.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { keepRecent } from '../recent.ts'
import { addressOfView, firstOf } from '../views/view-address.ts'
import type { KeptViews } from '../views/views-menu.tsx'
import { type RunsStanding, readRunsStanding, sumRuns } from './read-runs.ts'
import { addressOf, type RunsQuery, runsQueryOf } from './run-query.ts'
import { RunsPage } from './runs-page.tsx'

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export function mayReadExperiments(ctx: Context, c: AppContext): Promise<void> {
  return requireExperiments(ctx, { ids: runsQueryOf(c).experimentIds }, 'READ')
}

/**
 * `GET /experiments/{id}?q=&col=&sort=&deleted=&saved=&sel=&after=`, or `/runs?in=` for several. The plain
 * address of an experiment leads to the view that is shown first, where there is one.
 */
export async function showRuns(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const query = runsQueryOf(c)
  const [only, ...others] = query.experimentIds
  const experimentId = others.length === 0 ? only : undefined
  if (experimentId !== undefined && !shown.problem && new URL(c.req.url).search === '') {
    const first = firstOf(await listViews(ctx, experimentId))
    const to = pathsUnder(pagePrefix(c))
    if (first) return c.redirect(addressOfView(to, experimentId, first), 302)
  }
  const [frame, found, may, views] = await Promise.all([
    frameOf(c),
    attempt('INVALID_PARAMETER_VALUE', readRunsStanding(ctx, query)),
    mayKeepViews(ctx, experimentId),
    experimentId === undefined ? [] : listViews(ctx, experimentId),
  ])
  if (experimentId !== undefined) keepRecent(c, experimentId)
  const isWrong = found instanceof RegistryError
  const standing = isWrong ? await readNothing(ctx, query) : found
  const problem = isWrong ? found : undefined
  const kept = { views, may, ...shown }
  const page = <RunsPage {...{ frame, standing, query, problem, kept, nowMs: ctx.now() }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? (isWrong ? 400 : 200) })
}

/** What the caller can keep views for. */
async function mayKeepViews(
  ctx: Context,
  experimentId: number | undefined,
): Promise<KeptViews['may']> {
  if (experimentId === undefined) return { keepOwn: false, share: false }
  const refusal = await findRefusal(requireViewChange(ctx, experimentId, { isShared: true }))
  return { keepOwn: ownerOf(ctx) !== undefined, share: refusal === undefined }
}

/** What is shown beside a filter that has a mistake. */
async function readNothing(
  ctx: Context,
  { experimentIds, columns }: RunsQuery,
): Promise<RunsStanding> {
  const [experiments, counts] = await Promise.all([
    getExperiments(ctx, experimentIds),
    countRuns(ctx, experimentIds),
  ])
  return {
    experiments,
    better: directionsOf([], experiments),
    total: sumRuns(counts),
    matches: undefined,
    rows: [],
    isNested: false,
    columns,
    keys: { metrics: [], params: [], tags: [] },
    versions: new Map(),
    next: undefined,
    isMissingExtremes: false,
    looser: [],
  }
}

/** `GET /runs?in=1,2`; one experiment has a page of its own. */
export async function showRunsOfSeveral(c: AppContext): Promise<Response> {
  const query = runsQueryOf(c)
  const to = pathsUnder(pagePrefix(c))
  const [only, ...others] = query.experimentIds
  if (only === undefined) return c.redirect(to.experiments, 302)
  return others.length === 0 ? c.redirect(addressOf(to, query), 302) : showRuns(c)
}
