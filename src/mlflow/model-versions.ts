import { keepLoggedCard } from '../governance/cards/logged-card.ts'
import { anyone } from '../http/guard.ts'
import { parseVersion } from '../registry/check-names.ts'
import { createVersion } from '../registry/create-version.ts'
import { parseStage } from '../registry/stages.ts'
import { deleteVersionTag, setVersionTag } from '../registry/tags.ts'
import { transitionStage } from '../registry/transition-stage.ts'
import { deleteVersion, getDownloadUri, getVersion, updateVersion } from '../registry/versions.ts'
import { type Operation, operation } from './operation.ts'
import { modelVersionToWire, tagMessage, tagsFrom } from './registry-wire.ts'
import { message } from './wire/message.ts'

const required = { type: 'string', required: true } as const
const text = { type: 'string' } as const
const one = { name: required, version: required }

/** MLflow's model versions: searches and files lie elsewhere. */
export const modelVersionOperations: readonly Operation[] = [
  operation(
    'createModelVersion',
    anyone,
    message({
      name: required,
      source: required,
      run_id: text,
      tags: { type: tagMessage, repeated: true },
      run_link: text,
      description: text,
      model_id: text,
    }),
    // What is left out is stored as an empty string, as MLflow does.
    async (ctx, req) => {
      const version = await createVersion(ctx, {
        name: req.name,
        source: req.source,
        runId: req.run_id ?? '',
        runLink: req.run_link ?? '',
        description: req.description ?? '',
        modelId: req.model_id ?? '',
        tags: tagsFrom(req.tags),
      })
      await keepLoggedCard(ctx, version)
      return { model_version: modelVersionToWire(version) }
    },
  ),

  operation('getModelVersion', anyone, message(one), async (ctx, req) => ({
    model_version: modelVersionToWire(await getVersion(ctx, req.name, parseVersion(req.version))),
  })),

  operation(
    'updateModelVersion',
    anyone,
    message({ ...one, description: text }),
    async (ctx, req) => ({
      model_version: modelVersionToWire(
        await updateVersion(ctx, req.name, parseVersion(req.version), req.description),
      ),
    }),
  ),

  operation('deleteModelVersion', anyone, message(one), (ctx, req) =>
    deleteVersion(ctx, req.name, parseVersion(req.version)),
  ),

  operation('getModelVersionDownloadUri', anyone, message(one), async (ctx, req) => ({
    artifact_uri: await getDownloadUri(ctx, req.name, parseVersion(req.version)),
  })),

  operation(
    'transitionModelVersionStage',
    anyone,
    message({ ...one, stage: required, archive_existing_versions: { type: 'bool' } }),
    async (ctx, req) => ({
      model_version: modelVersionToWire(
        await transitionStage(
          ctx,
          req.name,
          parseVersion(req.version),
          parseStage(req.stage),
          req.archive_existing_versions ?? false,
        ),
      ),
    }),
  ),

  operation(
    'setModelVersionTag',
    anyone,
    message({ ...one, key: required, value: text }),
    (ctx, req) =>
      setVersionTag(ctx, req.name, parseVersion(req.version), {
        key: req.key,
        value: req.value ?? '',
      }),
  ),

  operation('deleteModelVersionTag', anyone, message({ ...one, key: required }), (ctx, req) =>
    deleteVersionTag(ctx, req.name, parseVersion(req.version), req.key),
  ),
]
