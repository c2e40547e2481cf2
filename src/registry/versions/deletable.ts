import { type SQL, sql } from 'drizzle-orm'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { TraceKeeping } from '../../traces/retention/sweep-retention.ts'
import type { Purgeable } from '../../tracking/purge.ts'
import { areFactsFresh } from '../facts/refresh-facts.ts'
import { modelId } from '../ids.ts'

/**
 * A condition: nothing forbids deleting a version. Every statement that deletes versions has it in
 * its `where`, so a hold placed at the same moment either stops the delete or finds no version.
 *
 * @param version alias of its row of `model_versions`
 */
export function deletable(version: SQL): SQL {
  return sql`(${isUnheldSql(version)} and not exists (select 1 from collection_links cl
      join collections cp on cp.registered_model = cl.collection and cp.protect = 1
      where cl.source_version = ${version}.id))`
}

/**
 * The same for a model with all its versions.
 *
 * @param model alias of its row of `registered_models`
 */
export function modelDeletable(model: SQL): SQL {
  return sql`not exists (select 1 from model_versions k
    where k.registered_model = ${model}.id and not (${deletable(sql`k`)}))`
}

/**
 * A condition: the version is under no legal hold. A hold keeps what the version was made from as well,
 * which a collection that protects the version does not.
 */
function isUnheldSql(version: SQL): SQL {
  return sql`not exists (select 1 from version_holds h where h.model_version = ${version}.id)`
}

/**
 * The runs and logged models that may be purged. If a version must be kept, the run and logged
 * model that it came from are kept too, since they explain the version; and so are those from which
 * the facts of a version have not been read since they were changed.
 *
 * @param guarded versions that must be kept besides those under a hold, by `model_versions.id`
 */
export function sourceDeletable(guarded: readonly number[]): Purgeable {
  const ids = JSON.stringify(guarded)
  const kept = sql`(not (${isUnheldSql(sql`k`)}) or k.id in (select value from json_each(${ids}))
    or not ${areFactsFresh(sql`k.id`)})`
  return {
    run: (alias) => sql`not exists (select 1 from model_versions k
      where k.run_id = ${alias}.run_id and ${kept})`,
    loggedModel: (alias) => sql`not exists (select 1 from model_versions k
      where k.model_id = ${alias}.model_id and ${kept})`,
  }
}

/**
 * Whether a trace belongs to a version: it was made in the version's run, linked with that, or made
 * with its logged model active.
 *
 * @param trace alias of its row of `traces`
 * @param version a condition on the version `k`
 */
function isOfVersionSql(trace: SQL, version: SQL): SQL {
  return sql`(exists (select 1 from model_versions k where k.run_id = ${trace}.source_run and ${version})
    or exists (select 1 from model_versions k
      where k.model_id = ${trace}.model_id and ${version})
    or exists (select 1 from trace_links l join model_versions k on k.run_id = l.target
      where l.workspace = ${trace}.workspace and l.trace_id = ${trace}.trace_id and l.kind = 'run'
        and ${version}))`
}

/** What versions say of the traces that may be deleted for their age or number. */
export const traceKeeping: TraceKeeping = {
  isOfVersion: (trace) => isOfVersionSql(trace, sql`1`),
  isHeld: (trace) => isOfVersionSql(trace, sql`not (${isUnheldSql(sql`k`)})`),
}

/**
 * The error that says which hold or protecting collection keeps a version, or a model by one of its
 * versions, from being deleted; undefined when there is none.
 */
export async function explainKept(
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
  if (!hold) return explainProtected(ctx, name, version)
  const path = `/api/v1/models/${encodeURIComponent(name)}/versions/${hold.version}/hold`
  return new RegistryError(
    'PERMISSION_DENIED',
    `Version ${hold.version} of '${excerpt(name)}' is under a legal hold that '${excerpt(hold.placed_by)}' placed (${excerpt(hold.reason)}) and cannot be deleted: somebody else must lift it first, by DELETE ${excerpt(path, 500)}`,
  )
}

async function explainProtected(
  ctx: Context,
  name: string,
  version?: number,
): Promise<RegistryError | undefined> {
  const link = await ctx.db.first(sql<{ version: number; collection: string; workspace: string }>`
    select k.version, m.name as collection, m.workspace
    from model_versions k join collection_links l on l.source_version = k.id
    join collections c on c.registered_model = l.collection and c.protect = 1
    join registered_models m on m.id = c.registered_model
    where k.registered_model = (${modelId(ctx, name)})
      and k.version = coalesce(${version ?? null}, k.version)
    order by k.version limit 1`)
  if (!link) return undefined
  const path = `/api/v1/models/${encodeURIComponent(name)}/versions/${link.version}/links`
  const place = link.workspace === ctx.workspace ? '' : ` of workspace '${link.workspace}'`
  return new RegistryError(
    'PERMISSION_DENIED',
    `Version ${link.version} of '${excerpt(name)}' is linked in the collection '${excerpt(link.collection)}'${place}, which protects its versions, and cannot be deleted: unlink it first; GET ${excerpt(path, 500)} lists its links`,
  )
}
