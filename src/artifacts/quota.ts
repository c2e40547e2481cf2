import { type SQL, sql } from 'drizzle-orm'
import { RequestLimitError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import type { ByteStream } from '../platform/ports.ts'

/**
 * The condition that the caller may store `sizeBytes` more. As a part of the write it holds at that
 * moment, however many uploads end at once. Administrators and callers without an account have no
 * quota.
 *
 * @param account whose; that of the caller
 */
export function isWithinQuotaSql(
  ctx: Context,
  sizeBytes: number | SQL,
  account = limitedAccountOf(ctx),
): SQL {
  if (account === undefined) return sql`1`
  return sql`${sizeBytes} + coalesce((select size_bytes from storage_use where account = ${account}), 0)
    <= ${ctx.settings.storageQuotaBytes}`
}

/**
 * `body`, provided that it has no more bytes than the caller may still store. A declared length is
 * checked before the first byte is read; without one the bytes are counted as they come.
 *
 * @throws REQUEST_LIMIT_EXCEEDED it has more
 */
export async function limitBody(
  ctx: Context,
  body: ByteStream,
  sizeBytes: number | undefined,
): Promise<ByteStream> {
  const left = await readBytesLeft(ctx, sizeBytes)
  return sizeBytes === undefined && left !== undefined ? countBytes(ctx, body, left) : body
}

/**
 * The number of bytes that the caller may still store, or undefined where there is no limit.
 *
 * @param sizeBytes of what is about to be stored, where that is known
 * @throws REQUEST_LIMIT_EXCEEDED the caller may store nothing more, or less than that
 */
export async function readBytesLeft(ctx: Context, sizeBytes = 0): Promise<number | undefined> {
  const account = limitedAccountOf(ctx)
  if (account === undefined) return undefined
  const use = await ctx.db.first(
    sql<{ size_bytes: number }>`select size_bytes from storage_use where account = ${account}`,
  )
  const left = ctx.settings.storageQuotaBytes - (use?.size_bytes ?? 0)
  if (left <= 0 || sizeBytes > left) throw overQuota(ctx)
  return left
}

/** Clients repeat a 429 a few times. With so short a wait they give up after seconds, not minutes. */
const retryAfterS = 1

/** The 429 for a caller whose quota is used up. */
export function overQuota({ principal, settings }: Context): RequestLimitError {
  return new RequestLimitError(
    `'${principal.name}' may store ${settings.storageQuotaBytes} bytes, and this would be more. Deleted files count until the operator's next \`gatehouse gc\`; an administrator can raise the setting storage-quota`,
    retryAfterS,
  )
}

async function* countBytes(ctx: Context, body: ByteStream, left: number): ByteStream {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > left) throw overQuota(ctx)
    yield chunk
  }
}

/** `accounts.id` of the caller, where a quota counts for them. */
export function limitedAccountOf({ principal, settings }: Context): number | undefined {
  return settings.storageQuotaBytes > 0 && !principal.isAdmin ? principal.accountId : undefined
}
