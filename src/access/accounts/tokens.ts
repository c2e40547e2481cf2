import { type SQL, sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { randomBytes, toHex } from '../../core/bytes.ts'
import { excerpt, invalid, notFound, RegistryError } from '../../core/error.ts'
import { parseRowId } from '../../core/int64.ts'
import { checkLength } from '../../core/names.ts'
import type { Scope } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { hashText } from '../../platform/hash.ts'
import { deriveSecret } from '../signatures/sigv4.ts'
import { commitAccess } from './epoch.ts'
import { requireAccount, requireSelfOrAdmin } from './require-admin.ts'

const nameCharsMax = 128
const dayMs = 86_400_000

/** `gh_` and 256 random bits: too many to be guessed, so that a plain hash is enough. */
function makeTokenText(): string {
  return `gh_${toHex(randomBytes(32))}`
}

/** Whether `text` can only be an access token of this server. */
export function looksLikeToken(text: string): boolean {
  return /^gh_[0-9a-f]{64}$/.test(text)
}

/** What is stored of a token: lower-case hex. */
export function hashToken(ctx: Context, text: string): Promise<string> {
  return hashText(ctx, text)
}

/** An access token as it is shown; never its text. */
export type AccessToken = {
  readonly id: number
  readonly name: string
  /** The account that it signs in as: `rita`, `service:trainer`. */
  readonly owner: string
  readonly scopes: readonly Scope[]
  readonly createdAtMs: number
  readonly expiresAtMs: number | undefined
  /** To the minute; undefined: never. */
  readonly lastUsedAtMs: number | undefined
  /** Key id of its key pair for AWS's clients; undefined: it has none. */
  readonly awsKeyId: string | undefined
}

export type NewToken = {
  readonly name: string
  /** Undefined: the caller's own account. */
  readonly owner: string | undefined
  readonly scopes: readonly Scope[]
  /** Undefined: the token never expires, or only with the session or JWT that makes it. */
  readonly expiresInDays: number | undefined
  /** Whether it has a key pair too, with which AWS's clients sign. */
  readonly hasKeyPair?: boolean | undefined
}

/** A token that was just made, with all that is never shown again. */
export type MadeToken = {
  readonly token: AccessToken
  readonly text: string
  readonly keyPair: { readonly id: string; readonly secret: string } | undefined
}

/**
 * Make a token. Users make them for themselves, administrators for everybody. The token may do no
 * more, and lives no longer, than what the caller signed in with: it expires with that at the
 * latest, and is revoked with the token or session that made it. So a leaked credential leaves no
 * token behind.
 *
 * @returns what is stored of the token, its text and its key pair, which are never shown again
 * @throws INVALID_PARAMETER_VALUE, PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST
 */
export async function createToken(ctx: Context, wanted: NewToken): Promise<MadeToken> {
  checkTokenName(wanted.name)
  if (wanted.owner === undefined) requireAccount(ctx)
  const owner = wanted.owner ?? ctx.principal.name
  requireSelfOrAdmin(ctx, owner)
  const createdAtMs = ctx.now()
  const days = wanted.expiresInDays
  const expiresAtMs = days === undefined ? endOf(ctx) : createdAtMs + days * dayMs
  const scopes = (['read', 'write'] as const).filter((scope) => wanted.scopes.includes(scope))
  refuseBeyondOwn(ctx, scopes, expiresAtMs)

  const text = makeTokenText()
  const sha256 = await hashToken(ctx, text)
  const keyPair = wanted.hasKeyPair ? await makeKeyPair(ctx) : undefined
  const { inserted } = await commitAccess(ctx, {
    inserted: sql<{ id: number }>`
      insert into tokens (account, name, sha256, aws_key_id, scopes, created_at_ms, expires_at_ms, made_by, session)
      select id, ${wanted.name}, ${sha256}, ${keyPair?.id ?? null}, ${scopes.join(' ')}, ${createdAtMs}, ${expiresAtMs ?? null},
        ${ctx.principal.token?.id ?? null}, ${ctx.principal.session ?? null}
      from accounts where name = ${owner} returning id`,
    entry: entryStatement(ctx, {
      action: 'token.created',
      from: sql`tokens t join accounts a on a.id = t.account where t.sha256 = ${sha256}`,
      after: tokenJson,
    }),
  })
  const [row] = inserted
  if (!row) throw notFound('Account', owner)
  const { name } = wanted
  const lastUsedAtMs = undefined
  return {
    token: {
      ...{ id: row.id, name, owner, scopes, createdAtMs, expiresAtMs, lastUsedAtMs },
      awsKeyId: keyPair?.id,
    },
    text,
    keyPair,
  }
}

/** Upper-case letters and digits that are not taken for each other. */
const keyIdLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** `GHK` and 85 random bits, as long as AWS's own; the secret follows from it. */
async function makeKeyPair(ctx: Context): Promise<MadeToken['keyPair']> {
  const letters = Array.from(randomBytes(17), (byte) => keyIdLetters[byte % keyIdLetters.length])
  const id = `GHK${letters.join('')}`
  return { id, secret: await deriveSecret(signingKeyOf(ctx), id) }
}

/** On a Worker without a signing key, reading it throws a message that is not about key pairs. */
function signingKeyOf({ settings }: Context): string {
  try {
    return settings.signingKey
  } catch (err) {
    throw new RegistryError(
      'NOT_IMPLEMENTED',
      'This server has no key that secret access keys follow from; set GATEHOUSE_SIGNING_KEY',
      { cause: err },
    )
  }
}

/**
 * When a session or JWT ends, which is not a number of days; undefined for every other way to sign
 * in.
 */
function endOf({ principal }: Context): number | undefined {
  return principal.token ? undefined : principal.endsAtMs
}

function refuseBeyondOwn(
  ctx: Context,
  scopes: readonly Scope[],
  expiresAtMs: number | undefined,
): void {
  const { token, endsAtMs } = ctx.principal
  const beyond = token && scopes.find((scope) => !token.scopes.includes(scope))
  const outlives = endsAtMs !== undefined && (expiresAtMs ?? Infinity) > endsAtMs
  if (beyond === undefined && !outlives) return
  const what = outlives ? 'lives longer than itself' : `has the scope '${beyond}', which it lacks`
  const by = token ? 'An access token' : 'A credential'
  const remedy = token || !ctx.principal.session ? '' : ', or leave expires_in_days out'
  throw new RegistryError(
    'PERMISSION_DENIED',
    `${by} may not make an access token that ${what}; sign in with the password for that${remedy}`,
  )
}

/**
 * Tokens by id, the first `count` of those after `after`: the caller's own, or everybody's for an
 * administrator.
 *
 * @param owner only this account's
 */
export async function listTokens(
  ctx: Context,
  owner: string | undefined,
  { after, count }: { readonly after: number; readonly count: number },
): Promise<AccessToken[]> {
  const rows = await ctx.db.all(sql<TokenRow>`
    select t.id, t.name, a.name as owner, t.scopes, t.created_at_ms, t.expires_at_ms,
      t.last_used_at_ms, t.aws_key_id
    from tokens t join accounts a on a.id = t.account
    where t.id > ${after} and ${isVisible(ctx)} and (${owner ?? null} is null or a.name = ${owner ?? null})
    order by t.id limit ${count}`)
  return rows.map(tokenFrom)
}

/** Revoke a token, from the next request on. @throws RESOURCE_DOES_NOT_EXIST */
export async function revokeToken(ctx: Context, id: string): Promise<void> {
  const rowId = parseRowId(id)
  if (rowId === undefined) throw notFound('Token', id)
  const { revoked } = await commitAccess(ctx, {
    entry: entryStatement(ctx, {
      action: 'token.revoked',
      from: sql`tokens t join accounts a on a.id = t.account where t.id = ${rowId} and ${isVisible(ctx)}`,
      before: tokenJson,
    }),
    revoked: sql`delete from tokens as t where t.id = ${rowId} and ${isVisible(ctx)} returning 1`,
  })
  // To a caller who may not see a token, it does not exist.
  if (revoked.length === 0) throw notFound('Token', id)
}

/** Condition on a token `t`: the caller's own, or any for an administrator. */
function isVisible(ctx: Context): SQL {
  return sql`(${ctx.principal.isAdmin} or t.account = ${ctx.principal.accountId ?? null})`
}

/** The token `t` of the account `a`, as audit entries show it. */
const tokenJson: SQL = sql.raw(`json_object('id', cast(t.id as text), 'name', t.name, 'for', a.name,
  'scopes', json('["' || replace(t.scopes, ' ', '","') || '"]'), 'expires_at', t.expires_at_ms, 'aws_access_key_id', t.aws_key_id)`)

function checkTokenName(name: string): void {
  checkLength(name, nameCharsMax, 'name')
  if (name.trim() === '' || /[\p{Cc}\p{Cs}]/u.test(name)) {
    throw invalid(`Invalid token name '${excerpt(name)}': use visible characters`)
  }
}

type TokenRow = {
  readonly id: number
  readonly name: string
  readonly owner: string
  readonly scopes: string
  readonly created_at_ms: number
  readonly expires_at_ms: number | null
  readonly last_used_at_ms: number | null
  readonly aws_key_id: string | null
}

function tokenFrom(row: TokenRow): AccessToken {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    scopes: row.scopes.split(' ') as Scope[],
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms ?? undefined,
    lastUsedAtMs: row.last_used_at_ms ?? undefined,
    awsKeyId: row.aws_key_id ?? undefined,
  }
}
