import { type SQL, sql } from 'drizzle-orm'
import type { Permission } from '../access/permissions/levels.ts'
import { isPromptModel, mayAll } from '../access/permissions/permitted.ts'
import {
  requireModel,
  requireModelOfBothKinds,
  requireModelVersion,
  requirePermission,
  requirePromoting,
  requireRegistering,
  requireToCreate,
} from '../access/permissions/require.ts'
import { denied, needsGrant, type Places, readModelGrants } from '../access/permissions/rights.ts'
import { versionsFolder } from '../artifacts/path.ts'
import { conflict, excerpt } from '../core/error.ts'
import { promptKey } from '../core/names.ts'
import type { Context } from '../platform/context.ts'
import { requireArtifacts, requireLoggedModels, requireRuns } from '../tracking/permissions.ts'
import { modelId, versionId } from './ids.ts'
import { isPromptTag } from './prompts.ts'
import { type NewVersion, parseSource } from './source/parse-source.ts'
import { archivedStage, mlflowStages, type StageMove } from './stages/stages.ts'

/**
 * Require what registering a version takes: the right to register, and READ on all that its files
 * and its lineage come from.
 *
 * @throws PERMISSION_DENIED
 */
export async function requireToRegister(ctx: Context, wanted: NewVersion): Promise<void> {
  if (mayAll(ctx)) return
  await requireRegistering(ctx, wanted.name)
  const source = parseSource(wanted.source, wanted.tags.some(isPromptTag), ctx)
  // A copy has the run and logged model of the version that is copied, or it is refused.
  if (source.kind === 'version') return requireModelVersion(ctx, source.name, 'READ')
  if (source.kind === 'version id') return requireVersionOfId(ctx, source.id, 'READ')
  const named = (id: string) => (id === '' ? [] : [id])
  await requireRuns(
    ctx,
    [...named(wanted.runId), ...(source.kind === 'run' ? [source.runId] : [])],
    'READ',
  )
  await requireLoggedModels(
    ctx,
    [...named(wanted.modelId), ...(source.kind === 'logged model' ? [source.modelId] : [])],
    'READ',
  )
}

/** As `requireRegistering`, also under a name that no model has yet: then the caller makes the model. */
export async function requireNewVersions(ctx: Context, name: string): Promise<void> {
  if (mayAll(ctx)) return
  if (await ctx.db.first(modelId(ctx, name))) return requireRegistering(ctx, name)
  await requireToCreate(ctx, 'model')
  const { named, held } = await readModelGrants(ctx, 'register', name)
  if (named && !held) throw denied(ctx, needsGrant('register', name, []))
}

/** As `requirePromoting` of a version that is to come, where the model may not be there either. */
export async function requireNewPlaces(ctx: Context, name: string, places: Places): Promise<void> {
  if (mayAll(ctx)) return
  if (await ctx.db.first(modelId(ctx, name))) return requirePromoting(ctx, name, places)
  await requireUnblocked(ctx, name, places)
}

/**
 * As `requireArtifacts`, for any path of the artifact proxy: the files of a version belong to its
 * model.
 *
 * @param path clean
 */
export async function requirePath(ctx: Context, path: string, needed: Permission): Promise<void> {
  if (mayAll(ctx)) return
  const [top, id = ''] = path.split('/')
  if (top !== versionsFolder || id === '') return requireArtifacts(ctx, path, needed)
  if (/^[1-9]\d{0,14}$/.test(id)) await requireVersionOfId(ctx, Number(id), needed)
}

/** A version that does not exist needs no permission. @param id `model_versions.id` */
async function requireVersionOfId(ctx: Context, id: number, needed: Permission): Promise<void> {
  // By the number alone nobody learns which model it is.
  const model: SQL = sql`select m.id, ${String(id)} as name, ${isPromptModel} as is_prompt
    from model_versions v join registered_models m on m.id = v.registered_model
    where v.id = ${id} and m.workspace = ${ctx.workspace}`
  await requirePermission(ctx, {
    permission: needed,
    owner: 'model',
    on: model,
    part: 'version',
    what: 'the model of version folder',
  })
}

/** Require that the caller may move a version from the stage it is in to this one. */
export async function requireTransition(
  ctx: Context,
  { name, version, stage, archiveOthers }: StageMove,
): Promise<void> {
  if (mayAll(ctx)) return
  const row = await ctx.db.first(sql<{ stage: string }>`select stage from model_versions
    where id = (${versionId(ctx, name, version)})`)
  await requirePromoting(ctx, name, {
    stages: [stage, ...(row ? [row.stage] : []), ...(archiveOthers ? [archivedStage] : [])],
  })
}

/**
 * Require what setting or deleting a tag of a model takes: EDIT. The tag that makes a prompt changes
 * whose permissions count.
 */
export function requireToTagModel(ctx: Context, name: string, key: string): Promise<void> {
  return key === promptKey
    ? requireModelOfBothKinds(ctx, name, 'EDIT')
    : requireModel(ctx, name, 'EDIT')
}

/**
 * Require what deleting a version takes: MANAGE, and the right to move it out of its stage and
 * aliases.
 */
export async function requireToDeleteVersion(
  ctx: Context,
  name: string,
  version: number,
): Promise<void> {
  if (mayAll(ctx)) return
  await requireModelVersion(ctx, name, 'MANAGE')
  const places = await readPlaces(ctx, sql`v.id = (${versionId(ctx, name, version)})`)
  await requireUnblocked(ctx, name, places)
}

/**
 * Require what deleting a model takes: MANAGE on it, and for each version what deleting that takes.
 */
export async function requireToDeleteModel(ctx: Context, name: string): Promise<void> {
  if (mayAll(ctx)) return
  await requireModel(ctx, name, 'MANAGE')
  await requireModelVersion(ctx, name, 'MANAGE')
  await requireUnblocked(ctx, name, await readPlaces(ctx, ofModel(ctx, name)))
}

/**
 * Require what renaming takes: MANAGE, the rights to move the model's versions out of their stages
 * and aliases, and the rights to move them into the same ones under the new name.
 */
export async function requireToRename(ctx: Context, name: string, newName: string): Promise<void> {
  if (mayAll(ctx)) return
  await requireModel(ctx, name, 'MANAGE')
  const places = await readPlaces(ctx, ofModel(ctx, name))
  await requireUnblocked(ctx, name, places)
  await requireUnblocked(ctx, newName, places)
  const registering = await readModelGrants(ctx, 'register', newName)
  if (registering.named && !registering.held) {
    throw denied(ctx, needsGrant('register', newName, []))
  }
}

type GuardTerms = {
  /** Only the version's stage counts. */
  readonly aliasesStay?: true
  /** The name whose grants count, where it is another than the model's. */
  readonly as?: string
}

/**
 * A condition on `model_versions v`: the caller may move the version out of its stage and aliases.
 * It guards the change itself, as the version may have moved since the caller's rights were
 * checked.
 */
export async function unblockedVersionSql(
  ctx: Context,
  name: string,
  change: GuardTerms = {},
): Promise<SQL> {
  if (mayAll(ctx)) return sql`1`
  const granted = await readModelGrants(ctx, 'promote', change.as ?? name)
  if (!granted.named) return sql`1`
  const places = await readPlaces(ctx, ofModel(ctx, name))
  const freeStages = [...mlflowStages, ...places.stages].filter(
    (stage) => granted.blockedPlaces({ stages: [stage] }).length === 0,
  )
  const inFreeStage = sql`v.stage in (select value from json_each(${JSON.stringify(freeStages)}))`
  if (change.aliasesStay) return inFreeStage
  const aliases = places.aliases.filter(
    (alias) => granted.blockedPlaces({ aliases: [alias] }).length === 0,
  )
  return sql`(${inFreeStage} and not exists (
    select 1 from aliases pa where pa.registered_model = v.registered_model
      and pa.version = v.version
      and pa.alias not in (select value from json_each(${JSON.stringify(aliases)}))))`
}

/** A condition: `unblockedVersionSql` is true for all versions of the model. */
export async function unblockedModelSql(ctx: Context, name: string, as?: string): Promise<SQL> {
  if (mayAll(ctx)) return sql`1`
  const free = await unblockedVersionSql(ctx, name, as === undefined ? {} : { as })
  return sql`not exists (select 1 from model_versions v where ${ofModel(ctx, name)} and not ${free})`
}

type Unchanged = {
  /** A select that finds what was to be changed. */
  readonly target: SQL
  /** The error if it finds nothing. */
  readonly absent: Error
  /** The error if nothing blocks the change any more. */
  readonly otherwise?: Error
}

/** The error that says why a change guarded by `unblockedVersionSql` did nothing. */
export async function explainUnchanged(
  ctx: Context,
  name: string,
  { target, absent, otherwise = changedMeanwhile(name) }: Unchanged,
): Promise<Error> {
  if (mayAll(ctx) || !(await ctx.db.first(target))) return absent
  const places = await readPlaces(ctx, ofModel(ctx, name))
  const blocked = (await readModelGrants(ctx, 'promote', name)).blockedPlaces(places)
  return blocked.length > 0 ? denied(ctx, needsGrant('promote', name, blocked)) : otherwise
}

function changedMeanwhile(name: string): Error {
  return conflict(`Model '${excerpt(name)}' was changed meanwhile; read it again and retry`)
}

/** The stages and aliases that versions have. @param which condition on `model_versions v` */
async function readPlaces(ctx: Context, which: SQL): Promise<Required<Places>> {
  const { stages, aliases } = await ctx.db.batch({
    stages: sql<{ stage: string }>`select distinct v.stage from model_versions v where ${which}`,
    aliases: sql<{ alias: string }>`select distinct a.alias from model_versions v join aliases a
      on a.registered_model = v.registered_model and a.version = v.version where ${which}`,
  })
  return { stages: stages.map(({ stage }) => stage), aliases: aliases.map(({ alias }) => alias) }
}

function ofModel(ctx: Context, name: string): SQL {
  return sql`v.registered_model = (${modelId(ctx, name)})`
}

async function requireUnblocked(ctx: Context, name: string, places: Places): Promise<void> {
  const blocked = (await readModelGrants(ctx, 'promote', name)).blockedPlaces(places)
  if (blocked.length > 0) throw denied(ctx, needsGrant('promote', name, blocked))
}
