import { sql } from 'drizzle-orm'
import ipaddr from 'ipaddr.js'
import { RegistryError, RequestLimitError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { hashText } from '../../platform/hash.ts'

/** Failures are forgotten this long after the first of them. */
const windowMs = 5 * 60_000
/** For one name from one address, so that nobody can lock a name from elsewhere. */
const perNameMax = 10
/** For all names from one address, which a whole office may share. */
const perAddressMax = 200

export type Attempt = { readonly user: string; readonly address: string | undefined }
type FailuresRow = { readonly key: string; readonly failures: number; readonly until_ms: number }

/**
 * Try to sign in, unless too many attempts have failed. Failures are counted in the database, so
 * that all processes share the count; unknown names count like others.
 *
 * @param signIn throws UNAUTHENTICATED for a failure
 * @throws RequestLimitError
 */
export async function throttle<T>(
  ctx: Context,
  { user, address }: Attempt,
  signIn: () => Promise<T>,
): Promise<T> {
  const from = networkOf(address)
  const nameKey = await hashText(ctx, JSON.stringify(['name', user, from]))
  const addressKey = await hashText(ctx, JSON.stringify(['address', from]))
  const keys = address === undefined ? [nameKey] : [nameKey, addressKey]
  const before = await readFailures(ctx, keys)
  for (const { key, failures, until_ms } of before) {
    const limit = key === nameKey ? perNameMax : perAddressMax
    if (failures >= limit) throw tooMany(Math.ceil((until_ms - ctx.now()) / 1000))
  }
  try {
    const done = await signIn()
    if (before.some(({ key }) => key === nameKey)) await forgetFailures(ctx, nameKey)
    return done
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'UNAUTHENTICATED')
      await countFailure(ctx, keys)
    throw err
  }
}

function readFailures(ctx: Context, keys: readonly string[]): Promise<FailuresRow[]> {
  return ctx.db.all(sql<FailuresRow>`select key, failures, until_ms from sign_in_failures
    where key in (select value from json_each(${JSON.stringify(keys)})) and until_ms > ${ctx.now()}`)
}

async function countFailure(ctx: Context, keys: readonly string[]): Promise<void> {
  const now = ctx.now()
  await ctx.db.batch({
    forgotten: sql`delete from sign_in_failures where until_ms <= ${now}`,
    counted: sql`insert into sign_in_failures (key, failures, until_ms)
      select value, 1, cast(${now + windowMs} as integer)
      from json_each(${JSON.stringify(keys)}) where true
      on conflict (key) do update set failures = failures + 1`,
  })
}

async function forgetFailures(ctx: Context, key: string): Promise<void> {
  await ctx.db.all(sql`delete from sign_in_failures where key = ${key}`)
}

/** IPv6 addresses by their /64: whoever has one address of it has them all. */
function networkOf(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return address ?? ''
  const parsed = ipaddr.process(address)
  return parsed instanceof ipaddr.IPv6
    ? parsed.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(':')
    : parsed.toString()
}

function tooMany(seconds: number): RequestLimitError {
  return new RequestLimitError(
    `Too many failed attempts to sign in; try again in ${seconds} s, with the right password or an access token`,
    seconds,
  )
}
