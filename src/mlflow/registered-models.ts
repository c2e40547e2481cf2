import {
  deleteFreeModel,
  deleteGuardedAlias,
  renameFreeModel,
} from '../governance/guarded-changes.ts'
import { pointAlias } from '../governance/move-to-stage.ts'
import { anyone } from '../http/guard.ts'
import { getVersionByAlias } from '../registry/aliases.ts'
import { parseVersion } from '../registry/check-names.ts'
import {
  createModel,
  getLatestVersions,
  getModel,
  updateModel,
} from '../registry/registered-models.ts'
import { canonicalStages } from '../registry/stages.ts'
import { deleteModelTag, setModelTag } from '../registry/tags.ts'
import { type Operation, operation } from './operation.ts'
import { modelVersionToWire, registeredModelToWire, tagMessage, tagsFrom } from './registry-wire.ts'
import { unlessEmpty } from './wire/json.ts'
import { message } from './wire/message.ts'

const name = { type: 'string', required: true } as const
const text = { type: 'string' } as const

/** MLflow's registered models, their tags and aliases; searches lie in searches.ts. */
export const registeredModelOperations: readonly Operation[] = [
  operation(
    'createRegisteredModel',
    anyone,
    message({
      name,
      tags: { type: tagMessage, repeated: true },
      description: text,
      deployment_job_id: text,
    }),
    async (ctx, req) => ({
      registered_model: registeredModelToWire(
        await createModel(ctx, {
          name: req.name,
          description: req.description,
          deploymentJobId: req.deployment_job_id,
          tags: tagsFrom(req.tags),
        }),
      ),
    }),
  ),

  operation('getRegisteredModel', anyone, message({ name }), async (ctx, req) => ({
    registered_model: registeredModelToWire(await getModel(ctx, req.name)),
  })),

  operation(
    'renameRegisteredModel',
    anyone,
    message({ name, new_name: name }),
    async (ctx, req) => ({
      registered_model: registeredModelToWire(await renameFreeModel(ctx, req.name, req.new_name)),
    }),
  ),

  operation(
    'updateRegisteredModel',
    anyone,
    message({ name, description: text, deployment_job_id: text }),
    async (ctx, req) => ({
      registered_model: registeredModelToWire(
        await updateModel(ctx, req.name, {
          description: req.description,
          deploymentJobId: req.deployment_job_id,
        }),
      ),
    }),
  ),

  operation('deleteRegisteredModel', anyone, message({ name }), (ctx, req) =>
    deleteFreeModel(ctx, req.name),
  ),

  operation(
    'getLatestVersions',
    anyone,
    message({ name, stages: { type: 'string', repeated: true } }),
    async (ctx, req) => {
      const stages = await canonicalStages(ctx, req.stages)
      const versions = await getLatestVersions(ctx, req.name, stages)
      return { model_versions: unlessEmpty(versions.map(modelVersionToWire)) }
    },
  ),

  operation(
    'setRegisteredModelTag',
    anyone,
    message({ name, key: name, value: text }),
    (ctx, req) => setModelTag(ctx, req.name, { key: req.key, value: req.value ?? '' }),
  ),

  operation('deleteRegisteredModelTag', anyone, message({ name, key: name }), (ctx, req) =>
    deleteModelTag(ctx, req.name, req.key),
  ),

  operation(
    'setRegisteredModelAlias',
    anyone,
    message({ name, alias: name, version: name }),
    (ctx, req) => pointAlias(ctx, req.name, req.alias, parseVersion(req.version)),
  ),

  operation('deleteRegisteredModelAlias', anyone, message({ name, alias: name }), (ctx, req) =>
    deleteGuardedAlias(ctx, req.name, req.alias),
  ),

  operation('getModelVersionByAlias', anyone, message({ name, alias: name }), async (ctx, req) => ({
    model_version: modelVersionToWire(await getVersionByAlias(ctx, req.name, req.alias)),
  })),
]
