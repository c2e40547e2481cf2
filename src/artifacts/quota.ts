import { type SQL, sql } from 'drizzle-orm'
import { RequestLimitError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import type { ByteStream } from '../platform/ports.ts'

/**
 * Whether the caller may store `sizeBytes` more, as a condition: it holds at the moment of writing,
 * however many uploads end at once. Who has no account, and administrators, have no quota.
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
 * `body`, unless it has more bytes than the caller may still store. A declared length is judged
 * before the first byte is read, any other as the bytes come.
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
 * How much the caller may still store; undefined: there is no limit.
 *
 * @param sizeBytes what is about to be stored, as far as that is known
 * @throws REQUEST_LIMIT_EXCEEDED nothing, or less than that
 */
export async function readBytesLeft(ctx: Context, sizeBytes = 0): Promise<number | undefined> {
  const account = limitedAccountOf(ctx)
  if (account === undefined) return undefined
  const use = await ctx.db.first<{ size_bytes: number }>(
    sql`select size_bytes from storage_use where account = ${account}`,
  )
  const left = ctx.settings.storageQuotaBytes - (use?.size_bytes ?? 0)
  if (left <= 0 || sizeBytes > left) throw overQuota(ctx)
  return left
}

/** Clients repeat a 429 a few times; told to come back soon, they give up in seconds, not minutes. */
const retryAfterS = 1

/** What is said to who has used the quota up. */
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
