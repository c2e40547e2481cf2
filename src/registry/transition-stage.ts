import { sql } from 'drizzle-orm'
import { commit } from '../audit/record.ts'
import { invalid } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { checkModelName, versionNotFound } from './check-names.ts'
import { modelId, versionId } from './ids.ts'
import { unblockedVersion, whyUnchanged } from './promotion.ts'
import { type ModelVersion, versionReads, versionsFrom } from './read-versions.ts'
import { recordVersion } from './record.ts'
import { archivedStage, isActive, stages } from './stages.ts'

/**
 * Move a version to another stage, or to the one it is in, which counts as a change too.
 *
 * @param stage canonical
 * @param archiveOthers the other versions in that stage become Archived at the same moment; their
 *   aliases stay
 * @throws INVALID_PARAMETER_VALUE `archiveOthers` for a stage in which versions do not serve
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 */
export async function transitionStage(
  ctx: Context,
  name: string,
  version: number,
  stage: string,
  archiveOthers: boolean,
): Promise<ModelVersion> {
  checkModelName(name)
  if (archiveOthers && !isActive(stage)) {
    throw invalid(
      `archive_existing_versions cannot be true for stage '${stage}': ` +
        `only ${stages().filter(isActive).join(' and ')} replace the versions in them`,
    )
  }
  const now = ctx.now()
  const free = await unblockedVersion(ctx, name, { aliasesStay: true })
  const id = sql`select v.id from model_versions v
    where v.id = (${versionId(ctx, name, version)}) and ${free}`
  const move = sql`update model_versions set stage = ${stage}, updated_at_ms = ${now}
    where id = (${id})`
  const others = sql`registered_model = (${modelId(ctx, name)}) and stage = ${stage}
    and version <> ${version}`
  const said = {
    before: sql`json_object('stage', v.stage)`,
    after: archiveOthers
      ? sql`json_object('stage', ${stage}, 'archived',
          json((select json_group_array(cast(version as text)) from model_versions where ${others})))`
      : sql`json_object('stage', ${stage})`,
  }
  const entry = recordVersion(ctx, name, version, 'model_version.transitioned', said, free)
  const archive = sql`update model_versions set stage = ${archivedStage}, updated_at_ms = ${now}
    where ${others} and exists (${id})`
  const touch = sql`update registered_models set updated_at_ms = ${now}
    where id = (${modelId(ctx, name)}) and exists (${id})`
  const changes = [entry, move, ...(archiveOthers ? [archive] : []), touch]
  const rows = await commit(ctx, [...changes, ...versionReads(id)])
  const [moved] = versionsFrom(rows.slice(changes.length))
  if (!moved) {
    const absent = versionNotFound(name, version)
    throw await whyUnchanged(ctx, name, versionId(ctx, name, version), absent)
  }
  return moved
}
