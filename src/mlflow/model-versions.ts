import { keepLoggedCard } from '../governance/cards/logged-card.ts'
import { deleteFreeVersion } from '../governance/moves/guarded-changes.ts'
import { moveToStage } from '../governance/moves/move-to-stage.ts'
import {
  requireToDeleteVersion,
  requireToRegister,
  requireTransition,
} from '../registry/permissions.ts'
import { createVersion } from '../registry/source/create-version.ts'
import type { NewVersion } from '../registry/source/parse-source.ts'
import { deleteVersionTag, setVersionTag } from '../registry/tags.ts'
import { getDownloadUri, getVersion, updateVersion } from '../registry/versions/versions.ts'
import { type Operation, operation, reading } from './operation.ts'
import { modelVersionToWire, readMove, tagMessage, tagsFrom } from './registry-wire.ts'
import { onVersion } from './rules.ts'
import { type Decoded, message } from './wire/message.ts'

const required = { type: 'string', required: true } as const
const text = { type: 'string' } as const
const one = { name: required, version: { type: 'version', required: true } } as const

const CreateModelVersion = message({
  name: required,
  source: required,
  run_id: text,
  tags: { type: tagMessage, repeated: true },
  run_link: text,
  description: text,
  model_id: text,
})

const Transition = message({
  ...one,
  stage: required,
  archive_existing_versions: { type: 'bool' },
})

/** An absent field is stored as an empty string, as in MLflow. */
function newVersion(req: Decoded<typeof CreateModelVersion.fields>): NewVersion {
  return {
    name: req.name,
    source: req.source,
    runId: req.run_id ?? '',
    runLink: req.run_link ?? '',
    description: req.description ?? '',
    modelId: req.model_id ?? '',
    tags: tagsFrom(req.tags),
  }
}

/** MLflow's model versions; searches and files are elsewhere. */
export const modelVersionOperations: readonly Operation[] = [
  operation('createModelVersion', {
    request: CreateModelVersion,
    rule: (ctx, req) => requireToRegister(ctx, newVersion(req)),
    answer: async (ctx, req) => {
      const version = await createVersion(ctx, newVersion(req))
      await keepLoggedCard(ctx, version)
      return { model_version: modelVersionToWire(version) }
    },
  }),

  operation('getModelVersion', {
    request: message(one),
    rule: onVersion('READ'),
    answer: async (ctx, req) => ({
      model_version: modelVersionToWire(await getVersion(ctx, req.name, req.version)),
    }),
  }),

  operation('updateModelVersion', {
    request: message({ ...one, description: text }),
    rule: onVersion('EDIT'),
    answer: async (ctx, req) => ({
      model_version: modelVersionToWire(await updateVersion(ctx, req.name, req)),
    }),
  }),

  operation('deleteModelVersion', {
    request: message(one),
    rule: (ctx, req) => requireToDeleteVersion(ctx, req.name, req.version),
    answer: (ctx, req) => deleteFreeVersion(ctx, req.name, req.version),
  }),

  operation('getModelVersionDownloadUri', {
    request: message(one),
    rule: onVersion('READ'),
    answer: async (ctx, req) => ({
      artifact_uri: await getDownloadUri(ctx, req.name, req.version),
    }),
  }),

  operation('transitionModelVersionStage', {
    request: reading(Transition, readMove),
    rule: requireTransition,
    answer: async (ctx, move) => ({
      model_version: modelVersionToWire(await moveToStage(ctx, move)),
    }),
  }),

  operation('setModelVersionTag', {
    request: message({ ...one, key: required, value: text }),
    rule: onVersion('EDIT'),
    answer: (ctx, req) =>
      setVersionTag(ctx, req.name, {
        version: req.version,
        key: req.key,
        value: req.value ?? '',
      }),
  }),

  operation('deleteModelVersionTag', {
    request: message({ ...one, key: required }),
    rule: onVersion('MANAGE'),
    answer: (ctx, req) => deleteVersionTag(ctx, req.name, req),
  }),
]
