import type { Context } from '../platform/context.ts'
import type { RegisteredModel } from '../registry/models/read-models.ts'
import { resolveStage, type StageMove } from '../registry/stages/stages.ts'
import type { ModelVersion, Tag } from '../registry/versions/read-versions.ts'
import { unlessEmpty } from './wire/json.ts'
import { type Decoded, message } from './wire/message.ts'

/** `RegisteredModelTag` and `ModelVersionTag`. */
export const tagMessage = message({ key: { type: 'string' }, value: { type: 'string' } })

/** An absent field of a tag is empty; an empty key is refused like other bad keys. */
export function tagsFrom(tags: readonly Decoded<typeof tagMessage.fields>[]): Tag[] {
  return tags.map(({ key, value }) => ({ key: key ?? '', value: value ?? '' }))
}

/** The move that a request asks for, with its stage in the spelling of the list of stages. */
export async function readMove(
  ctx: Context,
  req: {
    readonly name: string
    readonly version: number
    readonly stage: string
    readonly archive_existing_versions?: boolean | undefined
  },
): Promise<StageMove> {
  const { name, version, archive_existing_versions: archiveOthers = false } = req
  return { name, version, stage: await resolveStage(ctx, req.stage), archiveOthers }
}

/**
 * MLflow's `ModelVersion`. Null is left out, an empty string is not. `model_id` is never answered.
 */
export function modelVersionToWire(version: ModelVersion): object {
  return {
    name: version.name,
    version: String(version.version),
    creation_timestamp: version.createdAtMs,
    last_updated_timestamp: version.updatedAtMs,
    user_id: version.userId ?? undefined,
    current_stage: version.stage,
    description: version.description ?? undefined,
    source: version.source,
    run_id: version.runId ?? undefined,
    status: version.status,
    status_message: version.statusMessage ?? undefined,
    tags: unlessEmpty(version.tags),
    run_link: version.runLink ?? undefined,
    aliases: unlessEmpty(version.aliases),
  }
}

/** MLflow's `RegisteredModel`. */
export function registeredModelToWire(model: RegisteredModel): object {
  return {
    name: model.name,
    creation_timestamp: model.createdAtMs,
    last_updated_timestamp: model.updatedAtMs,
    user_id: model.userId ?? undefined,
    description: model.description ?? undefined,
    latest_versions: unlessEmpty(model.latestVersions.map(modelVersionToWire)),
    tags: unlessEmpty(model.tags),
    aliases: unlessEmpty(
      model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
    ),
    deployment_job_id: model.deploymentJobId ?? undefined,
  }
}
