import { sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { conflict, notFound } from '../../core/error.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import type { identities } from '../tables.ts'
import { barStatement } from './barred.ts'
import { commitAccess } from './epoch.ts'

/** Somebody whom an outside issuer identifies, and the account that they have here. */
export type Identity = {
  readonly id: number
  readonly account: string
  readonly issuer: string
  readonly subject: string
  readonly createdAtMs: number
}

type IdentityRow = Pick<
  typeof identities.$inferSelect,
  'id' | 'issuer' | 'subject' | 'created_at_ms'
> & {
  account: string
}

const columns = sql`i.id, a.name as account, i.issuer, i.subject, i.created_at_ms`
const from = sql`identities i join accounts a on a.id = i.account`
const asJson = sql`json_object('account', a.name, 'issuer', i.issuer, 'subject', i.subject)`

/** At most `count` identities with an id above `after`, by id. */
export async function findIdentitiesAfter(
  ctx: Context,
  after: number,
  count: number,
): Promise<Identity[]> {
  const rows = await ctx.db.all(
    sql<IdentityRow>`select ${columns} from ${from} where i.id > ${after} order by i.id limit ${count}`,
  )
  return rows.map(identityFrom)
}

/**
 * Link an account to somebody whom an issuer identifies.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such account
 * @throws RESOURCE_CONFLICT they have another account; remove that link first
 */
export async function linkIdentity(
  ctx: Context,
  { account, issuer, subject }: Pick<Identity, 'account' | 'issuer' | 'subject'>,
): Promise<Identity> {
  const own = sql`i.issuer = ${issuer} and i.subject = ${subject}`
  try {
    const { linked } = await commitAccess(ctx, {
      inserted: sql`insert into identities (issuer, subject, account, created_at_ms)
        select ${issuer}, ${subject}, id, ${ctx.now()} from accounts where name = ${account}`,
      admitted: sql`delete from barred_identities as b where b.issuer = ${issuer}
        and b.subject = ${subject} and exists (select 1 from ${from} where ${own})`,
      entry: entryStatement(ctx, {
        action: 'identity.linked',
        from: sql`${from} where ${own}`,
        after: asJson,
      }),
      linked: sql<IdentityRow>`select ${columns} from ${from} where ${own}`,
    })
    const [row] = linked
    if (!row) throw notFound('Account', account)
    return identityFrom(row)
  } catch (err) {
    if (!(err instanceof ConstraintError)) throw err
    throw conflict(`'${subject}' of '${issuer}' is linked to an account already; unlink it first`)
  }
}

/**
 * Remove a link, and end the sessions that were started through it. Whom it was for gets no account by
 * signing in, until an administrator links or admits them.
 *
 * @throws RESOURCE_DOES_NOT_EXIST
 */
export async function unlinkIdentity(ctx: Context, id: number): Promise<void> {
  const { unlinked } = await commitAccess(ctx, {
    entry: entryStatement(ctx, {
      action: 'identity.unlinked',
      from: sql`${from} where i.id = ${id}`,
      before: asJson,
    }),
    barred: barStatement(ctx, sql`${from} where i.id = ${id}`),
    ended: sql`delete from sessions where exists (select 1 from identities i
      where i.id = ${id} and i.account = sessions.account and i.issuer = sessions.issuer)`,
    unlinked: sql`delete from identities where id = ${id} returning id`,
  })
  if (unlinked.length === 0) throw notFound('Identity', String(id))
}

function identityFrom(row: IdentityRow): Identity {
  const { id, account, issuer, subject } = row
  return { id, account, issuer, subject, createdAtMs: row.created_at_ms }
}
