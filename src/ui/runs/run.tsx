import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import type { Context } from '../../platform/context.ts'
import { requireRun } from '../../tracking/permissions.ts'
import { getRunInfo } from '../../tracking/runs/read-runs.ts'
import { runIdOf } from '../addressed.ts'
import { pathsUnder } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { childrenPath, readRunStanding } from './read-run.ts'
import { RunPage } from './run-page.tsx'

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export function mayReadRun(ctx: Context, c: AppContext): Promise<void> {
  return requireRun(ctx, runIdOf(c), 'READ')
}

/** `GET /runs/{run_id}?q=` */
export async function showRun(c: AppContext): Promise<Response> {
  const words = (optionalQuery(c, 'q') ?? '').trim()
  const [frame, standing] = await Promise.all([
    frameOf(c),
    readRunStanding(c.var.ctx, runIdOf(c), words),
  ])
  return sendPage(c, { frame, page: <RunPage {...{ frame, standing, words }} /> })
}

/** `GET /runs/{run_id}/children`: leads to their table. */
export async function followChildren(c: AppContext): Promise<Response> {
  const info = await getRunInfo(c.var.ctx, runIdOf(c))
  return c.redirect(childrenPath(pathsUnder(pagePrefix(c)), info), 302)
}
