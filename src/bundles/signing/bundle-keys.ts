import { sql } from 'drizzle-orm'
import { type KeyPair, makePrivateKey, readKeyPair } from '../../attestations/key-pair.ts'
import { commit, entryStatement } from '../../audit/commit.ts'
import { conflict, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { variableOf } from '../../platform/settings/setting.ts'
import type { bundleKeys } from '../tables.ts'

/** A key as everybody may read it. */
export type PublishedKey = {
  readonly hint: string
  readonly pem: string
  readonly fromMs: number
  /** Undefined: it is the one that signs. */
  readonly untilMs: number | undefined
}

/** All keys that ever signed, the newest first. */
export async function listBundleKeys({ db }: Pick<Context, 'db'>): Promise<PublishedKey[]> {
  const rows = await db.all(sql<typeof bundleKeys.$inferSelect>`select * from bundle_keys
    order by until_ms is not null, from_ms desc, hint`)
  return rows.map(({ hint, pem, from_ms, until_ms }) => ({
    ...{ hint, pem, fromMs: from_ms },
    untilMs: until_ms ?? undefined,
  }))
}

/** So often the key may be another while it is read. */
const triesMax = 5

/**
 * The key that signs now. The first use makes it, unless the operator gave it, and lists it; the one
 * before it is listed as over.
 *
 * @throws NOT_IMPLEMENTED none was given, and there is no place to keep one
 * @throws RESOURCE_CONFLICT another key has taken its place
 */
export async function prepareBundleKey(ctx: Context): Promise<KeyPair> {
  for (let tries = 0; tries < triesMax; tries++) {
    // Read before the key: one that was read before another was listed takes the place of that one never.
    const listed = await findListedKey(ctx)
    const pair = await readKey(ctx, listed)
    if (pair.hint === listed || (await publishKey(ctx, pair, listed))) return pair
  }
  throw conflict(
    `This server's key of bundles is over, since another one signed after it; let all servers of one database have the same ${variableOf('bundle-key')}, or renew the key`,
  )
}

/**
 * Let a new key sign from now on. Old ones stay listed, since old bundles are verified by them.
 *
 * @param seen the hint of the key whose place it takes, null for none; without it, the one that signs now
 * @throws NOT_IMPLEMENTED the operator gives the key, and has to give another one
 * @throws RESOURCE_CONFLICT another key signs than `seen`, as when two renew at once: no new one is made
 */
export async function renewBundleKey(ctx: Context, seen?: string | null): Promise<KeyPair> {
  const { next } = ctx.bundleKey
  if (!next) {
    throw new RegistryError(
      'NOT_IMPLEMENTED',
      `The key of bundles is the operator's own; give another one as ${variableOf('bundle-key')}, and its first use takes the place of the old one`,
    )
  }
  const replaced = seen === undefined ? await findListedKey(ctx) : seen
  const text = await makePrivateKey()
  const pair = await readKeyPair(ctx, text)
  if (!pair) throw new Error('a key that was just made cannot be read')
  // It lies beside the old one first: whoever finds it listed puts it in its place, should this process end.
  await next.keep(pair.hint, text)
  if (!(await publishKey(ctx, pair, replaced))) {
    await next.drop(pair.hint)
    throw conflict(
      'Another key signs since this one was seen, as when two renew it at once; no new one was made',
    )
  }
  await next.take(pair.hint)
  return pair
}

/** The hint of the key that is listed as the one that signs. */
async function findListedKey({ db }: Context): Promise<string | null> {
  const row = await db.first(listedSql)
  return row?.hint ?? null
}

const listedSql = sql<{ hint: string }>`select hint from bundle_keys where until_ms is null`

/** @param listed the hint of the one that it should be, if any was listed */
async function readKey(ctx: Context, listed: string | null): Promise<KeyPair> {
  const { bundleKey } = ctx
  if ((await bundleKey.read()) === undefined) await bundleKey.keep?.(await makePrivateKey())
  const pair = await readPair(ctx)
  const isOther = listed !== null && pair.hint !== listed
  return isOther && (await bundleKey.next?.take(listed)) ? readPair(ctx) : pair
}

async function readPair(ctx: Context): Promise<KeyPair> {
  const text = await ctx.bundleKey.read()
  if (text === undefined) throw noKey()
  const pair = await readKeyPair(ctx, text)
  if (!pair) throw wrongKey()
  return pair
}

/**
 * List a new key as the one that signs, in the place of `listed`.
 *
 * @returns false: it is not new, or another one is listed now
 */
async function publishKey(
  ctx: Context,
  { hint, pem }: KeyPair,
  listed: string | null,
): Promise<boolean> {
  const isNew = sql`not exists (select 1 from bundle_keys where hint = ${hint})`
  const { published } = await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'bundle_key.published',
      from: sql`(select 1) one where ${isNew} and (${listedSql}) is ${listed}`,
      after: sql`json_object('hint', ${hint}, 'replaces', ${listed})`,
    }),
    over: sql`update bundle_keys set until_ms = ${ctx.now()}
      where until_ms is null and hint = ${listed} and ${isNew}`,
    published: sql<{ hint: string }>`insert into bundle_keys (hint, pem, from_ms)
      select ${hint}, ${pem}, ${ctx.now()} where ${isNew} and not exists (${listedSql}) returning hint`,
  })
  return published.length > 0
}

function noKey(): RegistryError {
  return new RegistryError(
    'NOT_IMPLEMENTED',
    `This server has no key to sign bundles with: make one with \`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256\`, and set it as the secret ${variableOf('bundle-key')}`,
  )
}

function wrongKey(): RegistryError {
  return new RegistryError(
    'NOT_IMPLEMENTED',
    `The key in ${variableOf('bundle-key')} or in the file bundle-key is no ECDSA key on the curve P-256 in PKCS#8; bundles are signed by no other kind`,
  )
}
