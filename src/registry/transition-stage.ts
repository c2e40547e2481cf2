import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../audit/record.ts'
import { invalid } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { checkModelName, versionNotFound } from './check-names.ts'
import { modelId, versionId } from './ids.ts'
import { type ModelVersion, versionReads, versionsFrom } from './read-versions.ts'
import { type MoveTerms, recordVersion } from './record.ts'
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
  const id = versionId(ctx, name, version)
  const changes = stageMove(ctx, { name, version, stage, archiveOthers })
  const rows = await commit(ctx, [...changes, ...versionReads(id)])
  const [moved] = versionsFrom(rows.slice(changes.length))
  if (!moved) throw versionNotFound(name, version)
  return moved
}

export type StageMove = {
  readonly name: string
  readonly version: number
  /** Canonical. */
  readonly stage: string
  readonly archiveOthers: boolean
}

/**
 * The statements that move a version to a stage and record it; the last one returns a row where it
 * happened. Nothing happens where there is no such version, or `guard` does not hold.
 */
export function stageMove(
  ctx: Context,
  { name, version, stage, archiveOthers }: StageMove,
  { guard = sql`1`, ...said }: MoveTerms = {},
): SQL[] {
  const now = ctx.now()
  const id = versionId(ctx, name, version)
  const mover = sql`select v.id from model_versions v where v.id = (${id}) and ${guard}`
  const others = sql`registered_model = (${modelId(ctx, name)}) and stage = ${stage}
    and version <> ${version}`
  return [
    recordVersion(
      ctx,
      name,
      version,
      'model_version.transitioned',
      {
        ...said,
        before: sql`json_object('stage', v.stage)`,
        after: archiveOthers
          ? sql`json_object('stage', ${stage}, 'archived',
              json((select json_group_array(cast(version as text)) from model_versions where ${others})))`
          : sql`json_object('stage', ${stage})`,
      },
      guard,
    ),
    sql`update registered_models set updated_at_ms = ${now}
      where id = (${modelId(ctx, name)}) and exists (${mover})`,
    ...(archiveOthers
      ? [
          sql`update model_versions set stage = ${archivedStage}, updated_at_ms = ${now}
            where ${others} and exists (${mover})`,
        ]
      : []),
    // The mover itself goes last: until then `guard` finds what it found for the entry.
    sql`update model_versions set stage = ${stage}, updated_at_ms = ${now}
      where id = (${mover}) returning id`,
  ]
}
