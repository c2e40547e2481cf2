import { requireAdmin } from '../access/permissions/require.ts'
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
  enterWorkspaceOfRole,
  getRole,
  listRoles,
  updateRole,
} from '../access/permissions/roles.ts'
import {
  requireRole,
  requireRoleInEach,
  requireWorkspaceAdmin,
} from '../access/permissions/workspace-rights.ts'
import { invalid } from '../core/error.ts'
import type { Int64 } from '../core/int64.ts'
import { messages } from '../core/messages.ts'
import { checkLength } from '../core/names.ts'
import type { Context } from '../platform/context.ts'
import { type Operation, operation, reading } from './operation.ts'
import { rolePermissionToWire, roleToWire } from './role-wire.ts'
import { message } from './wire/message.ts'

const text = { type: 'string' } as const
const required = { type: 'string', required: true } as const
/** Refused in its own words where it is empty. */
const ownWords = { ...required, mayBeEmpty: true } as const
const id = { type: 'row_id', required: true } as const

const workspaceCharsMax = 255

/** A call about one role is judged and done in the role's workspace. */
async function withRole<R extends { readonly role_id: Int64 }>(ctx: Context, req: R) {
  const role = rowId(req.role_id)
  return { ...req, role, at: await enterWorkspaceOfRole(ctx, { role }) }
}

/** As `withRole`, of a call about one permission of a role. */
async function withPermission<R extends { readonly role_permission_id: Int64 }>(
  ctx: Context,
  req: R,
) {
  const permissionId = rowId(req.role_permission_id)
  return { ...req, permissionId, at: await enterWorkspaceOfRole(ctx, { permission: permissionId }) }
}

const oneRole = reading(message({ role_id: id }), withRole)

type At = { readonly at: Context }

/**
 * MLflow's roles (3.13 and newer): who has them, and what they permit. A role may be for a workspace
 * that is not there yet, and with workspaces switched off for one that never is: it permits nothing
 * before.
 */
export const roleOperations: readonly Operation[] = [
  operation('createRole', {
    request: reading(
      message({ name: ownWords, workspace: ownWords, description: text }),
      async (ctx, req) => ({ ...req, at: { ...ctx, workspace: workspaceOf(req.workspace) } }),
    ),
    rule: mayManage,
    answer: async (_ctx, { at, name, description }) => ({
      role: roleToWire(await createRole(at, name, description)),
    }),
  }),
  operation('getRole', {
    request: oneRole,
    rule: mayRead,
    answer: async (_ctx, { at, role }) => ({ role: roleToWire(await getRole(at, role)) }),
  }),
  operation('listRoles', {
    request: message({ workspace: { type: 'string', repeated: true } }),
    rule: mayList,
    answer: async (ctx, req) => {
      const roles = await listRoles(ctx, req.workspace.length === 0 ? undefined : req.workspace)
      return { roles: roles.map(roleToWire) }
    },
  }),
  operation('updateRole', {
    request: reading(message({ role_id: id, name: text, description: text }), withRole),
    rule: mayManage,
    answer: async (_ctx, { at, role, name, description }) => ({
      role: roleToWire(await updateRole(at, role, { name, description })),
    }),
  }),
  operation('deleteRole', {
    request: oneRole,
    rule: mayManage,
    answer: (_ctx, { at, role }) => deleteRole(at, role),
  }),
  operation('addRolePermission', {
    request: reading(
      message({
        role_id: id,
        resource_type: required,
        resource_pattern: required,
        permission: ownWords,
      }),
      withRole,
    ),
    rule: mayManage,
    answer: async (_ctx, { at, role, ...req }) => {
      const on = await getResource(at, req.resource_type, req.resource_pattern)
      const permission = levelFor(on.type, req.permission)
      const added = await addRolePermission(at, role, { on, permission })
      return { role_permission: rolePermissionToWire(added) }
    },
  }),
  operation('removeRolePermission', {
    request: reading(message({ role_permission_id: id }), withPermission),
    rule: mayManage,
    answer: (_ctx, { at, permissionId }) => removeRolePermission(at, permissionId),
  }),
  operation('listRolePermissions', {
    request: oneRole,
    rule: mayRead,
    answer: async (_ctx, { at, role }) => {
      const { permissions } = await getRole(at, role)
      return { role_permissions: permissions.map(rolePermissionToWire) }
    },
  }),
  operation('updateRolePermission', {
    request: reading(message({ role_permission_id: id, permission: ownWords }), withPermission),
    rule: mayManage,
    answer: async (_ctx, { at, permissionId, permission }) => {
      const updated = await updateRolePermission(at, permissionId, permission)
      return { role_permission: rolePermissionToWire(updated) }
    },
  }),
  operation('assignRole', {
    request: reading(message({ role_id: id, username: required }), withRole),
    rule: mayManage,
    answer: async (_ctx, { at, role, username }) => ({
      assignment: assignmentToWire(await assignRole(at, username, role)),
    }),
  }),
  operation('unassignRole', {
    request: reading(message({ role_id: id, username: required }), withRole),
    rule: mayManage,
    answer: (_ctx, { at, role, username }) => unassignRole(at, username, role),
  }),
  operation('listRoleUsers', {
    request: oneRole,
    rule: mayManage,
    answer: async (_ctx, { at, role }) => ({
      assignments: (await listRoleHolders(at, role)).map(assignmentToWire),
    }),
  }),
]

function mayManage(_ctx: Context, { at }: At): Promise<void> {
  return requireWorkspaceAdmin(at)
}

function mayRead(_ctx: Context, { at, role }: At & { readonly role: number }): Promise<void> {
  return requireRole(at, role)
}

/** Who names no workspace asks for all of them; else a role in each of those that are named is needed. */
async function mayList(
  ctx: Context,
  { workspace }: { readonly workspace: readonly string[] },
): Promise<void> {
  if (workspace.some((name) => name.trim() === '')) throw invalid(messages.blankWorkspace)
  if (workspace.length === 0) return requireAdmin(ctx)
  await requireRoleInEach(ctx, workspace)
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

/** @throws INVALID_PARAMETER_VALUE it is blank; any other name will do, as in MLflow */
function workspaceOf(text: string): string {
  if (text.trim() === '') throw invalid(`${messages.blankWorkspaceOfRole}.`)
  checkLength(text, workspaceCharsMax, 'workspace')
  return text
}
