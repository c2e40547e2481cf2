import { type Account, getAccount } from '../access/accounts.ts'
import { includes, type Level, parseLevel } from '../access/levels.ts'
import { requireExperiment, requireModel, requireWorkspaceAdmin } from '../access/require.ts'
import { getResource, levelFor, type Resource } from '../access/resources.ts'
import {
  effectivePermission,
  getGranted,
  grantTo,
  heldPermissions,
  regrantTo,
  revokeFrom,
} from '../access/user-permissions.ts'
import { anyone } from '../http/guard.ts'
import type { Context } from '../platform/context.ts'
import { type Operation, operation } from './operation.ts'
import { requireToSee, rolePermissionToWire } from './roles.ts'
import { message } from './wire/message.ts'

const text = { type: 'string', required: true } as const
const target = { username: text, resource_type: text, resource_id: text } as const

type Target = { readonly resource_type: string; readonly resource_id: string }

/** What users are permitted directly: as MLflow 3.13 and later has it, and as clients before it ask. */
export const permissionOperations: readonly Operation[] = [
  operation(
    'grantUserPermission',
    requireToGrant,
    message({ ...target, permission: text }),
    async (ctx, req) => {
      const on = await getResource(ctx, req.resource_type, req.resource_id)
      await grantTo(ctx, req.username, on, levelFor(on.type, req.permission))
    },
  ),

  operation('revokeUserPermission', requireToGrant, message(target), async (ctx, req) => {
    const on = await getResource(ctx, req.resource_type, req.resource_id)
    await revokeFrom(ctx, req.username, on)
  }),

  operation('getUserPermission', requireToSeeOn, message(target), async (ctx, req) => {
    const on = await getResource(ctx, req.resource_type, req.resource_id)
    const permission = await effectivePermission(ctx, await getAccount(ctx, req.username), on)
    return { permission, allowed: includes(permission, 'USE') }
  }),

  operation('listUserPermissions', requireToSee, message({ username: text }), async (ctx, req) =>
    heldToWire(ctx, await getAccount(ctx, req.username)),
  ),

  operation('listCurrentUserPermissions', anyone, message({}), async (ctx) =>
    heldToWire(ctx, await getAccount(ctx, ctx.principal.name)),
  ),

  ...legacyOperations('Experiment', 'experiment', 'experiment_id'),
  ...legacyOperations('RegisteredModel', 'registered_model', 'name'),
]

/** Who has MANAGE on a thing gives permissions on it; on all of a type, administrators do. */
async function requireToGrant(ctx: Context, { resource_type, resource_id }: Target): Promise<void> {
  const on = await getResource(ctx, resource_type, resource_id)
  await requireManaging(ctx, on, resource_id)
}

async function requireManaging(ctx: Context, on: Resource, name: string): Promise<void> {
  if (on.id === '*') return requireWorkspaceAdmin(ctx)
  if (on.type === 'experiment') return requireExperiment(ctx, Number(on.id), 'MANAGE')
  return requireModel(ctx, name, 'MANAGE')
}

/** Their own business, and that of who may give permissions there. */
async function requireToSeeOn(
  ctx: Context,
  req: Target & { readonly username: string },
): Promise<void> {
  if (req.username !== ctx.principal.name) await requireToGrant(ctx, req)
}

async function heldToWire(ctx: Context, account: Account): Promise<object> {
  const held = await heldPermissions(ctx, account.id)
  return {
    is_admin: account.isAdmin,
    permissions: held.map((permission) => {
      const {
        role_id,
        resource_type,
        resource_pattern,
        permission: level,
      } = rolePermissionToWire(permission)
      return {
        role_id,
        role_name: permission.roleName,
        resource_type,
        resource_pattern,
        permission: level,
        workspace: ctx.workspace,
      }
    }),
  }
}

/**
 * The four calls on one kind of thing that MLflow dropped in 3.13 and its older clients make. They
 * give NO_PERMISSIONS too, which keeps somebody from what the default lets them.
 *
 * @param key the field that names the thing, in requests and answers
 */
function legacyOperations(
  entity: 'Experiment' | 'RegisteredModel',
  type: 'experiment' | 'registered_model',
  key: 'experiment_id' | 'name',
): Operation[] {
  const one = { [key]: text, username: text } as { [name: string]: typeof text }
  const nameOf = (req: object) => String((req as Readonly<Record<string, unknown>>)[key])
  const userOf = (req: object) => String((req as { username?: unknown }).username)
  const rule = async (ctx: Context, req: object) => {
    const on = await getResource(ctx, type, nameOf(req))
    await requireManaging(ctx, on, nameOf(req))
  }
  const wire = (req: object, account: Account, permission: Level) => ({
    [`${type}_permission`]: { [key]: nameOf(req), user_id: account.id, permission },
  })
  const withLevel = message({ ...one, permission: text })
  return [
    operation(`create${entity}Permission`, rule, withLevel, async (ctx, req) => {
      const on = await getResource(ctx, type, nameOf(req))
      const level = parseLevel(String((req as { permission?: unknown }).permission))
      return wire(req, await grantTo(ctx, userOf(req), on, level), level)
    }),
    operation(`get${entity}Permission`, rule, message(one), async (ctx, req) => {
      const on = await getResource(ctx, type, nameOf(req))
      const { account, permission } = await getGranted(ctx, userOf(req), on)
      return wire(req, account, permission)
    }),
    operation(`update${entity}Permission`, rule, withLevel, async (ctx, req) => {
      const on = await getResource(ctx, type, nameOf(req))
      const level = parseLevel(String((req as { permission?: unknown }).permission))
      await regrantTo(ctx, userOf(req), on, level)
    }),
    operation(`delete${entity}Permission`, rule, message(one), async (ctx, req) => {
      await revokeFrom(ctx, userOf(req), await getResource(ctx, type, nameOf(req)))
    }),
  ]
}
