import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement } from '../audit/commit.ts'
import { excerpt, invalid } from '../core/error.ts'
import { writeBounded } from '../db/bound.ts'
import type { Context } from '../platform/context.ts'
import { ofModel, ofVersion } from './audit-entries.ts'
import { modelNotFound } from './check-names.ts'
import { modelId } from './ids.ts'
import { checkHubName, refuseTakenHubName } from './models/hub-name.ts'
import { checkTagKey, modelTagBound, tagRows, uniqueTags, versionTagBound } from './tags.ts'
import type { Tag } from './versions/read-versions.ts'

const ofVersions = {
  entry: ofVersion,
  tags: sql.raw('model_version_tags'),
  owner: sql.raw('model_version'),
  row: sql.raw('v'),
  from: sql.raw('model_versions v join registered_models m on m.id = v.registered_model'),
  actions: { set: 'model_version.tag_set', deleted: 'model_version.tag_deleted' },
  bound: versionTagBound,
} as const
const ofModels = {
  entry: ofModel,
  tags: sql.raw('registered_model_tags'),
  owner: sql.raw('registered_model'),
  row: sql.raw('m'),
  from: sql.raw('registered_models m'),
  actions: { set: 'registered_model.tag_set', deleted: 'registered_model.tag_deleted' },
  bound: modelTagBound,
} as const
type Tagged = typeof ofVersions | typeof ofModels

type Written = {
  /** A select of the owner's id. */
  readonly id: SQL
  /** A condition that holds before and after. */
  readonly guard: SQL
}

/** The statements that set tags of a version, with an entry for each; for a write by `writeBounded`. */
export function versionTagsWrite(
  ctx: Context,
  tags: Readonly<Record<string, string>>,
  at: Written,
): SQL[] {
  const all = Object.entries(tags).map(([key, value]) => ({ key, value }))
  return setStatements(ctx, ofVersions, { tags: uniqueTags(all), ...at })
}

/** The statements that delete tags of a version, with an entry for each that is there. */
export function versionTagsRemoval(ctx: Context, keys: readonly string[], at: Written): SQL[] {
  return removalStatements(ctx, ofVersions, { keys, ...at })
}

/** Many more than anybody needs, and what one answer takes. */
const tagsMax = 1000

/**
 * Set tags of a model, all or none.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 * @throws INVALID_PARAMETER_VALUE too many tags, or one that the model may not have
 */
export async function setModelTags(
  ctx: Context,
  name: string,
  tags: readonly Tag[],
): Promise<void> {
  if (tags.length > tagsMax) {
    throw invalid(`'${excerpt(name)}' is given more than ${tagsMax} tags at once`)
  }
  for (const tag of tags) checkHubName(tag)
  const id = modelId(ctx, name)
  const write = commit(ctx, {
    models: id,
    set: setStatements(ctx, ofModels, { tags: uniqueTags(tags), id, guard: sql`1` }),
  })
  const { models } = await refuseTakenHubName(writeBounded(write))
  if (models.length === 0) throw modelNotFound(name)
}

/** Delete tags of a model; keys that are not there are no error. @throws RESOURCE_DOES_NOT_EXIST */
export async function deleteModelTags(
  ctx: Context,
  name: string,
  keys: readonly string[],
): Promise<void> {
  const id = modelId(ctx, name)
  const { models } = await commit(ctx, {
    models: id,
    removed: removalStatements(ctx, ofModels, { keys, id, guard: sql`1` }),
  })
  if (models.length === 0) throw modelNotFound(name)
}

function setStatements(
  ctx: Context,
  of: Tagged,
  { tags, id, guard }: Written & { readonly tags: readonly Tag[] },
): SQL[] {
  const chunks = tagRows(tags).flatMap((rows) => [
    entryStatement(ctx, {
      action: of.actions.set,
      ...of.entry,
      from: sql`${of.from}, json_each(${rows}) tag where ${of.row}.id = (${id}) and ${guard}`,
      before: sql`json_object('key', tag.value ->> 0, 'value', (select t.value from ${of.tags} t
        where t.${of.owner} = ${of.row}.id and t.key = tag.value ->> 0))`,
      after: sql`json_object('key', tag.value ->> 0, 'value', tag.value ->> 1)`,
    }),
    sql`insert into ${of.tags} (${of.owner}, key, value)
      select ${of.row}.id, tag.value ->> 0, tag.value ->> 1 from ${of.from}, json_each(${rows}) tag
      where ${of.row}.id = (${id}) and ${guard}
      on conflict (${of.owner}, key) do update set value = excluded.value`,
  ])
  return chunks.length === 0 ? [] : [...chunks, of.bound(id)]
}

function removalStatements(
  ctx: Context,
  of: Tagged,
  { keys, id, guard }: Written & { readonly keys: readonly string[] },
): SQL[] {
  if (keys.length === 0) return []
  for (const key of keys) checkTagKey(key)
  const removed = sql`t.${of.owner} = (${id}) and ${guard}
    and t.key in (select value from json_each(${JSON.stringify(keys)}))`
  return [
    entryStatement(ctx, {
      action: of.actions.deleted,
      ...of.entry,
      from: sql`${of.from} join ${of.tags} t on t.${of.owner} = ${of.row}.id where ${removed}`,
      before: sql`json_object('key', t.key, 'value', t.value)`,
    }),
    sql`delete from ${of.tags} as t where ${removed}`,
  ]
}
