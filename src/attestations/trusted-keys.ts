import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement } from '../audit/commit.ts'
import { conflict, excerpt, invalid, notFound, RegistryError } from '../core/error.ts'
import { type PrincipalRecord, principalText } from '../core/principal.ts'
import type { Context } from '../platform/context.ts'
import { readPublicKey } from './key-pair.ts'
import type { trustedKeys } from './tables.ts'

/** A key of somebody else, by the name that policies give it. */
export type TrustedKey = {
  readonly name: string
  readonly hint: string
  readonly pem: string
  readonly setBy: PrincipalRecord
  readonly setAtMs: number
}

/** Keys of one workspace: each is tried on a statement that names none. */
const keysMax = 100

/** What a key may be called. */
export const keyNamePattern = /^[A-Za-z0-9][\w.-]{0,99}$/
export const keyNameHint = 'must be up to 100 letters, digits, ., _ and -'

/** By name. */
export async function listTrustedKeys(ctx: Context): Promise<TrustedKey[]> {
  const rows = await ctx.db.all(sql<typeof trustedKeys.$inferSelect>`select * from trusted_keys
    where workspace = ${ctx.workspace} order by name`)
  return rows.map(({ name, hint, pem, set_by, set_at_ms }) => ({
    ...{ name, hint, pem, setBy: JSON.parse(set_by), setAtMs: set_at_ms },
  }))
}

/** @throws RESOURCE_DOES_NOT_EXIST no key has this name */
export async function getTrustedKey(ctx: Context, name: string): Promise<TrustedKey> {
  const found = (await listTrustedKeys(ctx)).find((one) => one.name === name)
  if (!found) throw notFound('Trusted key', excerpt(name))
  return found
}

type KeyToTrust = {
  /** A public key in PEM. */
  readonly pem: string
  /** The hint of the key that is to have the name until then; null: none; undefined: any or none. */
  readonly seen?: string | null | undefined
}

/**
 * Trust a key under a name, in place of the one that had it: what that one signed counts no more.
 *
 * @throws INVALID_PARAMETER_VALUE it is no public key of the one kind that is verified
 * @throws RESOURCE_EXHAUSTED there are as many as there may be
 * @throws RESOURCE_CONFLICT the name has another key than was seen, or another took it meanwhile
 */
export async function setTrustedKey(
  ctx: Context,
  name: string,
  { pem: text, seen }: KeyToTrust,
): Promise<TrustedKey> {
  const key = await readPublicKey(ctx, text)
  if (!key) {
    throw invalid(
      "Invalid value for 'pem': it is no public key in PEM of an ECDSA key on the curve P-256; `openssl pkey -pubout` prints one",
    )
  }
  const { hint, pem } = key
  const isOther = sql`not exists (select 1 from ${named(ctx, name)} and hint = ${hint})
    and ${isSeen(ctx, name, seen)}`
  const hasRoom = sql`(exists (select 1 from ${named(ctx, name)}) or
    (select count(*) from trusted_keys where workspace = ${ctx.workspace}) < ${keysMax})`
  await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'trusted_key.set',
      from: sql`(select 1) one where ${isOther} and ${hasRoom}`,
      before: sql`json_object('name', ${name}, 'hint', (select hint from ${named(ctx, name)}))`,
      after: sql`json_object('name', ${name}, 'hint', ${hint})`,
    }),
    set: sql`insert into trusted_keys (workspace, name, hint, pem, set_by, set_at_ms)
      select ${ctx.workspace}, ${name}, ${hint}, ${pem}, ${principalText(ctx.principal)}, ${ctx.now()}
      where ${isOther} and ${hasRoom}
      on conflict (workspace, name) do update set hint = excluded.hint, pem = excluded.pem,
        set_by = excluded.set_by, set_at_ms = excluded.set_at_ms`,
  })
  const set = (await listTrustedKeys(ctx)).find((one) => one.name === name)
  if (set?.hint === hint) return set
  if (set || typeof seen === 'string') throw otherKey(name)
  throw new RegistryError(
    'RESOURCE_EXHAUSTED',
    `${keysMax} keys are trusted, which is as many as there may be; delete one`,
  )
}

/**
 * Trust a key no more: what it signed counts no more.
 *
 * @param seen the hint of the key that it is about; undefined: whichever has the name
 * @throws RESOURCE_DOES_NOT_EXIST
 * @throws RESOURCE_CONFLICT the name has another key than was seen
 */
export async function deleteTrustedKey(ctx: Context, name: string, seen?: string): Promise<void> {
  const which = sql`${named(ctx, name)} and ${isSeen(ctx, name, seen)}`
  const { deleted } = await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'trusted_key.deleted',
      from: which,
      before: sql`json_object('name', name, 'hint', hint)`,
    }),
    deleted: sql<{ name: string }>`delete from ${which} returning name`,
  })
  if (deleted.length > 0) return
  await getTrustedKey(ctx, name)
  throw otherKey(name)
}

function isSeen(ctx: Context, name: string, seen: string | null | undefined): SQL {
  return seen === undefined ? sql`1` : sql`(select hint from ${named(ctx, name)}) is ${seen}`
}

function otherKey(name: string): RegistryError {
  return conflict(
    `'${excerpt(name)}' has another key than was seen, or none any more; look at it and try again`,
  )
}

function named(ctx: Context, name: string): SQL {
  return sql`trusted_keys where workspace = ${ctx.workspace} and name = ${name}`
}
