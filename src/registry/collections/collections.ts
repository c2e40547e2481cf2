import { type SQL, sql } from 'drizzle-orm'
import { isNotDeniedSql, isPromptModel, mayReadSql } from '../../access/permissions/permitted.ts'
import { commit } from '../../audit/commit.ts'
import { absent, excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { modelEntry } from '../audit-entries.ts'
import { checkDescription, checkModelName, modelNotFound } from '../check-names.ts'
import { modelId } from '../ids.ts'
import { createModel } from '../models/registered-models.ts'

/** A registered model whose versions are links to versions of other models. */
export type Collection = {
  /** `registered_models.id` */
  readonly id: number
  readonly name: string
  readonly description: string | undefined
  /** A version that is linked here is not deleted. */
  readonly protect: boolean
  /** How many links it has; undefined where the caller may not read versions. */
  readonly links: number | undefined
  readonly aliases: readonly { readonly alias: string; readonly version: number }[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** What a request says of a collection; what is absent stays. */
export type CollectionFields = {
  readonly description?: string | undefined
  readonly protect?: boolean | undefined
}

type CollectionRow = {
  id: number
  name: string
  description: string | null
  protect: number
  links: number | null
  aliases: string
  created_at_ms: number
  updated_at_ms: number
}

/** @param which condition on `registered_models m`, with what follows it */
function collectionRead(ctx: Context, which: SQL): SQL<CollectionRow> {
  const shown = isNotDeniedSql(ctx, 'version', isPromptModel)
  return sql<CollectionRow>`select m.id, m.name, m.description, c.protect,
      iif(${shown}, (select count(*) from collection_links l where l.collection = m.id), null) as links,
      (select json_group_array(json_object('alias', alias, 'version', version)) from (
        select a.alias, a.version from aliases a where a.registered_model = m.id and ${shown}
        order by a.alias)) as aliases,
      m.created_at_ms, m.updated_at_ms
    from registered_models m join collections c on c.registered_model = m.id
    where m.workspace = ${ctx.workspace} and ${which}`
}

function collectionFrom(row: CollectionRow): Collection {
  return {
    id: row.id,
    name: row.name,
    description: row.description || undefined,
    protect: row.protect === 1,
    links: row.links ?? undefined,
    aliases: JSON.parse(row.aliases),
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  }
}

/** The collections of the workspace that the caller may read, by name, after one. */
export async function readCollections(
  ctx: Context,
  after: string,
  count: number,
): Promise<Collection[]> {
  const mayRead = mayReadSql(ctx, 'model', { id: sql`m.id`, isPrompt: isPromptModel })
  const rows = await ctx.db.all(
    collectionRead(ctx, sql`m.name > ${after} and ${mayRead} order by m.name limit ${count}`),
  )
  return rows.map(collectionFrom)
}

/** The collection of this name, if a model of the name is one. */
export async function findCollection(ctx: Context, name: string): Promise<Collection | undefined> {
  const row = await ctx.db.first(collectionRead(ctx, sql`m.name = ${name}`))
  return row && collectionFrom(row)
}

/** @throws RESOURCE_DOES_NOT_EXIST there is no model of this name, or it is no collection */
export async function getCollection(ctx: Context, name: string): Promise<Collection> {
  const found = await findCollection(ctx, name)
  if (found) return found
  if (!(await ctx.db.first(modelId(ctx, name)))) throw modelNotFound(name)
  throw notACollection(name)
}

/** 404 for a model that has versions of its own. */
export function notACollection(name: string): RegistryError {
  return absent(
    `'${excerpt(name)}' is a registered model with versions of its own, and no collection; PUT /api/v1/collections/{name} makes one under another name`,
  )
}

/** Whether there is a model of this name, be it a collection or not. */
export async function isModelThere(ctx: Context, name: string): Promise<boolean> {
  checkModelName(name)
  return (await ctx.db.first(modelId(ctx, name))) !== undefined
}

/**
 * @throws RESOURCE_ALREADY_EXISTS a model has the name
 * @throws INVALID_PARAMETER_VALUE the name cannot be that of a model, or the description is too long
 */
export async function createCollection(
  ctx: Context,
  name: string,
  fields: CollectionFields,
): Promise<Collection> {
  checkDescription(fields.description)
  const protect = fields.protect ? 1 : 0
  await createModel(
    ctx,
    { name, description: fields.description, tags: [] },
    {
      beside: [
        sql`insert into collections (registered_model, protect) values ((${modelId(ctx, name)}), ${protect})`,
      ],
      told: sql`json_object('collection', json_object('protect', json(iif(${protect}, 'true', 'false'))))`,
    },
  )
  return getCollection(ctx, name)
}

/**
 * @throws RESOURCE_ALREADY_EXISTS a model that is no collection has the name
 * @throws INVALID_PARAMETER_VALUE the description is too long
 */
export async function changeCollection(
  ctx: Context,
  name: string,
  fields: CollectionFields,
): Promise<Collection> {
  checkDescription(fields.description)
  const id = sql`select c.registered_model from collections c
    where c.registered_model = (${modelId(ctx, name)})`
  const protect = fields.protect === undefined ? null : fields.protect ? 1 : 0
  const description = fields.description === undefined ? null : fields.description
  const shown = (text: SQL, flag: SQL) => sql`json_object('description', nullif(${text}, ''),
    'collection', json_object('protect', json(iif(${flag}, 'true', 'false'))))`
  const kept = sql`(select c.protect from collections c where c.registered_model = m.id)`
  const { changed } = await commit(ctx, {
    entry: modelEntry(ctx, id, {
      action: 'registered_model.updated',
      before: shown(sql`m.description`, kept),
      after: shown(
        sql`coalesce(${description}, m.description)`,
        sql`coalesce(${protect}, ${kept})`,
      ),
    }),
    text: sql`update registered_models set updated_at_ms = ${ctx.now()},
        description = nullif(coalesce(${description}, description), '') where id = (${id})`,
    changed: sql`update collections set protect = coalesce(${protect}, protect)
      where registered_model = (${id}) returning 1`,
  })
  if (changed.length === 1) return getCollection(ctx, name)
  throw new RegistryError(
    'RESOURCE_ALREADY_EXISTS',
    `A registered model with versions of its own is called '${excerpt(name)}'; choose another name for the collection`,
  )
}
