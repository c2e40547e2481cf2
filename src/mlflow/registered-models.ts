import { requirePromoting, requireToCreate } from '../access/permissions/require.ts'
import {
  deleteFreeModel,
  deleteGuardedAlias,
  renameFreeModel,
} from '../governance/moves/guarded-changes.ts'
import { pointAlias } from '../governance/moves/move-to-stage.ts'
import {
  createModel,
  getLatestVersions,
  getModel,
  updateModel,
} from '../registry/models/registered-models.ts'
import {
  requireToDeleteModel,
  requireToRename,
  requireToTagModel,
} from '../registry/permissions.ts'
import { isPromptTag } from '../registry/prompts.ts'
import { getVersionByAlias } from '../registry/stages/aliases.ts'
import { resolveStages } from '../registry/stages/stages.ts'
import { deleteModelTag, setModelTag } from '../registry/tags.ts'
import { listDeploymentNames } from '../serving/deployments.ts'
import { type Operation, operation } from './operation.ts'
import { modelVersionToWire, registeredModelToWire, tagMessage, tagsFrom } from './registry-wire.ts'
import { onModel, onVersion } from './rules.ts'
import { unlessEmpty } from './wire/json.ts'
import { message } from './wire/message.ts'

const name = { type: 'string', required: true } as const
const text = { type: 'string' } as const

/** MLflow's registered models, their tags and aliases; searches are in searches.ts. */
export const registeredModelOperations: readonly Operation[] = [
  operation('createRegisteredModel', {
    request: message({
      name,
      tags: { type: tagMessage, repeated: true },
      description: text,
      deployment_job_id: text,
    }),
    rule: (ctx, req) => requireToCreate(ctx, 'model', tagsFrom(req.tags).some(isPromptTag)),
    answer: async (ctx, req) => ({
      registered_model: registeredModelToWire(
        await createModel(ctx, {
          name: req.name,
          description: req.description,
          deploymentJobId: req.deployment_job_id,
          tags: tagsFrom(req.tags),
        }),
      ),
    }),
  }),

  operation('getRegisteredModel', {
    request: message({ name }),
    rule: onModel('READ'),
    answer: async (ctx, req) => ({
      registered_model: registeredModelToWire(await getModel(ctx, req.name)),
    }),
  }),

  operation('renameRegisteredModel', {
    request: message({ name, new_name: name }),
    rule: (ctx, req) => requireToRename(ctx, req.name, req.new_name),
    answer: async (ctx, req) => ({
      registered_model: registeredModelToWire(
        await renameFreeModel(ctx, { name: req.name, newName: req.new_name }, listDeploymentNames),
      ),
    }),
  }),

  operation('updateRegisteredModel', {
    request: message({ name, description: text, deployment_job_id: text }),
    rule: onModel('EDIT'),
    answer: async (ctx, req) => ({
      registered_model: registeredModelToWire(
        await updateModel(ctx, req.name, {
          description: req.description,
          deploymentJobId: req.deployment_job_id,
        }),
      ),
    }),
  }),

  operation('deleteRegisteredModel', {
    request: message({ name }),
    rule: (ctx, req) => requireToDeleteModel(ctx, req.name),
    answer: (ctx, req) => deleteFreeModel(ctx, req.name, listDeploymentNames),
  }),

  operation('getLatestVersions', {
    request: message({ name, stages: { type: 'string', repeated: true } }),
    rule: onVersion('READ'),
    answer: async (ctx, req) => {
      const stages = await resolveStages(ctx, req.stages)
      const versions = await getLatestVersions(ctx, req.name, stages)
      return { model_versions: unlessEmpty(versions.map(modelVersionToWire)) }
    },
  }),

  operation('setRegisteredModelTag', {
    request: message({ name, key: name, value: text }),
    rule: (ctx, req) => requireToTagModel(ctx, req.name, req.key),
    answer: (ctx, req) => setModelTag(ctx, req.name, { key: req.key, value: req.value ?? '' }),
  }),

  operation('deleteRegisteredModelTag', {
    request: message({ name, key: name }),
    rule: (ctx, req) => requireToTagModel(ctx, req.name, req.key),
    answer: (ctx, req) => deleteModelTag(ctx, req.name, req.key),
  }),

  operation('setRegisteredModelAlias', {
    request: message({ name, alias: name, version: { type: 'version', required: true } }),
    rule: (ctx, req) => requirePromoting(ctx, req.name, { aliases: [req.alias] }),
    answer: (ctx, req) => pointAlias(ctx, req.name, req),
  }),

  operation('deleteRegisteredModelAlias', {
    request: message({ name, alias: name }),
    rule: (ctx, req) =>
      requirePromoting(ctx, req.name, { aliases: [req.alias], otherwise: 'MANAGE' }),
    answer: (ctx, req) => deleteGuardedAlias(ctx, req.name, req.alias),
  }),

  operation('getModelVersionByAlias', {
    request: message({ name, alias: name }),
    rule: onVersion('READ'),
    answer: async (ctx, req) => ({
      model_version: modelVersionToWire(await getVersionByAlias(ctx, req.name, req.alias)),
    }),
  }),
]
