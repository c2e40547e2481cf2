import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement } from '../../audit/commit.ts'
import { randomBytes, toHex } from '../../core/bytes.ts'
import { notFound } from '../../core/error.ts'
import type { Principal } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { hashText } from '../../platform/hash.ts'
import { type PrincipalRow, principalColumns, principalFrom } from '../accounts/principals.ts'
import type { Credentials } from './credentials.ts'

/** The last request of a session is written at most this often. */
const seenEveryMs = 60_000

const idChars = /^[0-9a-f]{64}$/

export type NewSession = {
  /** Who identified them; undefined: their password did. */
  readonly issuer?: string | undefined
  /** Groups that the issuer named; they count as long as the session lasts. */
  readonly claimed?: readonly string[]
  /** The id of the browser's current session, which ends. */
  readonly before?: string | undefined
}

/**
 * Sign `principal` in to the web page.
 *
 * @returns the id of the new session, for nothing but its cookie
 */
export async function startSession(
  ctx: Context,
  principal: Principal,
  { issuer, claimed = [], before }: NewSession,
): Promise<string> {
  const id = toHex(randomBytes(32))
  const idHash = await hashText(ctx, id)
  const hashBefore = await hashText(ctx, before ?? '')
  const now = ctx.now()
  const account = principal.accountId
  if (account === undefined) throw new Error('a session needs an account')
  await commit(
    { ...ctx, principal },
    {
      ended: sql`delete from sessions as s where s.id_hash = ${hashBefore} or ${isOver(ctx)}`,
      started: sql`insert into sessions (id_hash, account, issuer, groups, created_at_ms, seen_at_ms)
      values (${idHash}, ${account}, ${issuer ?? null},
        ${JSON.stringify(claimed)}, ${now}, ${now})`,
      entry: entryStatement(
        { ...ctx, principal },
        {
          action: 'session.started',
          from: sql`accounts a where a.id = ${account}`,
          after: sql`json_object('account', a.name, 'issuer', ${issuer ?? null})`,
        },
      ),
    },
  )
  return id
}

/** End a session. If it is over already, nothing happens. */
export async function endSession(ctx: Context, id: string): Promise<void> {
  const one = sql`s.id_hash = ${await hashText(ctx, id)}`
  const row = await ctx.db.first(
    sql<PrincipalRow>`select ${principalColumns}
      from sessions s join accounts a on a.id = s.account where ${one}`,
  )
  if (!row) return
  const principal = principalFrom(row)
  await commit(ctx, {
    entry: sessionEndedEntry({ ...ctx, principal }, one),
    ended: sql`delete from sessions as s where ${one}`,
  })
}

/** A browser in which the caller is signed in. */
export type SignIn = {
  /** Not what its cookie holds. */
  readonly id: string
  /** Who identified them; undefined: their password did. */
  readonly issuer: string | undefined
  readonly startedAtMs: number
  /** The time of the last request, to the minute. */
  readonly seenAtMs: number
  /** The one that asks. */
  readonly isCurrent: boolean
}

/** So many digits of `id_hash` tell the sessions of one account apart. */
const idDigits = 16

/** The caller's sessions, the last used first; none where no account stands for the caller. */
export async function listSignIns(ctx: Context): Promise<SignIn[]> {
  type Row = Record<'id_hash', string> & Pick<SessionRow, 'issuer' | 'created_at_ms' | 'seen_at_ms'>
  const rows = await ctx.db.all(sql<Row>`select s.id_hash, s.issuer, s.created_at_ms, s.seen_at_ms
    from sessions s where ${isOwn(ctx)} and not (${isOver(ctx)}) order by s.seen_at_ms desc, s.id_hash`)
  return rows.map((row) => ({
    id: row.id_hash.slice(0, idDigits),
    issuer: row.issuer ?? undefined,
    startedAtMs: row.created_at_ms,
    seenAtMs: row.seen_at_ms,
    isCurrent: row.id_hash === ctx.principal.session,
  }))
}

/** End one of the caller's sessions, with the tokens that were made in it. @throws RESOURCE_DOES_NOT_EXIST */
export async function endSignIn(ctx: Context, id: string): Promise<void> {
  const one = sql`${isOwn(ctx)} and substr(s.id_hash, 1, ${idDigits}) = ${id}`
  const { ended } = await commit(ctx, {
    entry: sessionEndedEntry(ctx, one),
    ended: sql`delete from sessions as s where ${one} returning 1`,
  })
  if (ended.length === 0) throw notFound('Sign-in', id)
}

/** @param which condition on `sessions s` */
function sessionEndedEntry(ctx: Context, which: SQL): SQL {
  return entryStatement(ctx, {
    action: 'session.ended',
    from: sql`sessions s join accounts a on a.id = s.account where ${which}`,
    before: sql`json_object('account', a.name, 'issuer', s.issuer)`,
  })
}

/** Condition on `sessions s`. */
function isOwn({ principal }: Context): SQL {
  return sql`s.account = ${principal.accountId ?? null}`
}

type SessionRow = PrincipalRow & {
  readonly issuer: string | null
  /** The groups that the issuer named, a JSON list. */
  readonly claimed: string
  readonly created_at_ms: number
  readonly seen_at_ms: number
}

/**
 * Who is signed in to the web page in this browser. A session does not count if it is over, or if
 * its provider is no longer the one in the settings.
 */
export async function authenticateBySession(
  ctx: Context,
  { session, authorization }: Credentials,
): Promise<Principal | undefined> {
  if (session === undefined || authorization !== undefined || !idChars.test(session)) {
    return undefined
  }
  const idHash = await hashText(ctx, session)
  const row = await ctx.db.first(sql<SessionRow>`
    select ${principalColumns}, s.issuer, s.groups as claimed, s.created_at_ms, s.seen_at_ms
    from sessions s join accounts a on a.id = s.account
    where s.id_hash = ${idHash} and not (${isOver(ctx)})`)
  const { oidc } = ctx.settings
  if (!row || (row.issuer !== null && row.issuer !== oidc?.issuer)) return undefined
  if (ctx.now() - row.seen_at_ms >= seenEveryMs) {
    await ctx.db.all(sql`update sessions set seen_at_ms = ${ctx.now()} where id_hash = ${idHash}`)
  }
  const principal = principalFrom(row, {
    groups: JSON.parse(row.claimed),
    adminGroup: row.issuer === null ? undefined : oidc?.adminGroup,
  })
  const endsAtMs = row.created_at_ms + ctx.settings.sessionMaxMs
  return { ...principal, session: idHash, endsAtMs }
}

function isOver({ settings, now }: Context): SQL {
  return sql`s.seen_at_ms < ${now() - settings.sessionIdleMs}
    or s.created_at_ms < ${now() - settings.sessionMaxMs}`
}
