import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { modelId } from '../ids.ts'
import { type ModelVersion, versionReads, versionsFrom } from './read-versions.ts'

/**
 * The newest version of a model whose digest begins so; several versions of equal files have one
 * digest.
 *
 * @param prefix lower-case hex, without `sha256:`
 */
export async function findVersionByDigest(
  ctx: Context,
  name: string,
  prefix: string,
): Promise<ModelVersion | undefined> {
  // The index of digests is sought first: a model may have any number of versions.
  const id = sql`select v.id from manifests s cross join model_versions v on v.manifest = s.id
    where s.digest >= ${`sha256:${prefix}`} and s.digest < ${`sha256:${prefix}g`}
      and v.registered_model = (${modelId(ctx, name)})
    order by v.version desc limit 1`
  const [version] = versionsFrom(await ctx.db.batch(versionReads(id)))
  return version
}

/** A version whose files are sealed. */
export type SealedVersion = {
  readonly version: number
  readonly stage: string
  /** `sha256:` and hex. */
  readonly digest: string
  readonly userId: string | null
  readonly createdAtMs: number
}

type SealedVersionRow = {
  version: number
  stage: string
  digest: string
  user_id: string | null
  created_at_ms: number
}

/**
 * The sealed versions of a model, the newest first.
 *
 * @param model `registered_models.id`
 * @param page.before only those of a lower number
 * @param page.count absent: all
 */
export async function listSealedVersions(
  ctx: Context,
  model: number,
  page: { readonly before?: number; readonly count?: number } = {},
): Promise<SealedVersion[]> {
  const rows = await ctx.db.all(sql<SealedVersionRow>`
    select v.version, v.stage, s.digest, v.user_id, v.created_at_ms
    from model_versions v join manifests s on s.id = v.manifest
    where v.registered_model = ${model} and v.version < ${page.before ?? Number.MAX_SAFE_INTEGER}
    order by v.version desc limit ${page.count ?? -1}`)
  return rows.map(({ user_id, created_at_ms, ...row }) => ({
    ...row,
    userId: user_id,
    createdAtMs: created_at_ms,
  }))
}
