import { requireModelVersion } from '../../access/permissions/require.ts'
import { changeCanary } from '../../serving/canary.ts'
import type { CanaryState, GuardedSplit } from '../../serving/deployment-guard.ts'
import { type DeploymentChange, readDeploymentHistory } from '../../serving/deployment-history.ts'
import * as serving from '../../serving/deployments.ts'
import { requireOnDeployment, requireToDeploy } from '../../serving/permissions.ts'
import * as endpoints from '../endpoints/deployments.ts'
import type { Answer } from '../endpoints/endpoint.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** How requests are split between versions. */
export const deploymentRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.putDeployment,
    (ctx, { body }) => requireToDeploy(ctx, body.model, body),
    async (ctx, { params, body: { break_glass: breakGlass, revision, ...split } }) =>
      deploymentToWire(
        await serving.putDeployment(ctx, params.name, { ...split, revision, breakGlass }),
      ),
  ),

  serve(
    endpoints.getDeployment,
    (ctx, { params }) => requireOnDeployment(ctx, params.name, 'READ'),
    async (ctx, { params }) => deploymentToWire(await serving.getDeployment(ctx, params.name)),
  ),

  serve(
    endpoints.listDeployments,
    async (ctx, { query }) => {
      if (query.model !== undefined) await requireModelVersion(ctx, query.model, 'READ')
    },
    (ctx, { query }) =>
      page(['deployments', query.model ?? null], query, {
        first: '',
        read: (after: string, count) => serving.listDeployments(ctx, query.model, { after, count }),
        keyOf: ({ name }) => name,
        toWire: deploymentToWire,
      }),
  ),

  serve(
    endpoints.listDeploymentHistory,
    (ctx, { params }) => requireOnDeployment(ctx, params.name, 'READ'),
    async (ctx, { params: { name }, query }) => {
      const deployment = await serving.getDeployment(ctx, name)
      return page(['deployment history', name], query, {
        first: Number.MAX_SAFE_INTEGER,
        read: (before: number, count) => readDeploymentHistory(ctx, deployment, { before, count }),
        keyOf: ({ seq }) => seq,
        toWire: changeToWire,
      })
    },
  ),

  serve(
    endpoints.deleteDeployment,
    (ctx, { params }) => requireOnDeployment(ctx, params.name, 'MANAGE'),
    async (ctx, { params }) => {
      await serving.deleteDeployment(ctx, params.name)
      return {}
    },
  ),

  ...(['pause', 'resume', 'promote', 'rollback'] as const).map((change) =>
    serve(
      endpoints.canaryEndpoints[change],
      (ctx, { params }) => requireOnDeployment(ctx, params.name, 'MANAGE'),
      async (ctx, { params, body }) =>
        deploymentToWire(await changeCanary(ctx, params.name, { change, ...body })),
    ),
  ),
]

function canaryToWire({ variant, step, due_at_ms: next_step_at }: CanaryState) {
  return { variant, step: step + 1, next_step_at }
}

function deploymentToWire(deployment: serving.Deployment): Answer<typeof endpoints.getDeployment> {
  const { id, name, model, variants, shadows, sticky, revision, updatedBy, updatedAtMs } =
    deployment
  return {
    id,
    name,
    model,
    variants,
    shadows,
    sticky,
    ...(deployment.canary && { canary: canaryToWire(deployment.canary) }),
    ...(deployment.guard && { guard: guardToWire(deployment.guard) }),
    revision,
    updated_by: updatedBy,
    updated_at: updatedAtMs,
  }
}

function changeToWire({ seq, atMs, by, reason, breakGlass, split }: DeploymentChange) {
  return {
    seq,
    at: atMs,
    by,
    ...(reason !== null && { reason }),
    ...(breakGlass && { break_glass: true as const }),
    ...(split && { split: splitToWire(split) }),
  }
}

function splitToWire({ variants, shadows, sticky, guard }: GuardedSplit) {
  return { variants: [...variants], shadows, sticky, ...(guard && { guard: guardToWire(guard) }) }
}

/** Whose accounts the reporters were is kept for judging alone. */
function guardToWire({ accounts: _, ...guard }: NonNullable<serving.Deployment['guard']>) {
  return guard
}
