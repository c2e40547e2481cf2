import { type SQL, sql } from 'drizzle-orm'
import { entryStatement } from '../../audit/commit.ts'
import { invalid, RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import { type Batch, type BatchRows, ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { commitAccess } from '../accounts/epoch.ts'
import { ownRolePrefix } from './own-role.ts'
import { mayAll } from './permitted.ts'
import {
  permissionNotFound,
  permissionSelect,
  permissionsFrom,
  type RolePermission,
  roleNotFound,
} from './role-permissions.ts'
import { listAdministered, notWorkspaceAdmin } from './workspace-rights.ts'

export type Role = {
  readonly id: number
  /** Where it permits something; there need not be such a workspace. */
  readonly workspace: string
  readonly name: string
  readonly description: string | null
  readonly permissions: readonly RolePermission[]
}

const nameCharsMax = 255
const descriptionCharsMax = 10_000
/** Far more than a team has; MLflow's answer has no pages. */
const rolesMax = 10_000

/** Make a role in the context's workspace. @throws RESOURCE_ALREADY_EXISTS another role there has the name */
export async function createRole(
  ctx: Context,
  name: string,
  description: string | undefined,
): Promise<Role> {
  checkName(name)
  checkLength(description ?? '', descriptionCharsMax, 'description')
  const which = sql`r.workspace = ${ctx.workspace} and r.name = ${name}`
  const { roles, permissions } = await commitRole(ctx, messages.roleExists(name, ctx.workspace), {
    inserted: sql`insert into roles (workspace, name, description, created_at_ms)
      values (${ctx.workspace}, ${name}, ${description ?? null}, ${ctx.now()})`,
    entry: entryStatement(ctx, {
      action: 'role.created',
      after: roleJson,
      from: sql`roles r where ${which}`,
    }),
    ...roleReads(which),
  })
  const [role] = rolesFrom({ roles, permissions })
  if (!role) throw new Error('a role was inserted and is not there')
  return role
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function getRole(ctx: Context, id: number): Promise<Role> {
  const [role] = rolesFrom(await ctx.db.batch(roleReads(isRole(ctx, id))))
  if (!role) throw roleNotFound(id)
  return role
}

/**
 * Roles by id, including accounts' own roles, as in MLflow. Where the caller cannot manage roles, it
 * sees only the roles that it has. MLflow shows all roles of a workspace to everybody with a role
 * there, but other accounts' own roles name things that the caller may not see.
 *
 * @param workspaces of these; absent: of all
 */
export async function listRoles(ctx: Context, workspaces?: readonly string[]): Promise<Role[]> {
  const wanted = workspaces
    ? sql`r.workspace in (select value from json_each(${JSON.stringify(workspaces)}))`
    : sql`1`
  const own = sql`r.id in (select role from role_holders where account = ${ctx.principal.accountId ?? null})`
  const which = sql`${wanted} and (${await isVisibleSql(ctx)} or ${own})`
  return rolesFrom(await ctx.db.batch(roleReads(which)))
}

/** The roles of one account, by id: the caller's own, or those that the caller may see. */
export async function listAccountRoles(ctx: Context, account: number): Promise<Role[]> {
  const seen = account === ctx.principal.accountId ? sql`1` : await isVisibleSql(ctx)
  const which = sql`${seen} and r.id in (select role from role_holders where account = ${account})`
  return rolesFrom(await ctx.db.batch(roleReads(which)))
}

/**
 * The roles of each account, by its id: the caller's own, and those that the caller manages.
 *
 * @param accounts the ids of those that are asked for; undefined: all
 */
export async function listRolesByHolder(
  ctx: Context,
  accounts?: readonly number[],
): Promise<ReadonlyMap<number, Role[]>> {
  const self = ctx.principal.accountId ?? null
  const visible = await isVisibleSql(ctx)
  const isAsked = accounts
    ? sql`h.account in (select value from json_each(${JSON.stringify(accounts)}))`
    : sql`1`
  const held = sql`select h.role from role_holders h where ${isAsked}`
  const { holders, ...rows } = await ctx.db.batch({
    ...roleReads(sql`r.id in (${held} and (${visible} or h.account = ${self}))`),
    holders: sql<{ account: number; role: number }>`select h.account, h.role from role_holders h
      join roles r on r.id = h.role where ${isAsked} and (${visible} or h.account = ${self})
      order by h.role`,
  })
  const byId = new Map(rolesFrom(rows).map((role) => [role.id, role]))
  const byHolder = Map.groupBy(holders, ({ account }) => account)
  return new Map(
    [...byHolder].map(([account, of]) => [account, of.flatMap(({ role }) => byId.get(role) ?? [])]),
  )
}

/** Condition on `roles r`: in a workspace whose roles the caller manages. */
async function isVisibleSql(ctx: Context): Promise<SQL> {
  if (mayAll(ctx)) return sql`1`
  return sql`r.workspace in (select value from json_each(${JSON.stringify(await listAdministered(ctx))}))`
}

/**
 * The same caller in the workspace of a role, where all about the role is judged and done.
 *
 * @param which the role, by its id or by that of one of its permissions
 * @throws RESOURCE_DOES_NOT_EXIST no such role or permission
 * @throws PERMISSION_DENIED the same, to a caller who could not change it if it were there
 */
export async function enterWorkspaceOfRole(
  ctx: Context,
  which: { readonly role: number } | { readonly permission: number },
): Promise<Context> {
  const id =
    'role' in which
      ? sql`${which.role}`
      : sql`(select role from role_permissions where id = ${which.permission})`
  const row = await ctx.db.first(
    sql<{ workspace: string }>`select workspace from roles where id = ${id}`,
  )
  if (row) return { ...ctx, workspace: row.workspace }
  if (!mayAll(ctx)) throw notWorkspaceAdmin(ctx)
  throw 'role' in which ? roleNotFound(which.role) : permissionNotFound(which.permission)
}

/**
 * Change a role's name or description; what is absent stays.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such role
 * @throws RESOURCE_ALREADY_EXISTS another role has the name
 * @throws INVALID_PARAMETER_VALUE nothing is given, or it is an account's own role
 */
export async function updateRole(
  ctx: Context,
  id: number,
  change: { readonly name: string | undefined; readonly description: string | undefined },
): Promise<Role> {
  const { name, description } = change
  if (name === undefined && description === undefined) {
    throw invalid(`${messages.emptyRoleUpdate}: nothing of the role would change`)
  }
  if (name !== undefined) checkName(name)
  checkLength(description ?? '', descriptionCharsMax, 'description')
  const which = isShared(ctx, id)
  const { roles, permissions } = await commitRole(
    ctx,
    messages.roleNameTaken(name ?? '', ctx.workspace),
    {
      entry: entryStatement(ctx, {
        action: 'role.updated',
        before: roleJson,
        after: sql`json_object('role_id', r.id, 'name', coalesce(${name ?? null}, r.name),
        'description', coalesce(${description ?? null}, r.description))`,
        from: sql`roles r where ${which}`,
      }),
      updated: sql`update roles as r set name = coalesce(${name ?? null}, name),
      description = coalesce(${description ?? null}, description) where ${which}`,
      ...roleReads(which),
    },
  )
  const [role] = rolesFrom({ roles, permissions })
  if (!role) throw await explainNotShared(ctx, id)
  return role
}

/** Delete a role, its permissions and its assignments. @throws RESOURCE_DOES_NOT_EXIST */
export async function deleteRole(ctx: Context, id: number): Promise<void> {
  const which = isShared(ctx, id)
  const { deleted } = await commitAccess(ctx, {
    entry: roleDeletedEntry(ctx, which),
    deleted: sql`delete from roles as r where ${which} returning id`,
  })
  if (deleted.length !== 1) throw await explainNotShared(ctx, id)
}

/** @param which condition on `roles r` */
export function roleDeletedEntry(ctx: Context, which: SQL): SQL {
  return entryStatement(ctx, {
    action: 'role.deleted',
    before: sql`json_object('role_id', r.id, 'name', r.name, 'description', r.description,
      'permissions', json((select json_group_array(json_object('resource_type', p.resource_type,
        'resource', p.resource, 'permission', p.permission)) from role_permissions p where p.role = r.id)),
      'holders', json((select json_group_array(a.name) from role_holders h
        join accounts a on a.id = h.account where h.role = r.id)))`,
    from: sql`roles r where ${which}`,
  })
}

const roleJson = sql`json_object('role_id', r.id, 'name', r.name, 'description', r.description)`

function checkName(name: string): void {
  if (name.trim() === '') throw invalid(`${messages.blankRoleName}.`)
  checkLength(name, nameCharsMax, 'name')
  if (!name.startsWith(ownRolePrefix)) return
  throw invalid(
    `${messages.reservedRoleName(name, ownRolePrefix)}, which users' own roles have; choose another name`,
  )
}

/** As `commitAccess`. @throws RESOURCE_ALREADY_EXISTS with this message: another role has the name */
async function commitRole<const Q extends Batch>(
  ctx: Context,
  taken: string,
  statements: Q,
): Promise<BatchRows<Q>> {
  try {
    return await commitAccess(ctx, statements)
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.kind !== 'unique') throw err
    throw new RegistryError('RESOURCE_ALREADY_EXISTS', `${taken}.`, { cause: err })
  }
}

function isRole(ctx: Context, id: number): SQL {
  return sql`r.workspace = ${ctx.workspace} and r.id = ${id}`
}

/** Condition on `roles r`: this one, and not an account's own. */
export function isShared(ctx: Context, id: number): SQL {
  return sql`${isRole(ctx, id)} and r.account is null`
}

/** Why a change of a role found no role to change. */
export async function explainNotShared(ctx: Context, id: number): Promise<RegistryError> {
  const own = await ctx.db.first(sql`select 1 from roles r where ${isRole(ctx, id)}`)
  return own
    ? invalid(`Role ${id} is a user's own: grant to the user and revoke from it instead`)
    : roleNotFound(id)
}

type RoleRow = { id: number; workspace: string; name: string; description: string | null }

/** What `rolesFrom` takes. @param which condition on `roles r` */
function roleReads(which: SQL) {
  return {
    roles: sql<RoleRow>`
      select r.id, r.workspace, r.name, r.description from roles r where ${which} order by r.id limit ${rolesMax}`,
    permissions: permissionSelect(sql`p.role in (select r.id from roles r where ${which})`),
  }
}

function rolesFrom({ roles, permissions }: BatchRows<ReturnType<typeof roleReads>>): Role[] {
  const byRole = Map.groupBy(permissionsFrom(permissions), (permission) => permission.roleId)
  return roles.map((row) => ({
    ...row,
    permissions: byRole.get(row.id) ?? [],
  }))
}
