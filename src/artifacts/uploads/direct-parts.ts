import type { Context } from '../../platform/context.ts'
import { limitedAccountOf } from '../quota.ts'
import { getUpload } from './multipart.ts'

/** The least that S3 takes. */
const validMsMin = 1000

/**
 * URLs of the store to which the first `count` parts of an upload are sent without this server. They end with the
 * credential of the caller who got them. By themselves they give nothing: what is sent there becomes a file when the
 * upload is completed, which asks for the permission again, with the ETag of each part.
 *
 * @returns undefined: the store gives none, or a quota counts for the caller: what does not pass here is not counted
 */
export async function signDirectParts(
  ctx: Context,
  uploadId: string,
  { count, lifetimeMs }: { readonly count: number; readonly lifetimeMs: number },
): Promise<string[] | undefined> {
  const { multipart } = ctx.blobs
  const endsInMs = (ctx.principal.endsAtMs ?? Number.POSITIVE_INFINITY) - ctx.now()
  const validMs = Math.max(Math.min(lifetimeMs, endsInMs), validMsMin)
  if (!multipart.signPart || limitedAccountOf(ctx) !== undefined) return undefined
  const { key, storeUploadId } = await getUpload(ctx, uploadId)
  const urls = []
  for (let part = 1; part <= count; part++) {
    urls.push(await multipart.signPart(key, storeUploadId, { part, lifetimeMs: validMs }))
  }
  return urls
}
