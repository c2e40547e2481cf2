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

/** By name. */
export async function listTrustedKeys(ctx: Context): Promise<TrustedKey[]> {
  const rows = await ctx.db.all(sql<typeof trustedKeys.$inferSelect>`select * from trusted_keys
    where workspace = ${ctx.workspace} order by name`)
  return rows.map(({ name, hint, pem, set_by, set_at_ms }) => ({
    ...{ name, hint, pem, setBy: JSON.parse(set_by), setAtMs: set_at_ms },
  }))
}

/**
 * Trust a key under a name, in place of the one that had it: what that one signed counts no more.
 *
 * @throws INVALID_PARAMETER_VALUE it is no public key of the one kind that is verified
 * @throws RESOURCE_EXHAUSTED there are as many as there may be
 * @throws RESOURCE_CONFLICT another took the name meanwhile
 */
export async function setTrustedKey(ctx: Context, name: string, text: string): Promise<TrustedKey> {
  const key = await readPublicKey(ctx, text)
  if (!key) {
    throw invalid(
      "Invalid value for 'pem': it is no public key in PEM of an ECDSA key on the curve P-256; `openssl pkey -pubout` prints one",
    )
  }
  const { hint, pem } = key
  const isOther = sql`not exists (select 1 from ${named(ctx, name)} and hint = ${hint})`
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
  if (set) throw conflict(`Another key was set as '${excerpt(name)}' meanwhile; try again`)
  throw new RegistryError(
    'RESOURCE_EXHAUSTED',
    `${keysMax} keys are trusted, which is as many as there may be; delete one`,
  )
}

/** Trust a key no more: what it signed counts no more. @throws RESOURCE_DOES_NOT_EXIST */
export async function deleteTrustedKey(ctx: Context, name: string): Promise<void> {
  const { deleted } = await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'trusted_key.deleted',
      from: named(ctx, name),
      before: sql`json_object('name', name, 'hint', hint)`,
    }),
    deleted: sql<{ name: string }>`delete from ${named(ctx, name)} returning name`,
  })
  if (deleted.length === 0) throw notFound('Trusted key', excerpt(name))
}

function named(ctx: Context, name: string): SQL {
  return sql`trusted_keys where workspace = ${ctx.workspace} and name = ${name}`
}
