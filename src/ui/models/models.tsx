import { requireModelVersion } from '../../access/permissions/require.ts'
import { invalid, notFound } from '../../core/error.ts'
import { findAliasHolders, findStageHolders } from '../../governance/history/holders.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import type { Context } from '../../platform/context.ts'
import { modelNameOf, versionOf } from '../addressed.ts'
import { pathsUnder } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { showModelThen } from './board/model-then.tsx'
import { ModelPage } from './model-page.tsx'
import { readModelMetric } from './read-metric.ts'
import { readModelStanding } from './read-model.ts'
import { readVersionStanding } from './version/read-version.ts'
import { VersionPage } from './version/version-page.tsx'

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export function mayReadModel(ctx: Context, c: AppContext): Promise<void> {
  return requireModelVersion(ctx, modelNameOf(c), 'READ')
}

/**
 * As `mayReadModel`; whose past is asked for is known when it was found, by the name that it had then.
 *
 * @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST
 */
export async function mayReadModelOrPast(ctx: Context, c: AppContext): Promise<void> {
  if (!optionalQuery(c, 'at')?.trim()) await mayReadModel(ctx, c)
}

/** `GET /models/{name}?metric=&at=` */
export async function showModel(c: AppContext): Promise<Response> {
  const at = optionalQuery(c, 'at')?.trim()
  if (at) return showModelThen(c, at)
  const { ctx } = c.var
  const [frame, standing] = await Promise.all([frameOf(c), readModelStanding(ctx, modelNameOf(c))])
  const metric = await readModelMetric(ctx, standing, optionalQuery(c, 'metric'))
  return sendPage(c, { frame, page: <ModelPage {...{ frame, standing, metric }} /> })
}

/** `GET /models/{name}/{version}` */
export async function showVersion(c: AppContext): Promise<Response> {
  const [frame, standing] = await Promise.all([
    frameOf(c),
    readVersionStanding(c.var.ctx, modelNameOf(c), versionOf(c)),
  ])
  return sendPage(c, { frame, page: <VersionPage {...{ frame, standing }} /> })
}

/** `GET /models/{name}/stages/{stage}` and `/models/{name}/@{alias}`: to the version that is there now. */
export async function followPlace(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const [stage, alias] = [c.req.param('stage'), c.req.param('alias')]
  if (optionalQuery(c, 'at') !== undefined) throw invalid("This page has no 'at'")
  const { holders, place } =
    stage === undefined
      ? await findAliasHolders(ctx, name, { alias: (alias ?? '').slice(1), atMs: undefined })
      : await findStageHolders(ctx, name, {
          stage,
          atMs: undefined,
          before: Number.MAX_SAFE_INTEGER,
          count: 1,
        })
  const [holder] = holders
  if (!holder) throw notFound(`Version of '${name}' in`, place)
  return c.redirect(pathsUnder(pagePrefix(c)).version(name, holder.version), 302)
}
