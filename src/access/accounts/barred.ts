import { type SQL, sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { excerpt, notFound, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { barredIdentities } from '../tables.ts'
import { commitAccess } from './epoch.ts'

/** Somebody whom an outside issuer identifies, and who gets no account here by signing in. */
export type BarredIdentity = {
  readonly id: number
  readonly issuer: string
  readonly subject: string
  /** The name of the account that they had. */
  readonly account: string
  /** Who deleted it, or removed the link: a principal's name. */
  readonly barredBy: string
  readonly barredAtMs: number
}

type BarredRow = typeof barredIdentities.$inferSelect

/**
 * The statements that bar whom an account stands for, for the batch that deletes it, ahead of that.
 *
 * @param which condition on `accounts a`: the one that deletes
 */
export function barStatements(ctx: Context, which: SQL): { barred: SQL; barredEntries: SQL } {
  const from = sql`identities i join accounts a on a.id = i.account where ${which}`
  return {
    barred: barStatement(ctx, from),
    barredEntries: entryStatement(ctx, {
      action: 'identity.barred',
      from,
      after: sql`json_object('account', a.name, 'issuer', i.issuer, 'subject', i.subject)`,
    }),
  }
}

/** The statement that bars the identities `i` of accounts `a` in `from`. */
export function barStatement(ctx: Context, from: SQL): SQL {
  return sql`insert into barred_identities (issuer, subject, account, barred_by, barred_at_ms)
    select i.issuer, i.subject, a.name, ${ctx.principal.name}, ${ctx.now()} from ${from}
    on conflict (issuer, subject) do update set account = excluded.account,
      barred_by = excluded.barred_by, barred_at_ms = excluded.barred_at_ms`
}

/** Condition that nobody barred the identity. */
export function isNotBarred(issuer: string, subject: string): SQL {
  return sql`not exists (${barOf(issuer, subject)})`
}

/** @throws PERMISSION_DENIED the identity is barred */
export async function refuseBarred(ctx: Context, issuer: string, subject: string): Promise<void> {
  if (!(await ctx.db.first(barOf(issuer, subject)))) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `An administrator ended the account here of '${excerpt(subject)}' of issuer '${excerpt(issuer)}', so signing in makes no new one. An administrator may let them in again: \`gatehouse identities admit\``,
  )
}

function barOf(issuer: string, subject: string): SQL {
  return sql`select 1 from barred_identities where issuer = ${issuer} and subject = ${subject}`
}

/** At most `count` barred identities with an id above `after`, by id. */
export async function findBarredAfter(
  ctx: Context,
  after: number,
  count: number,
): Promise<BarredIdentity[]> {
  const rows = await ctx.db.all(
    sql<BarredRow>`select * from barred_identities where id > ${after} order by id limit ${count}`,
  )
  return rows.map(({ id, issuer, subject, account, barred_by, barred_at_ms }) => ({
    ...{ id, issuer, subject, account },
    barredBy: barred_by,
    barredAtMs: barred_at_ms,
  }))
}

/** Let somebody sign up again. @throws RESOURCE_DOES_NOT_EXIST */
export async function admitIdentity(ctx: Context, id: number): Promise<void> {
  const { admitted } = await commitAccess(ctx, {
    entry: entryStatement(ctx, {
      action: 'identity.admitted',
      from: sql`barred_identities b where b.id = ${id}`,
      before: sql`json_object('account', b.account, 'issuer', b.issuer, 'subject', b.subject)`,
    }),
    admitted: sql`delete from barred_identities where id = ${id} returning 1`,
  })
  if (admitted.length === 0) throw notFound('Barred identity', String(id))
}
