import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement } from '../../audit/commit.ts'
import { randomBytes, toHex } from '../../core/bytes.ts'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { type PrincipalRow, principalColumns, principalFrom } from '../accounts/principals.ts'
import type { Credentials } from './credentials.ts'

/** A session is written to once in so long, not with every request. */
const seenEveryMs = 60_000

const idChars = /^[0-9a-f]{64}$/

/**
 * Sign `principal` in to the web page: a new id, and the one that the browser had before ends.
 *
 * @param issuer who vouched for them; undefined: their password
 * @param claimed groups that the issuer told of; they hold as long as the session
 * @param before the id of the browser's session until now
 * @returns the session's id, for its cookie alone
 */
export async function startSession(
  ctx: Context,
  principal: Principal,
  from: { readonly issuer: string | undefined; readonly claimed: readonly string[] },
  before: string | undefined,
): Promise<string> {
  const id = toHex(randomBytes(32))
  const now = ctx.now()
  const account = principal.accountId
  if (account === undefined) throw new Error('a session needs an account')
  await commit({ ...ctx, principal }, [
    sql`delete from sessions as s where s.id_hash = ${await hashOf(before ?? '')} or ${isOver(ctx)}`,
    sql`insert into sessions (id_hash, account, issuer, groups, created_at_ms, seen_at_ms)
      values (${await hashOf(id)}, ${account}, ${from.issuer ?? null},
        ${JSON.stringify(from.claimed)}, ${now}, ${now})`,
    entryStatement(
      { ...ctx, principal },
      {
        action: 'session.started',
        from: sql`accounts a where a.id = ${account}`,
        after: sql`json_object('account', a.name, 'issuer', ${from.issuer ?? null})`,
      },
    ),
  ])
  return id
}

/** End a session; one that is over is no error. */
export async function endSession(ctx: Context, id: string): Promise<void> {
  const one = sql`id_hash = ${await hashOf(id)}`
  const row = await ctx.db.first<PrincipalRow>(
    sql`select ${principalColumns} from sessions s join accounts a on a.id = s.account where ${one}`,
  )
  if (!row) return
  const principal = principalFrom(row)
  await commit(ctx, [
    entryStatement(
      { ...ctx, principal },
      {
        action: 'session.ended',
        from: sql`sessions s join accounts a on a.id = s.account where ${one}`,
        before: sql`json_object('account', a.name, 'issuer', s.issuer)`,
      },
    ),
    sql`delete from sessions where ${one}`,
  ])
}

type SessionRow = PrincipalRow & {
  readonly issuer: string | null
  /** What the issuer said, a JSON list. */
  readonly claimed: string
  readonly seen_at_ms: number
}

/** Who is signed in to the web page in this browser. A session that is over, or of a
 * provider that is not ours any more, counts as none. */
export async function authenticateBySession(
  ctx: Context,
  { session, authorization }: Credentials,
): Promise<Principal | undefined> {
  if (session === undefined || authorization !== undefined || !idChars.test(session)) {
    return undefined
  }
  const idHash = await hashOf(session)
  const row = await ctx.db.first<SessionRow>(sql`
    select ${principalColumns}, s.issuer, s.groups as claimed, s.seen_at_ms
    from sessions s join accounts a on a.id = s.account
    where s.id_hash = ${idHash} and not (${isOver(ctx)})`)
  const { oidc } = ctx.settings
  if (!row || (row.issuer !== null && row.issuer !== oidc?.issuer)) return undefined
  if (ctx.now() - row.seen_at_ms >= seenEveryMs) {
    await ctx.db.all(sql`update sessions set seen_at_ms = ${ctx.now()} where id_hash = ${idHash}`)
  }
  return principalFrom(row, {
    groups: JSON.parse(row.claimed),
    adminGroup: row.issuer === null ? undefined : oidc?.adminGroup,
  })
}

function isOver({ settings, now }: Context): SQL {
  return sql`s.seen_at_ms < ${now() - settings.sessionIdleMs}
    or s.created_at_ms < ${now() - settings.sessionMaxMs}`
}

async function hashOf(id: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id))
  return toHex(new Uint8Array(digest))
}
