import { type SQL, sql } from 'drizzle-orm'
import { commit } from '../audit/commit.ts'
import { checkKey, checkLength } from '../core/names.ts'
import { boundStatement, writeBounded } from '../db/bound.ts'
import { jsonChunksOf } from '../db/sql.ts'
import type { Context } from '../platform/context.ts'
import { modelEntry, versionEntry } from './audit-entries.ts'
import { modelNotFound, versionNotFound } from './check-names.ts'
import { modelId, versionId } from './ids.ts'
import { checkHubName, refuseTakenHubName } from './models/hub-name.ts'
import type { Tag } from './versions/read-versions.ts'

const valueCharsMax = 100_000

/** Refuses a tag key that MLflow would refuse. */
export function checkTagKey(key: string): void {
  checkKey(key, 'key')
}

/** Refuses a tag that MLflow would refuse. */
function checkTag(tag: Tag): void {
  checkTagKey(tag.key)
  checkLength(tag.value, valueCharsMax, 'value')
}

/** Checked and sorted by key; if a key occurs several times, the last one counts. */
export function uniqueTags(tags: readonly Tag[]): Tag[] {
  for (const tag of tags) checkTag(tag)
  const byKey = new Map(tags.map(({ key, value }) => [key, value]))
  return [...byKey].map(([key, value]) => ({ key, value })).sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** Statements that give a new registered model its tags; for a write by `writeBounded`. */
export function modelTagInserts(ctx: Context, name: string, tags: readonly Tag[]): SQL[] {
  const id = modelId(ctx, name)
  const inserts = tagRows(tags).map(
    (rows) => sql`insert into registered_model_tags (registered_model, key, value)
      select (${id}), value ->> 0, value ->> 1 from json_each(${rows})`,
  )
  return [...inserts, modelTagBound(id)]
}

/** As `modelTagInserts`, for a new version. @param version a select of its id */
export function versionTagInserts(version: SQL, tags: readonly Tag[]): SQL[] {
  const inserts = tagRows(tags).map(
    (rows) => sql`insert into model_version_tags (model_version, key, value)
      select (${version}), value ->> 0, value ->> 1 from json_each(${rows})`,
  )
  return [...inserts, versionTagBound(version)]
}

/** The statement behind those that set tags of a model; for a write by `writeBounded`. */
export function modelTagBound(id: SQL): SQL {
  return boundStatement('registered_model_tags', 'registered_model', id)
}

/** As `modelTagBound`, of a version. */
export function versionTagBound(id: SQL): SQL {
  return boundStatement('model_version_tags', 'model_version', id)
}

/** Tags as JSON lists of keys and values. */
export function tagRows(tags: readonly Tag[]): string[] {
  return jsonChunksOf(tags.map(({ key, value }) => [key, value]))
}

/**
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 * @throws INVALID_PARAMETER_VALUE the tags of the model would be too much in sum, or it is no name on the Hub
 * @throws RESOURCE_ALREADY_EXISTS another model has that name on the Hub
 */
export async function setModelTag(ctx: Context, name: string, tag: Tag): Promise<void> {
  checkTag(tag)
  checkHubName(tag)
  const id = modelId(ctx, name)
  const write = commit(ctx, {
    entry: modelEntry(ctx, id, {
      action: 'registered_model.tag_set',
      before: tagJson(tag.key, modelTag(tag.key)),
      after: sql`json_object('key', ${tag.key}, 'value', ${tag.value})`,
    }),
    set: sql`insert into registered_model_tags (registered_model, key, value)
      select id, ${tag.key}, ${tag.value} from registered_models where id = (${id})
      on conflict (registered_model, key) do update set value = excluded.value returning 1`,
    bound: modelTagBound(id),
  })
  const { set } = await refuseTakenHubName(writeBounded(write))
  if (set.length === 0) throw modelNotFound(name)
}

/**
 * A key that does not exist is not an error, as in MLflow.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such model
 */
export async function deleteModelTag(ctx: Context, name: string, key: string): Promise<void> {
  checkTagKey(key)
  const id = modelId(ctx, name)
  const { models } = await commit(ctx, {
    models: id,
    entry: modelEntry(ctx, id, {
      action: 'registered_model.tag_deleted',
      before: tagJson(key, modelTag(key)),
      guard: sql`exists (${modelTag(key)})`,
    }),
    tag: sql`delete from registered_model_tags
      where registered_model = (${id}) and key = ${key}`,
  })
  if (models.length === 0) throw modelNotFound(name)
}

/**
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws INVALID_PARAMETER_VALUE the tags of the version would be too much in sum
 */
export async function setVersionTag(
  ctx: Context,
  name: string,
  { version, ...tag }: Tag & { readonly version: number },
): Promise<void> {
  checkTag(tag)
  const id = versionId(ctx, name, version)
  const write = commit(ctx, {
    entry: versionEntry(ctx, id, {
      action: 'model_version.tag_set',
      before: tagJson(tag.key, versionTag(tag.key)),
      after: sql`json_object('key', ${tag.key}, 'value', ${tag.value})`,
    }),
    set: sql`insert into model_version_tags (model_version, key, value)
      select id, ${tag.key}, ${tag.value} from model_versions where id = (${id})
      on conflict (model_version, key) do update set value = excluded.value returning 1`,
    bound: versionTagBound(id),
  })
  const { set } = await writeBounded(write)
  if (set.length === 0) throw versionNotFound(name, version)
}

/**
 * A key that does not exist is not an error, as in MLflow.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 */
export async function deleteVersionTag(
  ctx: Context,
  name: string,
  { version, key }: { readonly version: number; readonly key: string },
): Promise<void> {
  checkTagKey(key)
  const id = versionId(ctx, name, version)
  const { versions } = await commit(ctx, {
    versions: id,
    entry: versionEntry(ctx, id, {
      action: 'model_version.tag_deleted',
      before: tagJson(key, versionTag(key)),
      guard: sql`exists (${versionTag(key)})`,
    }),
    tag: sql`delete from model_version_tags
      where model_version = (${id}) and key = ${key}`,
  })
  if (versions.length === 0) throw versionNotFound(name, version)
}

/** The value of a tag of the model `m`. */
function modelTag(key: string): SQL {
  return sql`select t.value from registered_model_tags t
    where t.registered_model = m.id and t.key = ${key}`
}

/** The value of a tag of the version `v`. */
function versionTag(key: string): SQL {
  return sql`select t.value from model_version_tags t
    where t.model_version = v.id and t.key = ${key}`
}

function tagJson(key: string, value: SQL): SQL {
  return sql`json_object('key', ${key}, 'value', (${value}))`
}
