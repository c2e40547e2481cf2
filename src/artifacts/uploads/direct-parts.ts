import type { Context } from '../../platform/context.ts'
import { limitedAccountOf } from '../quota.ts'
import { getUpload } from './multipart.ts'

/**
 * URLs of the store to which the first `count` parts of an upload are sent without this server.
 *
 * @returns undefined: the store gives none, or a quota counts for the caller: what does not pass here is not counted
 */
export async function signDirectParts(
  ctx: Context,
  uploadId: string,
  { count, lifetimeMs }: { readonly count: number; readonly lifetimeMs: number },
): Promise<string[] | undefined> {
  const { multipart } = ctx.blobs
  if (!multipart.signPart || limitedAccountOf(ctx) !== undefined) return undefined
  const { key, storeUploadId } = await getUpload(ctx, uploadId)
  const urls = []
  for (let part = 1; part <= count; part++) {
    urls.push(await multipart.signPart(key, storeUploadId, { part, lifetimeMs }))
  }
  return urls
}
