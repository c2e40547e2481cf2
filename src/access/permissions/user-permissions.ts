import { sql } from 'drizzle-orm'
import { RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { type Account, getAccount } from '../accounts/accounts.ts'
import type { Level } from './levels.ts'
import { ownRoleId, ownRoleStatements } from './own-role.ts'
import { defaultLevelOf, levelOf } from './permitted.ts'
import type { Resource, ResourceType } from './resources.ts'
import {
  addPermission,
  changePermission,
  type NewPermission,
  permissionAt,
  type RolePermission,
  readPermissions,
  removePermission,
} from './role-permissions.ts'
import { listAccountRoles } from './roles.ts'

/**
 * Grant something to one account, in its own role.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such user
 * @throws RESOURCE_ALREADY_EXISTS something is granted there already: revoke it first
 */
export async function grantTo(
  ctx: Context,
  username: string,
  added: NewPermission,
): Promise<Account> {
  const account = await getAccount(ctx, username)
  try {
    const role = ownRoleId(ctx, account.id)
    await addPermission(ctx, role, { ...added, ahead: ownRoleStatements(ctx, account.id) })
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.kind !== 'unique') throw err
    throw new RegistryError(
      'RESOURCE_ALREADY_EXISTS',
      `${messages.userPermission(username, added.on.type)} already exists; revoke it first`,
    )
  }
  return account
}

/** Replace a level that was granted. @throws RESOURCE_DOES_NOT_EXIST */
export async function regrantTo(
  ctx: Context,
  username: string,
  { on, permission }: NewPermission,
): Promise<void> {
  const account = await getAccount(ctx, username)
  const which = permissionAt(ownRoleId(ctx, account.id), on)
  if (!(await changePermission(ctx, which, permission))) throw notGranted(username, on.type)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such user, or it has no permission there */
export async function revokeFrom(ctx: Context, username: string, on: Resource): Promise<void> {
  const account = await getAccount(ctx, username)
  const which = permissionAt(ownRoleId(ctx, account.id), on)
  if (!(await removePermission(ctx, which))) throw notGranted(username, on.type)
}

/**
 * The permission granted there to the account itself, roles aside.
 *
 * @throws RESOURCE_DOES_NOT_EXIST
 */
export async function getGranted(
  ctx: Context,
  username: string,
  on: Resource,
): Promise<{ readonly account: Account; readonly permission: Level }> {
  const account = await getAccount(ctx, username)
  const which = permissionAt(ownRoleId(ctx, account.id), on)
  const [granted] = await readPermissions(ctx, which)
  if (!granted) throw notGranted(username, on.type)
  return { account, permission: granted.permission }
}

/** What the account may, by all its roles and the default; an administrator may MANAGE all. */
export async function getEffectivePermission(
  ctx: Context,
  account: Account,
  on: Resource,
): Promise<Level> {
  if (account.isAdmin) return 'MANAGE'
  const isPrompt = on.type.startsWith('prompt')
  const granted = await ctx.db.all(
    sql<{
      resource_type: string
      resource: string
      permission: Level
    }>`select p.resource_type, p.resource, p.permission from role_holders h
      join roles r on r.id = h.role and r.workspace = ${ctx.workspace}
      join role_permissions p on p.role = r.id
      where h.account = ${account.id} and p.resource in ('*', ${on.id})`,
  )
  const fallback = defaultLevelOf(ctx)
  const withUse = ctx.settings.workspaces
  return levelOf(granted, { kind: kindOf(on.type), isPrompt, fallback, withUse })
}

const kinds = {
  experiment: 'experiment',
  registered_model: 'model',
  prompt: 'model',
  run: 'run',
  logged_model: 'logged model',
  registered_model_version: 'version',
  prompt_version: 'version',
} as const

function kindOf(type: ResourceType) {
  return type === 'workspace' ? 'experiment' : kinds[type]
}

/** What an account has by one of its roles. */
export type AccountPermission = RolePermission & {
  readonly roleName: string
  readonly workspace: string
}

/** What was granted to the account itself, roles aside. */
export function listOwnPermissions(ctx: Context, account: number): Promise<RolePermission[]> {
  return readPermissions(ctx, sql`p.role = (${ownRoleId(ctx, account)})`)
}

/** What the account has, by those of its roles that the caller may see. */
export async function listPermissions(ctx: Context, account: number): Promise<AccountPermission[]> {
  const roles = await listAccountRoles(ctx, account)
  return roles.flatMap(({ permissions, name, workspace }) =>
    permissions.map((permission) => ({ ...permission, roleName: name, workspace })),
  )
}

function notGranted(username: string, type: string): RegistryError {
  return new RegistryError(
    'RESOURCE_DOES_NOT_EXIST',
    `Permission for user=${username} on this resource_type=${type} not found`,
  )
}
