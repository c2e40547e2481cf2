import { type SQL, sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { excerpt, invalid, notFound, RegistryError } from '../../core/error.ts'
import { parseRowId } from '../../core/int64.ts'
import { checkLength } from '../../core/names.ts'
import type { Scope } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { commitAccess } from './epoch.ts'
import { requireAccount, requireSelfOrAdmin } from './require-admin.ts'
import { newTokenText, tokenHash } from './token-text.ts'

const nameCharsMax = 128
const dayMs = 86_400_000

/** What may be known of a token; never the token. */
export type Token = {
  readonly id: number
  readonly name: string
  /** The account that it signs in as: `rita`, `service:trainer`. */
  readonly owner: string
  readonly scopes: readonly Scope[]
  readonly createdAtMs: number
  readonly expiresAtMs: number | undefined
  /** To the minute; undefined: never. */
  readonly lastUsedAtMs: number | undefined
}

export type NewToken = {
  readonly name: string
  /** The caller's own account where it is not given. */
  readonly owner: string | undefined
  readonly scopes: readonly Scope[]
  /** Undefined: it never expires. */
  readonly expiresInDays: number | undefined
}

/**
 * Make a token. Users make them for themselves, administrators for everybody. A token makes none
 * that could do more or live longer than itself, so that a leaked one ends when it is to end.
 *
 * @returns what is kept of it, and the token itself, which nobody sees again
 * @throws INVALID_PARAMETER_VALUE, PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST
 */
export async function createToken(
  ctx: Context,
  asked: NewToken,
): Promise<{ readonly token: Token; readonly text: string }> {
  checkTokenName(asked.name)
  if (asked.owner === undefined) requireAccount(ctx)
  const owner = asked.owner ?? ctx.principal.name
  requireSelfOrAdmin(ctx, owner)
  const createdAtMs = ctx.now()
  const days = asked.expiresInDays
  const expiresAtMs = days === undefined ? undefined : createdAtMs + days * dayMs
  const scopes = (['read', 'write'] as const).filter((scope) => asked.scopes.includes(scope))
  refuseBeyondOwn(ctx, scopes, expiresAtMs)

  const text = newTokenText()
  const sha256 = await tokenHash(ctx, text)
  const [made] = await commitAccess(ctx, [
    sql`insert into tokens (account, name, sha256, scopes, created_at_ms, expires_at_ms)
      select id, ${asked.name}, ${sha256}, ${scopes.join(' ')}, ${createdAtMs}, ${expiresAtMs ?? null}
      from accounts where name = ${owner} returning id`,
    entryStatement(ctx, {
      action: 'token.created',
      from: sql`tokens t join accounts a on a.id = t.account where t.sha256 = ${sha256}`,
      after: tokenJson,
    }),
  ])
  const row = made?.[0] as { id: number } | undefined
  if (!row) throw notFound('Account', owner)
  const { name } = asked
  const lastUsedAtMs = undefined
  return {
    token: { id: row.id, name, owner, scopes, createdAtMs, expiresAtMs, lastUsedAtMs },
    text,
  }
}

function refuseBeyondOwn(
  ctx: Context,
  scopes: readonly Scope[],
  expiresAtMs: number | undefined,
): void {
  const own = ctx.principal.token
  if (!own) return
  const beyond = scopes.find((scope) => !own.scopes.includes(scope))
  const outlives = own.expiresAtMs !== undefined && (expiresAtMs ?? Infinity) > own.expiresAtMs
  if (beyond === undefined && !outlives) return
  const what = outlives ? 'lives longer than itself' : `has the scope '${beyond}', which it lacks`
  throw new RegistryError(
    'PERMISSION_DENIED',
    `An access token may not make one that ${what}; sign in with the password for that`,
  )
}

/**
 * Tokens by id, the first `count` of those after `after`: the caller's own, of an administrator
 * everybody's.
 *
 * @param owner only this account's
 */
export async function listTokens(
  ctx: Context,
  owner: string | undefined,
  after: number,
  count: number,
): Promise<Token[]> {
  const rows = await ctx.db.all<Row>(sql`
    select t.id, t.name, a.name as owner, t.scopes, t.created_at_ms, t.expires_at_ms,
      t.last_used_at_ms
    from tokens t join accounts a on a.id = t.account
    where t.id > ${after} and ${mine(ctx)} and (${owner ?? null} is null or a.name = ${owner ?? null})
    order by t.id limit ${count}`)
  return rows.map(tokenFrom)
}

/** From the next request on nobody signs in with it. @throws RESOURCE_DOES_NOT_EXIST */
export async function revokeToken(ctx: Context, id: string): Promise<void> {
  const rowId = parseRowId(id)
  if (rowId === undefined) throw notFound('Token', id)
  const [, revoked] = await commitAccess(ctx, [
    entryStatement(ctx, {
      action: 'token.revoked',
      from: sql`tokens t join accounts a on a.id = t.account where t.id = ${rowId} and ${mine(ctx)}`,
      before: tokenJson,
    }),
    sql`delete from tokens as t where t.id = ${rowId} and ${mine(ctx)} returning 1`,
  ])
  // Another's token is not there for who may not see it.
  if (!revoked?.length) throw notFound('Token', id)
}

function mine(ctx: Context): SQL {
  return sql`(${ctx.principal.isAdmin} or t.account = ${ctx.principal.accountId ?? null})`
}

/** The token `t` of the account `a`, as entries of the record have it. */
const tokenJson: SQL = sql.raw(`json_object('id', cast(t.id as text), 'name', t.name, 'for', a.name,
  'scopes', json('["' || replace(t.scopes, ' ', '","') || '"]'), 'expires_at', t.expires_at_ms)`)

function checkTokenName(name: string): void {
  checkLength(name, nameCharsMax, 'name')
  if (name.trim() === '' || /[\p{Cc}\p{Cs}]/u.test(name)) {
    throw invalid(`Invalid token name '${excerpt(name)}': use visible characters`)
  }
}

type Row = {
  readonly id: number
  readonly name: string
  readonly owner: string
  readonly scopes: string
  readonly created_at_ms: number
  readonly expires_at_ms: number | null
  readonly last_used_at_ms: number | null
}

function tokenFrom(row: Row): Token {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    scopes: row.scopes.split(' ') as Scope[],
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms ?? undefined,
    lastUsedAtMs: row.last_used_at_ms ?? undefined,
  }
}
