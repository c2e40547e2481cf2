import type { RolePermission } from '../access/permissions/role-permissions.ts'
import type { Role } from '../access/permissions/roles.ts'

/** A role as MLflow's auth API shows it: a missing description is null, not absent. */
export function roleToWire(role: Role): object {
  const { id, name, workspace, description, permissions } = role
  return { id, name, workspace, description, permissions: permissions.map(rolePermissionToWire) }
}

export function rolePermissionToWire(permission: RolePermission): object {
  return {
    id: permission.id,
    role_id: permission.roleId,
    resource_type: permission.resourceType,
    resource_pattern: permission.resourcePattern,
    permission: permission.permission,
    // Ours: given on what is not there yet.
    ...(permission.isAhead ? { is_ahead: true } : {}),
  }
}
