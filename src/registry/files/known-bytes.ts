import { sql } from 'drizzle-orm'
import {
  isNotDeniedSql,
  isPromptModel,
  mayAll,
  mayReadSql,
} from '../../access/permissions/permitted.ts'
import { findKnownBlob, type KnownBlob, showKnownBlob } from '../../artifacts/known-blob.ts'
import { absent } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { Stored } from '../../platform/ports.ts'
import { findReadableArtifacts } from './readable-artifacts.ts'

/**
 * Show under `path` the bytes of a sum that the caller may read somewhere in the workspace: in a version, or
 * in an experiment. To others it is as if they were not here, or a sum would tell which bytes exist, and hand
 * them over.
 *
 * @param sha256 lower-case hex
 * @throws RESOURCE_DOES_NOT_EXIST the caller may read no such bytes: they have to be sent
 * @throws INVALID_PARAMETER_VALUE `path` is a folder, or lies below a file
 */
export async function putKnownBytes(ctx: Context, path: string, sha256: string): Promise<Stored> {
  const blob = await findKnownBlob(ctx, sha256)
  if (blob && (await mayReadBlob(ctx, blob)) && (await showKnownBlob(ctx, path, blob.id))) {
    return blob
  }
  throw absent(`There is no file with the SHA-256 ${sha256} that you may read: send its bytes`)
}

/** Looks at every place, however many others have made: none of them hides one that the caller may read. */
async function mayReadBlob(ctx: Context, { id }: KnownBlob): Promise<boolean> {
  if (mayAll(ctx)) return true
  const version = await ctx.db.first(sql`select 1 from (
      select distinct m.id, ${isPromptModel} as is_prompt from manifest_files f
      join model_versions v on v.manifest = f.manifest
      join registered_models m on m.id = v.registered_model
      where f.blob = ${id} and m.workspace = ${ctx.workspace}) o
    where ${mayReadSql(ctx, 'model', { id: sql`o.id`, isPrompt: sql`o.is_prompt` })}
      and ${isNotDeniedSql(ctx, 'version', sql`o.is_prompt`)} limit 1`)
  if (version) return true
  for await (const { paths } of findReadableArtifacts(ctx, sql`select ${id} as id`)) {
    if (paths.length > 0) return true
  }
  return false
}
