import type { Context } from '../../platform/context.ts'
import { resolveStage } from '../../registry/stages/stages.ts'

/** Fields that several calls of Databricks' dialect take. */

export const required = { type: 'string', required: true } as const
export const text = { type: 'string' } as const

/** A version. */
export const one = { name: required, version: { type: 'version', required: true } } as const

/** A version and the stage that it is to go to, with a comment. */
export const toStage = { ...one, stage: required, comment: text }

export const archiving = { archive_existing_versions: { type: 'bool' } } as const

/** A message with its stage in the spelling of the list of stages. */
export async function readStage<R extends { readonly stage: string }>(
  ctx: Context,
  req: R,
): Promise<R> {
  return { ...req, stage: await resolveStage(ctx, req.stage) }
}
