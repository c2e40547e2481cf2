import { requireSelfOrAdmin } from '../../../access/accounts/require-admin.ts'
import {
  createUser,
  deleteUser,
  findUsersAfter,
  getUser,
  setAdmin,
} from '../../../access/accounts/users.ts'
import { listRolesByHolder } from '../../../access/permissions/roles.ts'
import { changePassword } from '../../../access/sign-in/change-password.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import type { Context } from '../../../platform/context.ts'
import { changeOn, checkGiven, checkSeen, checkTyped, type Reshown } from '../../changes/change.ts'
import { findRefusal } from '../../forms.ts'
import { numberIn } from '../../paths.ts'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { mayAdministrate } from './may-administrate.ts'
import { UserPage, UsersPage } from './users-page.tsx'

const perPage = 100

/** `GET /settings/users?q=&after=` */
export async function showUsers(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const words = optionalQuery(c, 'q') ?? ''
  const after = numberIn(optionalQuery(c, 'after')) ?? 0
  const [frame, found] = await Promise.all([
    settingsFrameOf(c),
    findUsersAfter(ctx, words, { after, count: perPage + 1 }),
  ])
  const users = found.slice(0, perPage)
  const roles = await listRolesByHolder(
    ctx,
    users.map(({ id }) => id),
  )
  const rows = users.map((user) => ({
    ...user,
    roles: (roles.get(user.id) ?? []).map(({ name }) => name).filter(isShared),
  }))
  const next = found.length > perPage ? users.at(-1)?.id : undefined
  const whyNot = await findRefusal(mayAdministrate(ctx))
  const page = <UsersPage {...{ frame, words, rows, next, whyNot, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** Not the one that has what was granted to the account itself. */
function isShared(role: string): boolean {
  return !role.startsWith('__user_')
}

/** `GET /settings/users/{name}` */
export async function showUser(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const [frame, user] = await Promise.all([settingsFrameOf(c), getUser(ctx, userNameOf(c))])
  const whyNot = await findRefusal(mayAdministrate(ctx))
  const whyNoPassword = await findRefusal(mayChangePassword(ctx, user))
  const isSelf = ctx.principal.accountId === user.id
  const page = <UserPage {...{ frame, user, whyNot, whyNoPassword, isSelf, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

function userNameOf(c: AppContext): string {
  return c.req.param('name') ?? ''
}

async function mayChangePassword(ctx: Context, { name }: { readonly name: string }): Promise<void> {
  requireSelfOrAdmin(ctx, name)
}

const onList = changeOn({
  show: showUsers,
  atOf: () => ({}),
  addressOf: (to) => `${to.settings}/users`,
})

const onUser = changeOn({
  show: showUser,
  atOf: (c) => ({ name: userNameOf(c) }),
  addressOf: (to, { name }) => `${to.settings}/users/${encodeURIComponent(name)}`,
})

/** `POST /settings/users` */
export const postUser = onList({
  operation: 'createUser',
  read: (form) => ({ name: form.text('name'), password: form.exact('password') }),
  rule: mayAdministrate,
  field: 'name',
  make: (ctx, { name, password }) =>
    createUser(ctx, checkGiven(name, 'The name'), checkGiven(password, 'The password')),
})

/** `POST /settings/users/{name}/admin` */
export const postUserAdmin = onUser({
  operation: 'updateUserAdmin',
  read: (form) => ({ isAdmin: form.text('is_admin') === 'yes', account: form.text('account') }),
  rule: mayAdministrate,
  make: (ctx, { name, isAdmin, account }) =>
    setAdmin(ctx, name, { isAdmin, seen: checkSeen(account) }),
})

/** `POST /settings/users/{name}/password` */
export const postUserPassword = onUser({
  operation: 'updateUserPassword',
  read: (form) => ({
    password: form.exact('password'),
    current: form.exact('current'),
    account: form.text('account'),
  }),
  rule: mayChangePassword,
  field: 'password',
  make: (ctx, { name, password, current, account }) =>
    changePassword(ctx, name, {
      ...{ password: checkGiven(password, 'The new password'), current },
      seen: checkSeen(account),
    }),
})

/** `POST /settings/users/{name}/delete` */
export const postUserDeletion = onUser({
  operation: 'deleteUser',
  read: (form) => ({ typed: form.text('confirm'), account: form.text('account') }),
  rule: mayAdministrate,
  field: 'confirm',
  async make(ctx, { name, typed, account }) {
    checkTyped(typed, name)
    await deleteUser(ctx, name, checkSeen(account))
  },
  next: (to) => `${to.settings}/users`,
})
