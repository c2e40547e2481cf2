import { type SQL, sql } from 'drizzle-orm'
import { mayAll } from '../access/permissions/permitted.ts'
import { needsGrant, requireModel, requirePromoting } from '../access/permissions/require.ts'
import { denied, modelGrants } from '../access/permissions/rights.ts'
import { conflict, excerpt } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { modelId, versionId } from './ids.ts'
import { archivedStage, mlflowStages, type StageMove } from './stages/stages.ts'

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

/** Require what deleting a version takes: MANAGE, and a right to empty the places that it holds. */
export async function requireToDeleteVersion(
  ctx: Context,
  name: string,
  version: number,
): Promise<void> {
  if (mayAll(ctx)) return
  await requireModel(ctx, name, 'MANAGE', 'version')
  const held = await heldPlaces(ctx, sql`v.id = (${versionId(ctx, name, version)})`)
  await requireUnblocked(ctx, name, held)
}

/** Require what deleting a model takes: MANAGE on it and its versions, and as for a version. */
export async function requireToDeleteModel(ctx: Context, name: string): Promise<void> {
  if (mayAll(ctx)) return
  await requireModel(ctx, name, 'MANAGE')
  await requireModel(ctx, name, 'MANAGE', 'version')
  await requireUnblocked(ctx, name, await heldPlaces(ctx, ofModel(ctx, name)))
}

/**
 * Require what renaming takes: MANAGE, and the rights to move the model's versions out of the places
 * that they hold, and into them under the new name.
 */
export async function requireToRename(ctx: Context, name: string, newName: string): Promise<void> {
  if (mayAll(ctx)) return
  await requireModel(ctx, name, 'MANAGE')
  const held = await heldPlaces(ctx, ofModel(ctx, name))
  await requireUnblocked(ctx, name, held)
  await requireUnblocked(ctx, newName, held)
  const registering = await modelGrants(ctx, 'register', newName)
  if (registering.named && !registering.held) {
    throw denied(ctx, needsGrant('register', newName, []))
  }
}

/**
 * A condition on `model_versions v` for the change itself, so that a version which moved meanwhile
 * is not moved out of a place where the caller may not.
 *
 * @param change.aliasesStay only its stage counts
 * @param change.as the name whose grants count, where it is to be another than the model's
 */
export async function unblockedVersion(
  ctx: Context,
  name: string,
  change: { readonly aliasesStay?: true; readonly as?: string } = {},
): Promise<SQL> {
  if (mayAll(ctx)) return sql`1`
  const granted = await modelGrants(ctx, 'promote', change.as ?? name)
  if (!granted.named) return sql`1`
  const held = await heldPlaces(ctx, ofModel(ctx, name))
  const freeStages = [...mlflowStages, ...held.stages].filter(
    (stage) => granted.blockedPlaces({ stages: [stage] }).length === 0,
  )
  const inFreeStage = sql`v.stage in (select value from json_each(${JSON.stringify(freeStages)}))`
  if (change.aliasesStay) return inFreeStage
  const aliases = held.aliases.filter(
    (alias) => granted.blockedPlaces({ aliases: [alias] }).length === 0,
  )
  return sql`(${inFreeStage} and not exists (
    select 1 from aliases pa where pa.registered_model = v.registered_model
      and pa.version = v.version
      and pa.alias not in (select value from json_each(${JSON.stringify(aliases)}))))`
}

/** A condition that all versions of the model are as `unblockedVersion` has it. */
export async function unblockedModel(ctx: Context, name: string, as?: string): Promise<SQL> {
  if (mayAll(ctx)) return sql`1`
  const free = await unblockedVersion(ctx, name, as === undefined ? {} : { as })
  return sql`not exists (select 1 from model_versions v where ${ofModel(ctx, name)} and not ${free})`
}

/**
 * Why a change that `unblockedVersion` guards did nothing.
 *
 * @param still a select that finds what was to be changed
 * @param absent the error where it does not
 * @param otherwise the error where nothing stands in the way any more
 */
export async function whyUnchanged(
  ctx: Context,
  name: string,
  still: SQL,
  absent: Error,
  otherwise: Error = changedMeanwhile(name),
): Promise<Error> {
  if (mayAll(ctx) || !(await ctx.db.first(still))) return absent
  const held = await heldPlaces(ctx, ofModel(ctx, name))
  const blocked = (await modelGrants(ctx, 'promote', name)).blockedPlaces(held)
  return blocked.length > 0 ? denied(ctx, needsGrant('promote', name, blocked)) : otherwise
}

function changedMeanwhile(name: string): Error {
  return conflict(`Model '${excerpt(name)}' was changed meanwhile; read it again and retry`)
}

type Held = { readonly stages: readonly string[]; readonly aliases: readonly string[] }

/** The stages and aliases that versions hold. @param which condition on `model_versions v` */
async function heldPlaces(ctx: Context, which: SQL): Promise<Held> {
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

async function requireUnblocked(ctx: Context, name: string, held: Held): Promise<void> {
  const blocked = (await modelGrants(ctx, 'promote', name)).blockedPlaces(held)
  if (blocked.length > 0) throw denied(ctx, needsGrant('promote', name, blocked))
}
