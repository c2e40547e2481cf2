import { sql } from 'drizzle-orm'
import { commit, entryStatement } from '../../audit/commit.ts'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Principal } from '../../core/principal.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { nameKey } from './look-alikes.ts'
import { checkAccountName, servicePrefix } from './names.ts'

/** Somebody for whom an issuer outside vouches. */
export type Vouched = {
  readonly issuer: string
  /** The issuer's own name for them, which it gives to nobody else. */
  readonly subject: string
  readonly kind: 'user' | 'service'
  /** What they are to be called here, should they be new; of a service without `service:`. */
  readonly name: string
  /** What the issuer says of their groups, by our names. */
  readonly groups: readonly string[]
  /** Group whose members are administrators. */
  readonly adminGroup: string | undefined
}

export type AccountRow = {
  readonly id: number
  readonly name: string
  readonly kind: 'user' | 'service'
  readonly is_admin: number
  /** Names, a JSON list. */
  readonly groups: string
}

/** What a principal is made from, of `accounts a`. */
export const accountColumns = sql`a.id, a.name, a.kind, a.is_admin,
  (select json_group_array(g.name) from group_members m join groups g on g.id = m."group"
    where m.account = a.id) as groups`

/**
 * The principal of somebody from outside. An account is made when they are seen first, so that
 * permissions can be given to it. Nobody from outside ever gets an account that was made here, or by
 * another issuer, however they are called there.
 *
 * @throws PERMISSION_DENIED the name is taken, or none that an account can have
 */
export async function vouchedPrincipal(ctx: Context, vouched: Vouched): Promise<Principal> {
  const row = (await findVouched(ctx, vouched)) ?? (await firstSeen(ctx, vouched))
  return principalFrom(row, vouched.groups, vouched.adminGroup)
}

/** @param claimed groups that an issuer told of, beside those that the account is in here */
export function principalFrom(
  row: AccountRow,
  claimed: readonly string[],
  adminGroup: string | undefined,
): Principal {
  const ours: string[] = JSON.parse(row.groups)
  const isAdmin = row.is_admin === 1 || (adminGroup !== undefined && claimed.includes(adminGroup))
  return {
    name: row.name,
    kind: row.kind,
    verified: true,
    groups: [...new Set([...ours, ...claimed])].sort(),
    isAdmin,
    accountId: row.id,
  }
}

async function findVouched(ctx: Context, vouched: Vouched): Promise<AccountRow | undefined> {
  return ctx.db.first<AccountRow>(sql`
    select ${accountColumns} from identities i join accounts a on a.id = i.account
    where i.issuer = ${vouched.issuer} and i.subject = ${vouched.subject}`)
}

/** Makes account and identity in one batch; of several first requests at once, one does. */
async function firstSeen(ctx: Context, vouched: Vouched): Promise<AccountRow> {
  const { issuer, subject, kind } = vouched
  const name = accountName(vouched)
  const principal: Principal = {
    name,
    kind,
    verified: true,
    groups: vouched.groups,
    isAdmin: false,
  }
  try {
    await commit(ctx, [
      sql`insert into accounts (kind, name, name_key, password_hash, is_admin, created_at_ms)
        values (${kind}, ${name}, ${nameKey(name)}, null, 0, ${ctx.now()})`,
      sql`insert into identities (issuer, subject, account, created_at_ms)
        select ${issuer}, ${subject}, id, ${ctx.now()} from accounts where name = ${name}`,
      entryStatement(
        { ...ctx, principal },
        {
          action: 'account.signed_up',
          from: sql`accounts a where a.name = ${name}`,
          after: sql`json_object('name', a.name, 'kind', a.kind, 'issuer', ${issuer}, 'subject', ${subject})`,
        },
      ),
    ])
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.kind !== 'unique') throw err
  }
  const row = await findVouched(ctx, vouched)
  if (row) return row
  throw new RegistryError(
    'PERMISSION_DENIED',
    `The name '${excerpt(name)}', or one that looks like it, is that of another account. If both are the same, an administrator links them: POST /api/v1/identities with account '${excerpt(name)}', issuer '${excerpt(issuer)}', subject '${excerpt(subject)}'`,
  )
}

/** @throws PERMISSION_DENIED no account can be called so */
function accountName({ kind, name, issuer }: Vouched): string {
  try {
    // Names of services from outside may have colons, which those made here never have.
    checkAccountName(kind === 'service' ? name.replaceAll(':', '-') : name, 'name')
  } catch (err) {
    if (!(err instanceof RegistryError)) throw err
    throw new RegistryError('PERMISSION_DENIED', `From issuer '${issuer}': ${err.message}`)
  }
  return kind === 'service' ? `${servicePrefix}${name}` : name
}
