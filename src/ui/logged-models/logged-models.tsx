import { readVersionsOfLoggedModel } from '../../governance/lineage.ts'
import type { AppContext } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import { getExperiment } from '../../tracking/experiments/experiment.ts'
import { getLoggedModel } from '../../tracking/logged-models/read-logged-models.ts'
import { requireLoggedModel } from '../../tracking/permissions.ts'
import { findRunLineage } from '../../tracking/runs/run-lineage.ts'
import { loggedModelIdOf } from '../addressed.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { LoggedModelPage } from './logged-model-page.tsx'

/** @throws PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST */
export function mayReadLoggedModel(ctx: Context, c: AppContext): Promise<void> {
  return requireLoggedModel(ctx, loggedModelIdOf(c), 'READ')
}

/** `GET /logged-models/{model_id}` */
export async function showLoggedModel(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const [frame, model] = await Promise.all([frameOf(c), getLoggedModel(ctx, loggedModelIdOf(c))])
  const [experiment, run, versions] = await Promise.all([
    getExperiment(ctx, model.experimentId),
    model.sourceRunId === '' ? undefined : findRunLineage(ctx, model.sourceRunId),
    readVersionsOfLoggedModel(ctx, model.modelId),
  ])
  const page = <LoggedModelPage {...{ frame, model, experiment, run, versions }} />
  return sendPage(c, { frame, page })
}
