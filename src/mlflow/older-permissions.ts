import type { Account } from '../access/accounts/accounts.ts'
import { type Level, parseLevel } from '../access/permissions/levels.ts'
import { mayAll } from '../access/permissions/permitted.ts'
import { requireExperiment, requireModel } from '../access/permissions/require.ts'
import { getExperimentResource, getModelResource } from '../access/permissions/resources.ts'
import {
  getGranted,
  grantTo,
  regrantTo,
  revokeFrom,
} from '../access/permissions/user-permissions.ts'
import type { Context } from '../platform/context.ts'
import { parseExperimentId } from '../tracking/experiments/experiment.ts'
import { type Operation, operation } from './operation.ts'
import { message } from './wire/message.ts'

const required = { type: 'string', required: true } as const
const onExperiment = {
  experiment_id: required,
  username: required,
} as const
const onModel = { name: required, username: required } as const
const level = { permission: required } as const

/** An administrator may name one that is not there yet. */
function mayManageExperiment(ctx: Context, req: { readonly experiment_id: string }) {
  if (mayAll(ctx)) return
  return requireExperiment(ctx, parseExperimentId(req.experiment_id), 'MANAGE')
}

function mayManageModel(ctx: Context, req: { readonly name: string }) {
  return requireModel(ctx, req.name, 'MANAGE')
}

/**
 * The calls for permissions that MLflow had before 3.13, which its older clients still use. The
 * permissions are the same. NO_PERMISSIONS, which newer clients cannot grant, overrides the
 * default.
 */
export const olderPermissionOperations: readonly Operation[] = [
  operation('createExperimentPermission', {
    request: message({ ...onExperiment, ...level }),
    rule: mayManageExperiment,
    answer: async (ctx, req) => {
      const on = await getExperimentResource(ctx, req.experiment_id)
      const permission = parseLevel(req.permission)
      const account = await grantTo(ctx, req.username, { on, permission })
      return experimentPermission(on.id, account, permission)
    },
  }),
  operation('getExperimentPermission', {
    request: message(onExperiment),
    rule: mayManageExperiment,
    answer: async (ctx, req) => {
      const on = await getExperimentResource(ctx, req.experiment_id)
      const { account, permission } = await getGranted(ctx, req.username, on)
      return experimentPermission(on.id, account, permission)
    },
  }),
  operation('updateExperimentPermission', {
    request: message({ ...onExperiment, ...level }),
    rule: mayManageExperiment,
    answer: async (ctx, req) => {
      const on = await getExperimentResource(ctx, req.experiment_id)
      await regrantTo(ctx, req.username, { on, permission: parseLevel(req.permission) })
    },
  }),
  operation('deleteExperimentPermission', {
    request: message(onExperiment),
    rule: mayManageExperiment,
    answer: async (ctx, req) =>
      revokeFrom(ctx, req.username, await getExperimentResource(ctx, req.experiment_id)),
  }),
  operation('createRegisteredModelPermission', {
    request: message({ ...onModel, ...level }),
    rule: mayManageModel,
    answer: async (ctx, req) => {
      const on = await getModelResource(ctx, req.name)
      const permission = parseLevel(req.permission)
      const account = await grantTo(ctx, req.username, { on, permission })
      return modelPermission(req.name, account, permission)
    },
  }),
  operation('getRegisteredModelPermission', {
    request: message(onModel),
    rule: mayManageModel,
    answer: async (ctx, req) => {
      const on = await getModelResource(ctx, req.name)
      const { account, permission } = await getGranted(ctx, req.username, on)
      return modelPermission(req.name, account, permission)
    },
  }),
  operation('updateRegisteredModelPermission', {
    request: message({ ...onModel, ...level }),
    rule: mayManageModel,
    answer: async (ctx, req) => {
      const on = await getModelResource(ctx, req.name)
      await regrantTo(ctx, req.username, { on, permission: parseLevel(req.permission) })
    },
  }),
  operation('deleteRegisteredModelPermission', {
    request: message(onModel),
    rule: mayManageModel,
    answer: async (ctx, req) =>
      revokeFrom(ctx, req.username, await getModelResource(ctx, req.name)),
  }),
]

function experimentPermission(experimentId: string, account: Account, permission: Level): object {
  return {
    experiment_permission: { experiment_id: experimentId, user_id: account.id, permission },
  }
}

function modelPermission(name: string, account: Account, permission: Level): object {
  return { registered_model_permission: { name, user_id: account.id, permission } }
}
