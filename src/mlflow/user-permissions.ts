import { getAccount } from '../access/accounts/accounts.ts'
import { includes } from '../access/permissions/levels.ts'
import { mayAll } from '../access/permissions/permitted.ts'
import { requireExperiment, requireModel } from '../access/permissions/require.ts'
import { getResource, levelFor } from '../access/permissions/resources.ts'
import { listAccountRoles } from '../access/permissions/roles.ts'
import {
  type AccountPermission,
  getEffectivePermission,
  grantTo,
  listPermissions,
  revokeFrom,
} from '../access/permissions/user-permissions.ts'
import {
  listAdministered,
  notWorkspaceAdmin,
  requireWorkspaceAdmin,
} from '../access/permissions/workspace-rights.ts'
import { invalid } from '../core/error.ts'
import { anyone } from '../http/guards/guard.ts'
import type { Context } from '../platform/context.ts'
import { parseExperimentId } from '../tracking/experiments/experiment.ts'
import { type Operation, operation } from './operation.ts'
import { roleToWire } from './role-wire.ts'
import { message } from './wire/message.ts'

const required = { type: 'string', required: true } as const
const grant = { username: required, resource_type: required, resource_id: required }

/** What was granted to single users; MLflow 3.13 and newer. */
export const userPermissionOperations: readonly Operation[] = [
  operation('grantUserPermission', {
    request: message({ ...grant, permission: { ...required, mayBeEmpty: true } }),
    rule: mayManage,
    answer: async (ctx, req) => {
      const on = await getResource(ctx, userType(req.resource_type), req.resource_id)
      await grantTo(ctx, req.username, { on, permission: levelFor(on.type, req.permission) })
    },
  }),
  operation('revokeUserPermission', {
    request: message(grant),
    rule: mayManage,
    answer: async (ctx, req) => {
      const on = await getResource(ctx, userType(req.resource_type), req.resource_id)
      await revokeFrom(ctx, req.username, on)
    },
  }),
  operation('getUserPermission', {
    request: message(grant),
    rule: onUser,
    answer: async (ctx, req) => {
      const account = await getAccount(ctx, req.username)
      const on = await getResource(ctx, userType(req.resource_type), req.resource_id)
      const permission = await getEffectivePermission(ctx, account, on)
      return { allowed: includes(permission, 'USE'), permission }
    },
  }),
  operation('listUserPermissions', {
    request: message({ username: required }),
    rule: onRolesOf,
    answer: async (ctx, req) => {
      const account = await getAccount(ctx, req.username)
      return held(ctx, account.isAdmin, account.id)
    },
  }),
  operation('listCurrentUserPermissions', {
    request: message({}),
    rule: anyone,
    answer: async (ctx) => held(ctx, ctx.principal.isAdmin, ctx.principal.accountId),
  }),
  operation('listUserRoles', {
    request: message({ username: required }),
    rule: onRolesOf,
    answer: async (ctx, req) => {
      const account = await getAccount(ctx, req.username)
      const roles = await listAccountRoles(ctx, account.id)
      return { roles: roles.map(roleToWire) }
    },
  }),
]

/** A wildcard is not on one thing that somebody could manage. */
async function mayManage(
  ctx: Context,
  req: { readonly resource_type: string; readonly resource_id: string },
): Promise<void> {
  if (req.resource_id === '*') return requireWorkspaceAdmin(ctx)
  // An administrator may name what is not there yet.
  if (mayAll(ctx)) return
  switch (req.resource_type) {
    case 'experiment':
      return requireExperiment(ctx, parseExperimentId(req.resource_id), 'MANAGE')
    case 'registered_model':
    case 'prompt':
      return requireModel(ctx, req.resource_id, 'MANAGE')
    default:
      return requireWorkspaceAdmin(ctx)
  }
}

/** Everybody may see their own permissions. */
async function onUser(ctx: Context, req: { readonly username: string }): Promise<void> {
  if (ctx.principal.name !== req.username) await requireWorkspaceAdmin(ctx)
}

/** Who manages the roles of some workspace sees those of others that are for it. */
async function onRolesOf(ctx: Context, req: { readonly username: string }): Promise<void> {
  if (ctx.principal.name === req.username || mayAll(ctx)) return
  if ((await listAdministered(ctx)).length === 0) throw notWorkspaceAdmin(ctx)
}

/** @throws INVALID_PARAMETER_VALUE permissions on workspaces are given by roles */
function userType(type: string): string {
  if (type !== 'workspace') return type
  throw invalid(
    "resource_type 'workspace' is not supported for single users; give a role a permission on it, and the role to the user",
  )
}

async function held(
  ctx: Context,
  isAdmin: boolean,
  account: number | undefined,
): Promise<{ is_admin: boolean; permissions: object[] }> {
  const permissions = account === undefined ? [] : await listPermissions(ctx, account)
  return {
    is_admin: isAdmin,
    permissions: permissions.map(heldToWire),
  }
}

function heldToWire(permission: AccountPermission): object {
  return {
    role_id: permission.roleId,
    role_name: permission.roleName,
    workspace: permission.workspace,
    resource_type: permission.resourceType,
    resource_pattern: permission.resourcePattern,
    permission: permission.permission,
    ...(permission.isAhead ? { is_ahead: true } : {}),
  }
}
