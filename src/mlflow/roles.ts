import { getAccount } from '../access/accounts.ts'
import { requireRoleHolder, requireWorkspaceAdmin } from '../access/require.ts'
import { getResource, levelFor } from '../access/resources.ts'
import { type Assignment, assignRole, holdersOf, unassignRole } from '../access/role-holders.ts'
import {
  addRolePermission,
  type RolePermission,
  removeRolePermission,
  updateRolePermission,
} from '../access/role-permissions.ts'
import {
  createRole,
  deleteRole,
  getRole,
  listRoles,
  type Role,
  rolesOf,
  updateRole,
} from '../access/roles.ts'
import { maySeeAccount } from '../access/user-permissions.ts'
import { excerpt, invalid, RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import { type Operation, operation } from './operation.ts'
import { message } from './wire/message.ts'

const text = { type: 'string', required: true } as const
const id = { type: 'int32', required: true } as const

/** MLflow's roles, since 3.13: what a role permits, and who holds it. */
export const roleOperations: readonly Operation[] = [
  operation(
    'createRole',
    requireWorkspaceAdmin,
    message({ name: text, workspace: text, description: { type: 'string' } }),
    async (ctx, req) => {
      checkWorkspace(ctx, req.workspace)
      return { role: roleToWire(ctx, await createRole(ctx, req.name, req.description)) }
    },
  ),

  operation('getRole', requireRoleHolder, message({ role_id: id }), async (ctx, req) => ({
    role: roleToWire(ctx, await getRole(ctx, req.role_id)),
  })),

  operation(
    'listRoles',
    requireWorkspaceAdmin,
    message({ workspace: { type: 'string' } }),
    async (ctx, req) => {
      if (req.workspace !== undefined) checkWorkspace(ctx, req.workspace)
      return { roles: (await listRoles(ctx)).map((role) => roleToWire(ctx, role)) }
    },
  ),

  operation(
    'updateRole',
    requireWorkspaceAdmin,
    message({ role_id: id, name: { type: 'string' }, description: { type: 'string' } }),
    async (ctx, { role_id, name, description }) => ({
      role: roleToWire(ctx, await updateRole(ctx, role_id, { name, description })),
    }),
  ),

  operation('deleteRole', requireWorkspaceAdmin, message({ role_id: id }), (ctx, req) =>
    deleteRole(ctx, req.role_id),
  ),

  operation(
    'addRolePermission',
    requireWorkspaceAdmin,
    message({ role_id: id, resource_type: text, resource_pattern: text, permission: text }),
    async (ctx, req) => {
      const on = await getResource(ctx, req.resource_type, req.resource_pattern)
      const level = levelFor(on.type, req.permission)
      const added = await addRolePermission(ctx, req.role_id, on, level)
      return { role_permission: rolePermissionToWire(added) }
    },
  ),

  operation(
    'listRolePermissions',
    requireRoleHolder,
    message({ role_id: id }),
    async (ctx, req) => ({
      role_permissions: (await getRole(ctx, req.role_id)).permissions.map(rolePermissionToWire),
    }),
  ),

  operation(
    'updateRolePermission',
    requireWorkspaceAdmin,
    message({ role_permission_id: id, permission: text }),
    async (ctx, req) => ({
      role_permission: rolePermissionToWire(
        await updateRolePermission(ctx, req.role_permission_id, req.permission),
      ),
    }),
  ),

  operation(
    'removeRolePermission',
    requireWorkspaceAdmin,
    message({ role_permission_id: id }),
    (ctx, req) => removeRolePermission(ctx, req.role_permission_id),
  ),

  operation(
    'assignRole',
    requireWorkspaceAdmin,
    message({ username: text, role_id: id }),
    async (ctx, req) => ({
      assignment: assignmentToWire(await assignRole(ctx, req.username, req.role_id)),
    }),
  ),

  operation(
    'unassignRole',
    requireWorkspaceAdmin,
    message({ username: text, role_id: id }),
    (ctx, req) => unassignRole(ctx, req.username, req.role_id),
  ),

  operation('listRoleUsers', requireWorkspaceAdmin, message({ role_id: id }), async (ctx, req) => ({
    assignments: (await holdersOf(ctx, req.role_id)).map(assignmentToWire),
  })),

  operation('listUserRoles', requireToSee, message({ username: text }), async (ctx, req) => {
    const account = await getAccount(ctx, req.username)
    return { roles: (await rolesOf(ctx, account.id)).map((role) => roleToWire(ctx, role)) }
  }),
]

/** What somebody holds is for them and for administrators. @throws PERMISSION_DENIED */
export async function requireToSee(
  ctx: Context,
  req: { readonly username: string },
): Promise<void> {
  if (await maySeeAccount(ctx, req.username)) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `What '${excerpt(req.username)}' holds is shown to them and to administrators`,
  )
}

export function rolePermissionToWire(permission: RolePermission) {
  return {
    id: permission.id,
    role_id: permission.roleId,
    resource_type: permission.resourceType,
    resource_pattern: permission.resourcePattern,
    permission: permission.permission,
  }
}

function roleToWire(ctx: Context, role: Role) {
  return {
    id: role.id,
    name: role.name,
    description: role.description,
    workspace: ctx.workspace,
    permissions: role.permissions.map(rolePermissionToWire),
  }
}

function assignmentToWire({ id: number, account, role }: Assignment) {
  return { id: number, user_id: account, role_id: role }
}

function checkWorkspace(ctx: Context, workspace: string): void {
  if (workspace === ctx.workspace) return
  throw invalid(`Workspace '${excerpt(workspace)}' does not exist; there is '${ctx.workspace}'`)
}
