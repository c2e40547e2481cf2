import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../platform/context.ts'

/** A select of `registered_models.id`: the caller's model of this name, or none. */
export function modelId(ctx: Context, name: string): SQL<{ id: number }> {
  return sql`select id from registered_models
    where workspace = ${ctx.workspace} and name = ${name}`
}

/** A select of `model_versions.id`: this version of the caller's model of this name, or none. */
export function versionId(ctx: Context, name: string, version: number): SQL<{ id: number }> {
  return sql`select id from model_versions
    where registered_model = (${modelId(ctx, name)}) and version = ${version}`
}

/** A select of `model_versions.id`: the model's version of the highest number, or none. */
export function newestVersionId(ctx: Context, name: string): SQL<{ id: number }> {
  return sql`select id from model_versions
    where registered_model = (${modelId(ctx, name)}) order by version desc limit 1`
}
