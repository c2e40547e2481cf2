import { requireAdmin, requireRole, requireWorkspaceAdmin } from '../access/permissions/require.ts'
import { getResource, levelFor } from '../access/permissions/resources.ts'
import { assignRole, listRoleHolders, unassignRole } from '../access/permissions/role-holders.ts'
import {
  addRolePermission,
  removeRolePermission,
  updateRolePermission,
} from '../access/permissions/role-permissions.ts'
import {
  createRole,
  deleteRole,
  getRole,
  listRoles,
  updateRole,
} from '../access/permissions/roles.ts'
import { excerpt, invalid } from '../core/error.ts'
import type { Int64 } from '../core/int64.ts'
import type { Context } from '../platform/context.ts'
import { type Operation, operation } from './operation.ts'
import { rolePermissionToWire, roleToWire } from './role-wire.ts'
import { message } from './wire/message.ts'

const text = { type: 'string' } as const
const required = { type: 'string', required: true } as const
const id = { type: 'int64', required: true } as const

/** MLflow's roles (3.13 and newer): who has them, and what they permit. */
export const roleOperations: readonly Operation[] = [
  operation('createRole', {
    request: message({ name: required, workspace: required, description: text }),
    rule: requireWorkspaceAdmin,
    answer: async (ctx, req) => {
      checkWorkspace(ctx, req.workspace)
      const role = await createRole(ctx, req.name, req.description)
      return { role: roleToWire(role, ctx.workspace) }
    },
  }),
  operation('getRole', {
    request: message({ role_id: id }),
    rule: onRole,
    answer: async (ctx, req) => ({
      role: roleToWire(await getRole(ctx, rowId(req.role_id)), ctx.workspace),
    }),
  }),
  operation('listRoles', {
    request: message({ workspace: { type: 'string', repeated: true } }),
    rule: (ctx, req) => (req.workspace.length === 0 ? requireAdmin(ctx) : undefined),
    answer: async (ctx, req) => {
      const isAsked = req.workspace.length === 0 || req.workspace.includes(ctx.workspace)
      const roles = isAsked ? await listRoles(ctx) : []
      return { roles: roles.map((role) => roleToWire(role, ctx.workspace)) }
    },
  }),
  operation('updateRole', {
    request: message({ role_id: id, name: text, description: text }),
    rule: requireWorkspaceAdmin,
    answer: async (ctx, req) => {
      const change = { name: req.name, description: req.description }
      const role = await updateRole(ctx, rowId(req.role_id), change)
      return { role: roleToWire(role, ctx.workspace) }
    },
  }),
  operation('deleteRole', {
    request: message({ role_id: id }),
    rule: requireWorkspaceAdmin,
    answer: (ctx, req) => deleteRole(ctx, rowId(req.role_id)),
  }),
  operation('addRolePermission', {
    request: message({
      role_id: id,
      resource_type: required,
      resource_pattern: required,
      permission: required,
    }),
    rule: requireWorkspaceAdmin,
    answer: async (ctx, req) => {
      const on = await getResource(ctx, req.resource_type, req.resource_pattern)
      const permission = levelFor(on.type, req.permission)
      const added = await addRolePermission(ctx, rowId(req.role_id), { on, permission })
      return { role_permission: rolePermissionToWire(added) }
    },
  }),
  operation('removeRolePermission', {
    request: message({ role_permission_id: id }),
    rule: requireWorkspaceAdmin,
    answer: (ctx, req) => removeRolePermission(ctx, rowId(req.role_permission_id)),
  }),
  operation('listRolePermissions', {
    request: message({ role_id: id }),
    rule: onRole,
    answer: async (ctx, req) => {
      const { permissions } = await getRole(ctx, rowId(req.role_id))
      return { role_permissions: permissions.map(rolePermissionToWire) }
    },
  }),
  operation('updateRolePermission', {
    request: message({ role_permission_id: id, permission: required }),
    rule: requireWorkspaceAdmin,
    answer: async (ctx, req) => {
      const updated = await updateRolePermission(ctx, rowId(req.role_permission_id), req.permission)
      return { role_permission: rolePermissionToWire(updated) }
    },
  }),
  operation('assignRole', {
    request: message({ username: required, role_id: id }),
    rule: requireWorkspaceAdmin,
    answer: async (ctx, req) => ({
      assignment: assignmentToWire(await assignRole(ctx, req.username, rowId(req.role_id))),
    }),
  }),
  operation('unassignRole', {
    request: message({ username: required, role_id: id }),
    rule: requireWorkspaceAdmin,
    answer: (ctx, req) => unassignRole(ctx, req.username, rowId(req.role_id)),
  }),
  operation('listRoleUsers', {
    request: message({ role_id: id }),
    rule: requireWorkspaceAdmin,
    answer: async (ctx, req) => ({
      assignments: (await listRoleHolders(ctx, rowId(req.role_id))).map(assignmentToWire),
    }),
  }),
]

function onRole(ctx: Context, req: { readonly role_id: Int64 }): Promise<void> {
  return requireRole(ctx, rowId(req.role_id))
}

function assignmentToWire(row: {
  readonly id: number
  readonly account: number
  readonly role: number
}): object {
  return { id: row.id, user_id: row.account, role_id: row.role }
}

/** No row has an id past 2^53, so rounding such an id does no harm. */
function rowId(id: Int64): number {
  return Number(id)
}

/** @throws INVALID_PARAMETER_VALUE a workspace other than the only one */
function checkWorkspace(ctx: Context, workspace: string): void {
  if (workspace === ctx.workspace) return
  throw invalid(
    `Invalid workspace '${excerpt(workspace)}': this server has one, '${ctx.workspace}'`,
  )
}
