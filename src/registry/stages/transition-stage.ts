import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { conflict, excerpt, invalid, RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { Context } from '../../platform/context.ts'
import { type MoveTerms, moveJson, versionEntry } from '../audit-entries.ts'
import { checkModelName } from '../check-names.ts'
import { modelId, versionId } from '../ids.ts'
import { explainUnchanged, unblockedVersionSql } from '../permissions.ts'
import { type ModelVersion, versionReads, versionsFrom } from '../versions/read-versions.ts'
import { getVersion } from '../versions/versions.ts'
import {
  archivedStage,
  firstStage,
  isActive,
  isMlflowStage,
  resolveStage,
  type StageMove,
} from './stages.ts'

/**
 * Move a version to another stage, or to the one it is in, which counts as a change too.
 *
 * @param reason for the audit log
 * @throws INVALID_PARAMETER_VALUE `archiveOthers` for a stage in which versions do not serve
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws INVALID_STATE_TRANSITION the stage cannot be entered from the version's own, or is
 *   exclusive and another version is in it
 * @throws RESOURCE_CONFLICT the version kept changing
 */
export async function transitionStage(
  ctx: Context,
  move: StageMove,
  reason?: string,
): Promise<ModelVersion> {
  const { name } = move
  checkModelName(name)
  checkArchiving(move)
  const id = versionId(ctx, name, move.version)
  const guard = await unblockedVersionSql(ctx, name, { aliasesStay: true })
  const { moved, ...read } = await commit(ctx, {
    ...stageMove(ctx, move, { guard, reason }),
    ...versionReads(id),
  })
  const [version] = versionsFrom(read)
  if (version && moved.length === 1) return version
  const why = await whyNotMoved(ctx, move)
  throw await explainUnchanged(ctx, name, { target: id, absent: why, otherwise: why })
}

/** @throws INVALID_PARAMETER_VALUE `archiveOthers` for a stage in which versions do not serve */
export function checkArchiving({
  stage,
  archiveOthers,
}: Pick<StageMove, 'stage' | 'archiveOthers'>): void {
  if (!archiveOthers || isActive(stage)) return
  throw invalid(
    `${messages.cannotArchive} for stage '${stage}': versions in ${firstStage} and ` +
      `${archivedStage} are not replaced, those in every other stage are`,
  )
}

/** Whether the version `v` may go to a custom stage by the rules that the stage has now. */
function mayEnter(stage: string, archiveOthers: boolean): SQL {
  const isFree = sql`s.is_exclusive = 0 or not exists (select 1 from model_versions o
    where o.registered_model = v.registered_model and o.stage = s.name and o.id <> v.id)`
  return sql`exists (select 1 from stages s where s.name = ${stage}
    and (s.entered_from is null or v.stage = s.name
      or v.stage in (select value from json_each(s.entered_from)))
    and (${archiveOthers ? sql`1` : isFree}))`
}

/** Why a version did not move. @throws RESOURCE_DOES_NOT_EXIST there is none */
async function whyNotMoved(ctx: Context, move: StageMove): Promise<RegistryError> {
  const { name, version, stage } = move
  const { stage: from } = await getVersion(ctx, name, version)
  // Refuses a stage that has been removed meanwhile.
  await resolveStage(ctx, stage)
  const what = `Version ${version} of '${excerpt(name)}'`
  const rule = await findBrokenRule(ctx, move, { from, what })
  return rule ?? conflict(`${what} changed while it was being moved to ${stage}; try again`)
}

type Entering = { readonly from: string; readonly what: string }

/** The rule of a stage that keeps a version out. @param version of 0: one that is to come */
async function findBrokenRule(
  ctx: Context,
  { name, version, stage, archiveOthers }: StageMove,
  { from: isIn, what }: Entering,
): Promise<RegistryError | undefined> {
  const row = await ctx.db.first(sql<{
    entered_from: string | null
    is_exclusive: number
    other: number | null
  }>`select entered_from, is_exclusive, (select min(version) from model_versions
      where registered_model = (${modelId(ctx, name)}) and stage = stages.name
        and version <> ${version}) as other
    from stages where name = ${stage}`)
  const from: string[] | undefined = row?.entered_from ? JSON.parse(row.entered_from) : undefined
  if (from && isIn !== stage && !from.includes(isIn)) {
    return new RegistryError(
      'INVALID_STATE_TRANSITION',
      `${what} is in ${isIn}, and ${stage} can only be entered from ${from.join(', ')}: move it there first`,
    )
  }
  if (!row?.is_exclusive || archiveOthers || !row.other) return undefined
  return new RegistryError(
    'INVALID_STATE_TRANSITION',
    `${stage} holds one version of a model at a time, and version ${row.other} of '${excerpt(name)}' is in it: send archive_existing_versions, or move that one first`,
  )
}

/**
 * Check that the stage's own rules let a version in that begins in the first stage. The model need not be there.
 *
 * @throws INVALID_PARAMETER_VALUE as `checkArchiving`
 * @throws INVALID_STATE_TRANSITION they do not
 */
export async function checkStageOfNew(
  ctx: Context,
  move: Omit<StageMove, 'version'>,
): Promise<void> {
  checkArchiving(move)
  if (isMlflowStage(move.stage)) return
  const entering = { from: firstStage, what: `A version that comes to '${excerpt(move.name)}'` }
  const rule = await findBrokenRule(ctx, { ...move, version: 0 }, entering)
  if (rule) throw rule
}

/**
 * The statements that move a version to a stage and append the entry; `moved` has a row where it
 * happened. Nothing happens if there is no such version, if the stage's own rules forbid it, or if
 * `guard` is false.
 */
export function stageMove(
  ctx: Context,
  { name, version, stage, archiveOthers }: StageMove,
  { guard: given = sql`1`, breakGlass, ...detail }: MoveTerms = {},
) {
  const now = ctx.now()
  const id = versionId(ctx, name, version)
  const guard = isMlflowStage(stage) ? given : sql`(${given}) and ${mayEnter(stage, archiveOthers)}`
  const mover = sql`select v.id from model_versions v where v.id = (${id}) and ${guard}`
  const others = sql`registered_model = (${modelId(ctx, name)}) and stage = ${stage}
    and version <> ${version}`
  return {
    entry: versionEntry(ctx, id, {
      ...detail,
      action: 'model_version.transitioned',
      before: sql`json_object('stage', v.stage)`,
      after: moveJson(
        archiveOthers
          ? sql`json_object('stage', ${stage}, 'archived',
              json((select json_group_array(cast(version as text)) from model_versions where ${others})))`
          : sql`json_object('stage', ${stage})`,
        stage,
        breakGlass,
      ),
      guard,
    }),
    model: sql`update registered_models set updated_at_ms = ${now}
      where id = (${modelId(ctx, name)}) and exists (${mover})`,
    archived: archiveOthers
      ? sql`update model_versions set stage = ${archivedStage}, updated_at_ms = ${now}
          where ${others} and exists (${mover})`
      : undefined,
    // The version itself is moved last: until then `guard` has the same result as for the entry.
    moved: sql<{ id: number }>`update model_versions set stage = ${stage}, updated_at_ms = ${now}
      where id = (${mover}) returning id`,
  }
}
