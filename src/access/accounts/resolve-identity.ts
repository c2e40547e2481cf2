import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement } from '../../audit/commit.ts'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Principal } from '../../core/principal.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { insertAccountStatement } from './accounts.ts'
import { isNotBarred, refuseBarred } from './barred.ts'
import { accessChanged } from './epoch.ts'
import { checkAccountName, isAdminName, servicePrefix } from './names.ts'
import {
  type ExternalGroups,
  type PrincipalRow,
  principalColumns,
  principalFrom,
} from './principals.ts'

/** Somebody whom an outside issuer has identified. */
export type ExternalIdentity = ExternalGroups & {
  readonly issuer: string
  /** The issuer's own name for them, which it gives to nobody else. */
  readonly subject: string
  readonly kind: 'user' | 'service'
  /** The name of their account here if they are new; that of a service lacks `service:`. */
  readonly name: string
  /** When their proof of identity expires, Unix milliseconds; absent: never. */
  readonly endsAtMs?: number | undefined
}

/**
 * The principal of somebody from outside. An account is made when they are first seen, so that
 * permissions can be given to it. Nobody from outside ever gets an account that was made here, or by
 * another issuer, whatever their name is there.
 *
 * @throws PERMISSION_DENIED the name is taken, or no account can have it, or an administrator ended
 *   the account that they had
 */
export async function resolveIdentity(
  ctx: Context,
  identity: ExternalIdentity,
): Promise<Principal> {
  const row = (await ctx.db.first(linkedAccount(identity))) ?? (await signUp(ctx, identity))
  await keepClaims(ctx, identity, row.claimed)
  return { ...principalFrom(row, identity), endsAtMs: identity.endsAtMs }
}

/**
 * Keep which groups the issuer sends, if these are others than the last time: approvals by groups from
 * outside are judged by them.
 */
async function keepClaims(
  ctx: Context,
  { issuer, subject, groups }: ExternalIdentity,
  known: string | null,
): Promise<void> {
  const claimed = JSON.stringify([...groups].sort())
  if (claimed === known) return
  await ctx.db.batch({
    kept: sql`update identities set groups = ${claimed}
      where issuer = ${issuer} and subject = ${subject}`,
    accessChanged,
  })
}

type LinkedRow = PrincipalRow & { claimed: string | null }

function linkedAccount({ issuer, subject }: ExternalIdentity): SQL<LinkedRow> {
  return sql<LinkedRow>`
    select ${principalColumns}, i.groups as claimed from identities i join accounts a on a.id = i.account
    where i.issuer = ${issuer} and i.subject = ${subject}`
}

/**
 * Makes account and identity in one batch. Of several simultaneous first requests, one makes them.
 */
async function signUp(ctx: Context, identity: ExternalIdentity): Promise<LinkedRow> {
  const { issuer, subject, kind, groups } = identity
  const name = accountName(identity)
  const isAdmitted = isNotBarred(issuer, subject)
  const principal: Principal = { name, kind, verified: true, groups, isAdmin: false }
  try {
    await commit(ctx, {
      account: insertAccountStatement(
        ctx,
        { kind, name, passwordHash: null, isAdmin: false },
        isAdmitted,
      ),
      identity: sql`insert into identities (issuer, subject, account, created_at_ms)
        select ${issuer}, ${subject}, id, ${ctx.now()} from accounts where name = ${name} and ${isAdmitted}`,
      entry: entryStatement(
        { ...ctx, principal },
        {
          action: 'account.signed_up',
          from: sql`accounts a where a.name = ${name} and ${isAdmitted}`,
          after: sql`json_object('name', a.name, 'kind', a.kind, 'issuer', ${issuer}, 'subject', ${subject})`,
        },
      ),
    })
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.kind !== 'unique') throw err
  }
  const row = await ctx.db.first(linkedAccount(identity))
  if (row) return row
  await refuseBarred(ctx, issuer, subject)
  throw new RegistryError(
    'PERMISSION_DENIED',
    `The name '${excerpt(name)}', or one that looks like it, is that of another account. If both are the same, an administrator links them: POST /api/v1/identities with account '${excerpt(name)}', issuer '${excerpt(issuer)}', subject '${excerpt(subject)}'`,
  )
}

/** @throws PERMISSION_DENIED no account can have this name */
function accountName({ kind, name, issuer }: ExternalIdentity): string {
  try {
    // Names of services from outside may have colons, which those made here never have.
    checkAccountName(kind === 'service' ? name.replaceAll(':', '-') : name, 'name')
  } catch (err) {
    if (!(err instanceof RegistryError)) throw err
    throw new RegistryError('PERMISSION_DENIED', `From issuer '${issuer}': ${err.message}`)
  }
  if (kind === 'user' && isAdminName(name)) {
    throw new RegistryError(
      'PERMISSION_DENIED',
      `From issuer '${issuer}': the name '${excerpt(name)}' is the first administrator's; an administrator links who it is: POST /api/v1/identities`,
    )
  }
  return kind === 'service' ? `${servicePrefix}${name}` : name
}
