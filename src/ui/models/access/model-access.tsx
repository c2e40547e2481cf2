import { listGrantsFor } from '../../../access/permissions/grants.ts'
import { parseLevel } from '../../../access/permissions/levels.ts'
import { defaultLevelOf } from '../../../access/permissions/permitted.ts'
import { getModelLevel, requireModel } from '../../../access/permissions/require.ts'
import { getModelResource } from '../../../access/permissions/resources.ts'
import { listModelPermissions } from '../../../access/permissions/role-permissions.ts'
import { grantTo, regrantTo, revokeFrom } from '../../../access/permissions/user-permissions.ts'
import { requireGovernor } from '../../../access/permissions/workspace-rights.ts'
import { RegistryError } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import type { Context } from '../../../platform/context.ts'
import { getModel } from '../../../registry/models/registered-models.ts'
import { modelNameOf } from '../../addressed.ts'
import { attempt } from '../../attempt.ts'
import { changeOn, checkGiven, type Reshown } from '../../changes/change.ts'
import { findRefusal } from '../../forms.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { ModelAccessPage } from './model-access-page.tsx'

const shownMax = 200

/** `GET /models/{name}/access` */
export async function showModelAccess(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const [frame, model, whyNot, whyNotGrants] = await Promise.all([
    frameOf(c),
    getModel(ctx, name),
    findRefusal(requireModel(ctx, name, 'MANAGE')),
    findRefusal(requireGovernor(ctx)),
  ])
  const mayList = ctx.settings.auth && whyNot === undefined
  const [level, permissions, grants] = await Promise.all([
    ctx.settings.auth ? getModelLevel(ctx, name) : undefined,
    mayList ? listModelPermissions(ctx, { model: model.id, count: shownMax + 1 }) : undefined,
    ctx.settings.auth && whyNotGrants === undefined ? listGrantsFor(ctx, name) : undefined,
  ])
  const page = (
    <ModelAccessPage
      {...{ frame, name, level, whyNot, grants, ...shown }}
      permissions={permissions?.slice(0, shownMax)}
      hasMore={(permissions?.length ?? 0) > shownMax}
      others={defaultLevelOf(ctx)}
      isAdmin={ctx.principal.isAdmin}
    />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

const change = changeOn({
  show: showModelAccess,
  atOf: (c) => ({ name: modelNameOf(c) }),
  addressOf: (to, { name }) => to.modelAccess(name),
  aboutOf: ({ name }) => ({ model: name }),
})

const mayManage = (ctx: Context, { name }: { readonly name: string }) =>
  requireModel(ctx, name, 'MANAGE')

/** `POST /models/{name}/access`: a permission for one account, in place of the one that it has there. */
export const postPermission = change({
  operation: 'createRegisteredModelPermission',
  read: (form) => ({
    username: form.text('username') ?? '',
    permission: form.text('permission') ?? '',
  }),
  rule: mayManage,
  field: 'username',
  async make(ctx, { name, username, permission }) {
    checkGiven(username, 'Who gets it')
    const given = {
      on: await getModelResource(ctx, name),
      permission: parseLevel(permission),
    }
    const granted = await attempt('RESOURCE_ALREADY_EXISTS', grantTo(ctx, username, given))
    if (granted instanceof RegistryError) await regrantTo(ctx, username, given)
  },
})

/** `POST /models/{name}/access/remove` */
export const postPermissionRemoval = change({
  operation: 'deleteRegisteredModelPermission',
  read: (form) => ({ username: form.exact('username') ?? '' }),
  rule: mayManage,
  make: async (ctx, { name, username }) =>
    revokeFrom(ctx, username, await getModelResource(ctx, name)),
})
