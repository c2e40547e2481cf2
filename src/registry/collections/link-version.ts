import { type SQL, sql } from 'drizzle-orm'
import { isOfStore, versionAddressOf } from '../../artifacts/path.ts'
import { entryStatement } from '../../audit/commit.ts'
import { conflict, excerpt, invalid, RegistryError } from '../../core/error.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { ofVersion } from '../audit-entries.ts'
import { modelNotFound, versionNotFound } from '../check-names.ts'
import { modelId, newestVersionId } from '../ids.ts'
import { linkJson } from '../link-entries.ts'
import { isPromptTag } from '../prompts.ts'
import { writeVersion } from '../source/create-version.ts'
import type { Resolved } from '../source/resolve-source.ts'
import type { ModelVersion } from '../versions/read-versions.ts'
import { findCollection, notACollection } from './collections.ts'

/** A version that is to be linked, in the workspace that it lies in. */
export type Linked = { readonly workspace: string; readonly version: ModelVersion }

/**
 * Link a version in a collection: it gets the collection's next number, and its files are those of the
 * version; nothing is copied. Of another workspace's version what it was known by stands as it is now, and
 * its run is not told.
 *
 * @returns the version of the collection
 * @throws RESOURCE_DOES_NOT_EXIST no such collection, or the version went meanwhile
 * @throws RESOURCE_ALREADY_EXISTS it is linked there
 * @throws INVALID_PARAMETER_VALUE it is a link itself, of a prompt, or its files cannot be reached from here
 */
export async function linkVersion(
  ctx: Context,
  collection: string,
  linked: Linked,
): Promise<ModelVersion> {
  await refuseUnfit(ctx, linked)
  const { version, workspace } = linked
  const resolved = resolvedOf(ctx, linked)
  const wanted = {
    ...{ name: collection, source: resolved.source, runId: resolved.runId, runLink: '' },
    ...{ description: version.description ?? '', modelId: resolved.modelId ?? '', tags: [] },
  }
  const model = sql`select registered_model from collections
    where registered_model = (${modelId(ctx, collection)})`
  const newest = newestVersionId(ctx, collection)
  const link = sql`insert into collection_links
      (model_version, collection, source_version, source_workspace, source_model, source_number)
    values ((${newest}), (${model}), (select id from model_versions where id = ${version.id}),
      ${workspace}, ${version.name}, ${version.version})`
  const told = sql`json_object('linked_from', json_object('workspace', ${workspace},
    'model', ${version.name}, 'version', ${String(version.version)}))`
  const beside = [link, ...(workspace === ctx.workspace ? [] : [linkedEntry(ctx, newest)])]
  try {
    return await writeVersion(ctx, wanted, {
      ...{ model, tags: [], resolved, sealed: undefined, beside, told },
    })
  } catch (err) {
    if (!(err instanceof ConstraintError)) throw err
    throw await explainNoLink(ctx, collection, version)
  }
}

/** The entry in the audit log of the version's own workspace. @param link a select of `model_versions.id` */
function linkedEntry(ctx: Context, link: SQL): SQL {
  return entryStatement(ctx, {
    ...ofVersion,
    action: 'model_version.linked',
    workspace: sql`m.workspace`,
    after: linkJson(sql`cm`, sql`cv.version`),
    from: sql`collection_links l join model_versions v on v.id = l.source_version
      join registered_models m on m.id = v.registered_model
      join model_versions cv on cv.id = l.model_version
      join registered_models cm on cm.id = cv.registered_model
      where l.model_version = (${link})`,
  })
}

async function refuseUnfit(ctx: Context, { version, workspace }: Linked): Promise<void> {
  const uri = `models:/${excerpt(version.name)}/${version.version}`
  if (version.tags.some(isPromptTag)) {
    throw invalid(`${uri} is a version of a prompt; collections link versions of models`)
  }
  const isLink = await ctx.db.first(
    sql`select 1 from collection_links where model_version = ${version.id}`,
  )
  if (isLink) {
    throw invalid(`${uri} is a link in a collection itself; link the version that it leads to`)
  }
  const isElsewhere = workspace !== ctx.workspace
  if (isElsewhere && version.manifestId === null && isOfStore(version.storageLocation)) {
    throw invalid(
      `The files of ${uri} are not sealed, so that no other workspace can read them; register it anew from a run or logged model that has its files`,
    )
  }
}

function resolvedOf(ctx: Context, { version, workspace }: Linked): Resolved {
  const common = { folders: [], manifestId: version.manifestId, copyOfId: version.id }
  if (workspace === ctx.workspace) {
    return {
      ...common,
      source: `models:/${version.name}/${version.version}`,
      storageLocation: version.storageLocation,
      runId: version.runId ?? '',
      modelId: version.modelId,
    }
  }
  const address =
    version.manifestId === null ? version.storageLocation : versionAddressOf(version.id)
  return { ...common, source: address, storageLocation: address, runId: '', modelId: null }
}

async function explainNoLink(ctx: Context, name: string, version: ModelVersion): Promise<Error> {
  const collection = await findCollection(ctx, name)
  if (!collection) {
    return (await ctx.db.first(modelId(ctx, name))) ? notACollection(name) : modelNotFound(name)
  }
  const found = await ctx.db.first(sql<{ version: number }>`select v.version
    from collection_links l join model_versions v on v.id = l.model_version
    where l.collection = ${collection.id} and l.source_version = ${version.id}`)
  if (found) {
    return new RegistryError(
      'RESOURCE_ALREADY_EXISTS',
      `models:/${excerpt(version.name)}/${version.version} is linked in '${excerpt(name)}' already, as version ${found.version}`,
    )
  }
  const isThere = await ctx.db.first(sql`select 1 from model_versions where id = ${version.id}`)
  if (!isThere) return versionNotFound(version.name, version.version)
  return conflict(`The collection '${excerpt(name)}' changed meanwhile; try again`)
}
