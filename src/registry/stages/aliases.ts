import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { absent, invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { refuseOver, sumBound } from '../../db/bound.ts'
import type { Context } from '../../platform/context.ts'
import { type MoveTerms, modelEntry, moveJson, versionEntry } from '../audit-entries.ts'
import {
  checkAlias,
  checkNotReserved,
  isLatest,
  modelNotFound,
  versionNotFound,
} from '../check-names.ts'
import { modelId, newestVersionId, versionId } from '../ids.ts'
import { type ModelVersion, versionReads, versionsFrom } from '../versions/read-versions.ts'
import { stageKey } from './stages.ts'

/**
 * Point an alias at a version; another version of the model that had it loses it.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version, or no such model
 * @throws INVALID_PARAMETER_VALUE the model has too many aliases
 */
export async function setAlias(
  ctx: Context,
  name: string,
  { alias, version }: { readonly alias: string; readonly version: number },
): Promise<void> {
  checkAlias(alias)
  checkNotReserved(alias)
  const { moved } = await refuseMoreAliases(commit(ctx, aliasMove(ctx, { name, version, alias })))
  if (moved.length === 0) throw versionNotFound(name, version)
}

export type AliasMove = {
  readonly name: string
  readonly version: number
  readonly alias: string
}

/**
 * The statements that point an alias at a version and append the entry; `moved` has a row where it
 * happened. Nothing happens if there is no such version, or if `guard` is false.
 */
export function aliasMove(
  ctx: Context,
  { name, version, alias }: AliasMove,
  { guard = sql`1`, breakGlass, ...detail }: MoveTerms = {},
) {
  const id = versionId(ctx, name, version)
  return {
    entry: versionEntry(ctx, id, {
      ...detail,
      action: 'model_version.alias_set',
      before: sql`json_object('alias', ${alias}, 'version', (${holder(alias)}))`,
      after: moveJson(
        sql`json_object('alias', ${alias}, 'version', cast(v.version as text))`,
        alias,
        breakGlass,
      ),
      guard,
    }),
    moved: sql`insert into aliases (registered_model, alias, version)
      select registered_model, ${alias}, version from model_versions
      where id = (${id}) and ${guard}
      on conflict (registered_model, alias) do update set version = excluded.version returning 1`,
    bound: aliasBound(modelId(ctx, name)),
  }
}

/** The statement behind those that set aliases of a model. @param model a select of its id */
export function aliasBound(model: SQL): SQL {
  return sumBound({
    column: aliasColumn,
    which: sql`registered_model = (${model})`,
    bytes: sql`octet_length(alias)`,
    bytesMax: aliasBytesMax,
  })
}

const aliasColumn = 'aliases.alias'
/** Whoever finds a model gets all of its aliases: some 5,000. */
const aliasBytesMax = 600_000

/** A write that has an `aliasBound`. @throws INVALID_PARAMETER_VALUE the model has too many aliases */
export function refuseMoreAliases<T>(write: Promise<T>): Promise<T> {
  return refuseOver(write, {
    column: aliasColumn,
    message: `All aliases of one model may have ${aliasBytesMax} bytes in sum, and these would be more; delete some first`,
  })
}

/** The number of the version that has an alias of the model `m`, as text. */
function holder(alias: string): SQL {
  return sql`select cast(h.version as text) from aliases h
    where h.registered_model = m.id and h.alias = ${alias}`
}

/**
 * An alias that does not exist is not an error, as in MLflow; `latest`, which moves by itself, and
 * `v3` are, since nothing would be deleted.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 * @throws INVALID_PARAMETER_VALUE it is no alias that could be deleted
 */
export async function deleteAlias(ctx: Context, name: string, alias: string): Promise<void> {
  checkAlias(alias)
  if (isLatest(alias)) {
    throw invalid(`${messages.aliasIsLatest}: it moves to the newest version by itself, and stays`)
  }
  checkNotReserved(alias)
  const id = modelId(ctx, name)
  const { models } = await commit(ctx, {
    models: id,
    entry: modelEntry(ctx, id, {
      action: 'model_version.alias_deleted',
      version: sql`cast((${holder(alias)}) as integer)`,
      before: sql`json_object('alias', ${alias}, 'version', (${holder(alias)}))`,
      guard: sql`exists (${holder(alias)})`,
    }),
    alias: sql`delete from aliases where registered_model = (${id}) and alias = ${alias}`,
  })
  if (models.length === 0) throw modelNotFound(name)
}

/**
 * The version that an alias points at; `latest` is the one of the highest number. Where no alias of
 * that name exists, a stage of that name, in any case, stands for its latest version.
 *
 * @throws INVALID_PARAMETER_VALUE the model has no such alias: MLflow's clients expect this, not
 *   404
 * @throws RESOURCE_DOES_NOT_EXIST no such model, or it has no version and the alias is `latest`
 */
export async function getVersionByAlias(
  ctx: Context,
  name: string,
  alias: string,
): Promise<ModelVersion> {
  checkAlias(alias)
  const id = isLatest(alias) ? newestVersionId(ctx, name) : aliasedVersionId(ctx, name, alias)
  const [version] = versionsFrom(await ctx.db.batch(versionReads(id)))
  if (version) return version
  const { models, ...read } = await ctx.db.batch({
    models: modelId(ctx, name),
    ...versionReads(latestInStage(ctx, name, alias)),
  })
  const [staged] = versionsFrom(read)
  if (staged) return staged
  if (models.length === 0) throw modelNotFound(name)
  if (isLatest(alias)) throw absent(messages.noLatestVersion(name))
  throw invalid(`${messages.noAlias(alias)}; set it first`)
}

/** As `getVersionByAlias`, as a select of `model_versions.id`; null where it would throw. */
export function versionIdByAlias(ctx: Context, name: string, alias: string): SQL {
  return isLatest(alias)
    ? newestVersionId(ctx, name)
    : sql`select coalesce((${aliasedVersionId(ctx, name, alias)}), (${latestInStage(ctx, name, alias)}))`
}

function aliasedVersionId(ctx: Context, name: string, alias: string): SQL {
  return sql`select v.id from aliases a join model_versions v
    on v.registered_model = a.registered_model and v.version = a.version
    where a.registered_model = (${modelId(ctx, name)}) and a.alias = ${alias}`
}

/**
 * A select of `model_versions.id`: the version that get-latest-versions answers for a stage, or
 * none.
 */
export function latestInStage(ctx: Context, name: string, stage: string): SQL {
  return sql`select v.id from stages s
    join model_versions v on v.registered_model = (${modelId(ctx, name)}) and v.stage = s.name
    where s.name_key = ${stageKey(stage)} order by v.version desc limit 1`
}
