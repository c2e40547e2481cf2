import { type SQL, sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import type { Principal, Scope } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { type PrincipalRow, principalColumns, principalFrom } from '../accounts/principals.ts'
import { hashToken, looksLikeToken } from '../accounts/tokens.ts'
import { basicOf, bearerOf, type Credentials } from './credentials.ts'
import { getProof, type Proof } from './proof-cache.ts'

/** How old the last use in the database may be before it is written again. */
const noteEveryMs = 60_000

export type TokenProof = Proof & { readonly tokenId: number; notedAtMs: number }

type TokenRow = PrincipalRow & {
  readonly token_id: number
  readonly scopes: string
  readonly expires_at_ms: number | null
  readonly last_used_at_ms: number | null
}

/**
 * An access token, as the bearer or as the password of any user name. There is no throttling: 256
 * random bits are not guessed, and a job with an outdated token must not lock out its neighbours.
 */
export async function authenticateByToken(
  ctx: Context,
  credentials: Credentials,
): Promise<Principal | undefined> {
  const text = bearerOf(credentials) ?? basicOf(credentials)?.password
  if (text === undefined || !looksLikeToken(text)) return undefined
  const proof = await getProof<TokenProof>(ctx, `token ${text}`, async () =>
    readTokenProof(ctx, sql`t.sha256 = ${await hashToken(ctx, text)}`, refused),
  )
  return takeToken(ctx, proof, refused)
}

/** The principal of a token that was proved, and a note that it was used. @param refusal for one that expired */
export async function takeToken(
  ctx: Context,
  proof: TokenProof,
  refusal: () => RegistryError,
): Promise<Principal> {
  if (proof.expiresAtMs !== undefined && proof.expiresAtMs <= ctx.now()) throw refusal()
  if (ctx.now() - proof.notedAtMs >= noteEveryMs) await noteUse(ctx, proof)
  return proof.principal
}

/** @param which condition on the token `t` @param refusal where there is none */
export async function readTokenProof(
  ctx: Context,
  which: SQL,
  refusal: () => RegistryError,
): Promise<TokenProof> {
  const row = await ctx.db.first(sql<TokenRow>`
    select ${principalColumns}, t.id as token_id, t.scopes, t.expires_at_ms, t.last_used_at_ms
    from tokens t join accounts a on a.id = t.account where ${which}`)
  if (!row) throw refusal()
  const expiresAtMs = row.expires_at_ms ?? undefined
  const token = { id: row.token_id, scopes: row.scopes.split(' ') as Scope[] }
  return {
    principal: { ...principalFrom(row), token, endsAtMs: expiresAtMs },
    expiresAtMs,
    tokenId: row.token_id,
    notedAtMs: row.last_used_at_ms ?? 0,
  }
}

/** Of many processes one writes. A failure to write is no reason to refuse the caller. */
async function noteUse(ctx: Context, proof: TokenProof): Promise<void> {
  const now = ctx.now()
  proof.notedAtMs = now
  try {
    await ctx.db.all(sql`update tokens set last_used_at_ms = ${now} where id = ${proof.tokenId}
      and coalesce(last_used_at_ms, 0) <= ${now - noteEveryMs}`)
  } catch (err) {
    const error = failureText(err)
    logError({ requestId: ctx.requestId, operation: 'note the use of a token', error })
  }
}

function refused(): RegistryError {
  return new RegistryError(
    'UNAUTHENTICATED',
    'The access token is unknown, expired or revoked; ask for another and set MLFLOW_TRACKING_TOKEN',
  )
}
