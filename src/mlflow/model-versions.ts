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
  operation(
    'createModelVersion',
    (ctx, req) => requireToRegister(ctx, newVersion(req)),
    CreateModelVersion,
    async (ctx, req) => {
      const version = await createVersion(ctx, newVersion(req))
      await keepLoggedCard(ctx, version)
      return { model_version: modelVersionToWire(version) }
    },
  ),

  operation('getModelVersion', onVersion('READ'), message(one), async (ctx, req) => ({
    model_version: modelVersionToWire(await getVersion(ctx, req.name, req.version)),
  })),

  operation(
    'updateModelVersion',
    onVersion('EDIT'),
    message({ ...one, description: text }),
    async (ctx, req) => ({
      model_version: modelVersionToWire(await updateVersion(ctx, req.name, req)),
    }),
  ),

  operation(
    'deleteModelVersion',
    (ctx, req) => requireToDeleteVersion(ctx, req.name, req.version),
    message(one),
    (ctx, req) => deleteFreeVersion(ctx, req.name, req.version),
  ),

  operation('getModelVersionDownloadUri', onVersion('READ'), message(one), async (ctx, req) => ({
    artifact_uri: await getDownloadUri(ctx, req.name, req.version),
  })),

  operation(
    'transitionModelVersionStage',
    requireTransition,
    reading(Transition, readMove),
    async (ctx, move) => ({ model_version: modelVersionToWire(await moveToStage(ctx, move)) }),
  ),

  operation(
    'setModelVersionTag',
    onVersion('EDIT'),
    message({ ...one, key: required, value: text }),
    (ctx, req) =>
      setVersionTag(ctx, req.name, {
        version: req.version,
        key: req.key,
        value: req.value ?? '',
      }),
  ),

  operation(
    'deleteModelVersionTag',
    onVersion('MANAGE'),
    message({ ...one, key: required }),
    (ctx, req) => deleteVersionTag(ctx, req.name, req),
  ),
]
