import { sql } from 'drizzle-orm'
import { isNotDeniedSql, isPromptModel, mayReadSql } from '../../access/permissions/permitted.ts'
import type { Context } from '../../platform/context.ts'
import { findReadableArtifacts } from './readable-artifacts.ts'

/** Of `findReadableArtifacts`, in one call: who may read an experiment and none of its runs finds nothing for long. */
const roundsMax = 10

/** A version that has a file, or that is the files of a digest: then `path` is undefined. */
export type VersionPlace = {
  /** `registered_models.id` */
  readonly modelId: number
  readonly model: string
  readonly version: number
  readonly path: string | undefined
  readonly stage: string
  readonly aliases: readonly string[]
}

/** The bytes of one file by their SHA-256, or all files of a version by their digest. */
export type Sought = { readonly sha256: string } | { readonly digest: string }

/** Behind which place of a version a page begins. */
export type VersionPlaceKey = readonly [modelId: number, version: number, path: string]

type VersionRow = {
  id: number
  name: string
  version: number
  path: string | null
  stage: string
  aliases: string
}

/** The versions of the workspace that have what is sought and that the caller may read, by age of their models. */
export async function findVersionPlaces(
  ctx: Context,
  sought: Sought,
  { after, count }: { readonly after: VersionPlaceKey; readonly count: number },
): Promise<VersionPlace[]> {
  const [from, path] =
    'sha256' in sought
      ? [
          sql`blobs b join manifest_files f on f.blob = b.id
            join model_versions v on v.manifest = f.manifest and b.sha256 = ${sought.sha256}`,
          sql`f.path`,
        ]
      : [
          sql`manifests s join model_versions v on v.manifest = s.id and s.digest = ${sought.digest}`,
          sql`null`,
        ]
  const [model, version, place] = after
  const rows = await ctx.db.all(sql<VersionRow>`
    select o.id, o.name, o.version, o.path, o.stage, (select json_group_array(a.alias) from aliases a
      where a.registered_model = o.id and a.version = o.version) as aliases
    from (select m.id, m.name, v.version, ${path} as path, v.stage, ${isPromptModel} as is_prompt
      from ${from} join registered_models m on m.id = v.registered_model
      where m.workspace = ${ctx.workspace}) o
    where (o.id, o.version, coalesce(o.path, '')) > (${model}, ${version}, ${place})
      and ${mayReadSql(ctx, 'model', { id: sql`o.id`, isPrompt: sql`o.is_prompt` })}
      and ${isNotDeniedSql(ctx, 'version', sql`o.is_prompt`)}
    order by o.id, o.version, coalesce(o.path, '') limit ${count}`)
  return rows.map(({ id, name, path, aliases, ...row }) => ({
    ...{ modelId: id, model: name, path: path ?? undefined, ...row },
    aliases: JSON.parse(aliases) as string[],
  }))
}

/** Artifacts that have what is sought. */
export type ArtifactPlaces = {
  readonly paths: readonly string[]
  /** There may be more, behind this path. */
  readonly next: string | undefined
}

/**
 * Paths of artifacts of the workspace that have these bytes and that the caller may read, in their order.
 *
 * @param sha256 lower-case hex
 */
export async function findArtifactPlaces(
  ctx: Context,
  sha256: string,
  { after, count }: { readonly after: string; readonly count: number },
): Promise<ArtifactPlaces> {
  const found: string[] = []
  let rounds = 0
  const blobs = sql`select id from blobs where sha256 = ${sha256}`
  for await (const { paths, next } of findReadableArtifacts(ctx, blobs, after)) {
    found.push(...paths)
    if (found.length > count) return { paths: found.slice(0, count), next: found[count - 1] }
    if (++rounds === roundsMax) return { paths: found, next }
  }
  return { paths: found, next: undefined }
}
