import type { Account } from '../access/accounts/accounts.ts'
import { requireAccessAdmin, requireSelfOrAdmin } from '../access/accounts/require-admin.ts'
import {
  createUser,
  deleteUser,
  getUser,
  hasPassword,
  listUsers,
  setAdmin,
} from '../access/accounts/users.ts'
import { listRolesByHolder } from '../access/permissions/roles.ts'
import { listOwnPermissions } from '../access/permissions/user-permissions.ts'
import { changePassword } from '../access/sign-in/change-password.ts'
import { invalid, notFound } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import { anyone } from '../http/guards/guard.ts'
import type { Context } from '../platform/context.ts'
import { type Operation, operation } from './operation.ts'
import { roleToWire } from './role-wire.ts'
import { message } from './wire/message.ts'

const text = { type: 'string', required: true } as const
const ownWords = { ...text, mayBeEmpty: true } as const
const selfOrAdmin = (ctx: Context, req: { readonly username: string }) =>
  requireSelfOrAdmin(ctx, req.username)

/** MLflow's users, for its AuthServiceClient. Users cannot sign up by themselves here. */
export const userOperations: readonly Operation[] = [
  operation('createUser', {
    request: message({ username: ownWords, password: ownWords }),
    rule: requireAccessAdmin,
    answer: async (ctx, { username, password }) => {
      if (username === '' || password === '') throw invalid(`${messages.blankUser}.`)
      return { user: await wholeUser(ctx, await createUser(ctx, username, password)) }
    },
  }),

  operation('getUser', {
    request: message({ username: text }),
    rule: selfOrAdmin,
    answer: async (ctx, req) => ({
      user: await wholeUser(ctx, await getUser(ctx, req.username)),
    }),
  }),

  operation('getCurrentUser', {
    request: message({}),
    rule: anyone,
    answer: async (ctx) => {
      const { accountId: id, name, isAdmin } = ctx.principal
      if (id === undefined) throw notFound('User', name)
      return {
        user: userToWire({ id, name, isAdmin }),
        // Web pages use it to offer a change of password.
        is_basic_auth: await hasPassword(ctx, id),
      }
    },
  }),

  operation('listUsers', {
    request: message({}),
    rule: anyone,
    answer: async (ctx) => {
      const [users, roles] = await Promise.all([listUsers(ctx), listRolesByHolder(ctx)])
      const rolesOf = (id: number) => (roles.get(id) ?? []).map(roleToWire)
      return { users: users.map((user) => ({ ...userToWire(user), roles: rolesOf(user.id) })) }
    },
  }),

  operation('updateUserPassword', {
    request: message({ username: text, password: text, current_password: { type: 'string' } }),
    rule: selfOrAdmin,
    answer: (ctx, { username, password, current_password: current }) =>
      changePassword(ctx, username, { password, current }),
  }),

  operation('updateUserAdmin', {
    request: message({ username: text, is_admin: { type: 'bool', required: true } }),
    rule: requireAccessAdmin,
    answer: (ctx, req) => setAdmin(ctx, req.username, { isAdmin: req.is_admin }),
  }),

  operation('deleteUser', {
    request: message({ username: text }),
    rule: requireAccessAdmin,
    answer: (ctx, req) => deleteUser(ctx, req.username),
  }),
]

/** A user as clients before MLflow 3.13 read it: they need the lists, even empty ones. */
async function wholeUser(ctx: Context, user: Account): Promise<object> {
  const held = await listOwnPermissions(ctx, user.id)
  const on = (type: string, key: string) =>
    held
      .filter(
        ({ resourceType, resourcePattern }) => resourceType === type && resourcePattern !== '*',
      )
      .map(({ resourcePattern, permission }) => ({
        [key]: resourcePattern,
        user_id: user.id,
        permission,
      }))
  return {
    ...userToWire(user),
    experiment_permissions: on('experiment', 'experiment_id'),
    registered_model_permissions: on('registered_model', 'name'),
    scorer_permissions: [],
  }
}

function userToWire({ id, name, isAdmin }: Omit<Account, 'createdAtMs'>) {
  return { id, is_admin: isAdmin, username: name }
}
