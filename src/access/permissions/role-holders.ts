import { type SQL, sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { getAccount } from '../accounts/accounts.ts'
import { commitAccess } from '../accounts/epoch.ts'
import { explainNotShared, getRole, isShared } from './roles.ts'

/** A role that an account has. */
export type Assignment = { readonly id: number; readonly account: number; readonly role: number }

const assignmentsMax = 10_000

/**
 * @throws RESOURCE_DOES_NOT_EXIST no such user or role
 * @throws RESOURCE_ALREADY_EXISTS the user has the role already
 */
export async function assignRole(
  ctx: Context,
  username: string,
  role: number,
): Promise<Assignment> {
  const account = await getAccount(ctx, username)
  try {
    const { assigned } = await commitAccess(ctx, {
      assigned: sql<Assignment>`insert into role_holders (account, role)
        select a.id, r.id from accounts a, roles r where a.id = ${account.id} and ${isShared(ctx, role)}
        returning id, account, role`,
      entry: assignmentEntry(ctx, 'role.assigned', { account: account.id, role }),
    })
    const [row] = assigned
    if (row) return row
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.kind !== 'unique') throw err
    throw new RegistryError(
      'RESOURCE_ALREADY_EXISTS',
      `${messages.roleAssignment(account.id, role)} already exists`,
      { cause: err },
    )
  }
  throw await explainNotShared(ctx, role)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such user or role, or the user does not have it */
export async function unassignRole(ctx: Context, username: string, role: number): Promise<void> {
  const account = await getAccount(ctx, username)
  const { removed } = await commitAccess(ctx, {
    entry: assignmentEntry(ctx, 'role.unassigned', { account: account.id, role }),
    removed: sql`delete from role_holders where account = ${account.id} and role = (
      select r.id from roles r where ${isShared(ctx, role)}) returning id`,
  })
  if (removed.length === 1) return
  throw new RegistryError(
    'RESOURCE_DOES_NOT_EXIST',
    `${messages.roleAssignment(account.id, role)} not found`,
  )
}

/** The accounts that have a role, by assignment id. @throws RESOURCE_DOES_NOT_EXIST no such role */
export async function listRoleHolders(ctx: Context, role: number): Promise<Assignment[]> {
  await getRole(ctx, role)
  return ctx.db.all(sql<Assignment>`select id, account, role from role_holders
    where role = ${role} order by id limit ${assignmentsMax}`)
}

function assignmentEntry(
  ctx: Context,
  action: 'role.assigned' | 'role.unassigned',
  { account, role }: Omit<Assignment, 'id'>,
): SQL {
  const detail = sql`json_object('username', a.name, 'role_id', r.id, 'role', r.name)`
  return entryStatement(ctx, {
    action,
    ...(action === 'role.assigned' ? { after: detail } : { before: detail }),
    from: sql`role_holders h join accounts a on a.id = h.account join roles r on r.id = h.role
      where h.account = ${account} and h.role = ${role} and r.account is null`,
  })
}
