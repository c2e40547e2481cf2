import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { versionId } from '../ids.ts'

/** A version of a collection, and what it is a link to. */
export type CollectionLink = {
  /** `model_versions.id` of the version of the collection. */
  readonly id: number
  readonly workspace: string
  readonly collection: string
  /** Its number in the collection. */
  readonly version: number
  readonly stage: string
  /** Sorted. */
  readonly aliases: readonly string[]
  /** `sha256:` and hex, over its files; undefined: they are not kept here. */
  readonly digest: string | undefined
  /** Who linked it. */
  readonly linkedBy: string | null
  readonly linkedAtMs: number
  readonly source: LinkSource
}

/** What a link leads to, as it is called now or, where it is gone, as it was called when it was linked. */
export type LinkSource = {
  readonly workspace: string
  readonly model: string
  readonly version: number
  /** `registered_models.id`; undefined: the version is gone. */
  readonly registeredModelId: number | undefined
}

type LinkRow = {
  id: number
  workspace: string
  collection: string
  version: number
  stage: string
  aliases: string
  digest: string | null
  user_id: string | null
  created_at_ms: number
  source_workspace: string
  source_model: string
  source_number: number
  source_model_id: number | null
}

/** Links by a condition on `collection_links l`, their version `v` and the collection `m`. */
function linkRead(which: SQL): SQL<LinkRow> {
  return sql<LinkRow>`select v.id, m.workspace, m.name as collection, v.version, v.stage, v.user_id,
      v.created_at_ms, (select s.digest from manifests s where s.id = v.manifest) as digest,
      (select json_group_array(alias) from (select a.alias from aliases a
        where a.registered_model = v.registered_model and a.version = v.version
        order by a.alias)) as aliases,
      coalesce(om.workspace, l.source_workspace) as source_workspace,
      coalesce(om.name, l.source_model) as source_model,
      coalesce(o.version, l.source_number) as source_number, om.id as source_model_id
    from collection_links l join model_versions v on v.id = l.model_version
    join registered_models m on m.id = v.registered_model
    left join model_versions o on o.id = l.source_version
    left join registered_models om on om.id = o.registered_model
    where ${which}`
}

function linkFrom(row: LinkRow): CollectionLink {
  return {
    id: row.id,
    workspace: row.workspace,
    collection: row.collection,
    version: row.version,
    stage: row.stage,
    aliases: JSON.parse(row.aliases),
    digest: row.digest ?? undefined,
    linkedBy: row.user_id,
    linkedAtMs: row.created_at_ms,
    source: {
      workspace: row.source_workspace,
      model: row.source_model,
      version: row.source_number,
      registeredModelId: row.source_model_id ?? undefined,
    },
  }
}

/**
 * The links of a collection, the newest first.
 *
 * @param collection `registered_models.id`
 * @param before the number of the version behind which they start
 */
export async function readLinks(
  ctx: Context,
  collection: number,
  { before, count }: { readonly before: number; readonly count: number },
): Promise<CollectionLink[]> {
  const rows = await ctx.db.all(
    linkRead(sql`l.collection = ${collection} and m.workspace = ${ctx.workspace}
      and v.version < ${before} order by v.version desc limit ${count}`),
  )
  return rows.map(linkFrom)
}

/** The link that a version of the collection of this name is, if it is one. */
export async function findLink(
  ctx: Context,
  name: string,
  version: number,
): Promise<CollectionLink | undefined> {
  const row = await ctx.db.first(
    linkRead(sql`l.model_version = (${versionId(ctx, name, version)})`),
  )
  return row && linkFrom(row)
}

/** The links to a version, in all collections of all workspaces, whoever may read them. */
export async function readLinksTo(
  ctx: Context,
  name: string,
  version: number,
): Promise<CollectionLink[]> {
  const rows = await ctx.db.all(
    linkRead(sql`l.source_version = (${versionId(ctx, name, version)})
      order by m.workspace, m.name, v.version`),
  )
  return rows.map(linkFrom)
}
