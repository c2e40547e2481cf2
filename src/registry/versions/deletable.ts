import { type SQL, sql } from 'drizzle-orm'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { Purgeable } from '../../tracking/purge.ts'
import { modelId } from '../ids.ts'

/**
 * Whether nothing forbids that a version goes. Every statement that deletes one has this in its
 * `where`, so that what is placed at the same moment is either seen or finds nothing to hold.
 *
 * @param version alias of its row of `model_versions`
 */
export function deletable(version: SQL): SQL {
  return sql`not exists (select 1 from version_holds h where h.model_version = ${version}.id)`
}

/** The same of a model with all its versions. @param model alias of its row of `registered_models` */
export function modelDeletable(model: SQL): SQL {
  return sql`not exists (select 1 from model_versions k
    where k.registered_model = ${model}.id and not (${deletable(sql`k`)}))`
}

/**
 * What a version that must be kept came from is kept too: it is what the version can be explained by.
 *
 * @param guarded versions that must be kept besides those under a hold, by `model_versions.id`
 */
export function sourceDeletable(guarded: readonly number[]): Purgeable {
  const ids = JSON.stringify(guarded)
  const kept = sql`(not (${deletable(sql`k`)}) or k.id in (select value from json_each(${ids})))`
  return {
    run: (alias) => sql`not exists (select 1 from model_versions k
      where k.run_id = ${alias}.run_id and ${kept})`,
    loggedModel: (alias) => sql`not exists (select 1 from model_versions k
      where k.model_id = ${alias}.model_id and ${kept})`,
  }
}

/**
 * Why a version, or a model for the sake of one of its versions, was not deleted; undefined when
 * nothing forbids it.
 */
export async function whyKept(
  ctx: Context,
  name: string,
  version?: number,
): Promise<RegistryError | undefined> {
  const hold = await ctx.db.first(sql<{ version: number; reason: string; placed_by: string }>`
    select k.version, h.reason, h.placed_by ->> 'name' as placed_by
    from model_versions k join version_holds h on h.model_version = k.id
    where k.registered_model = (${modelId(ctx, name)})
      and k.version = coalesce(${version ?? null}, k.version)
    order by k.version limit 1`)
  if (!hold) return undefined
  const path = `/api/v1/models/${encodeURIComponent(name)}/versions/${hold.version}/hold`
  return new RegistryError(
    'PERMISSION_DENIED',
    `Version ${hold.version} of '${excerpt(name)}' is under a legal hold that '${excerpt(hold.placed_by)}' placed (${excerpt(hold.reason)}) and cannot be deleted: somebody else must lift it first, by DELETE ${excerpt(path, 500)}`,
  )
}
