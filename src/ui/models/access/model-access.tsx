import { readModelAccess } from '../../../access/model-access.ts'
import { parseLevel } from '../../../access/permissions/levels.ts'
import { requireModel } from '../../../access/permissions/require.ts'
import { getModelResource } from '../../../access/permissions/resources.ts'
import { grantTo, regrantTo, revokeFrom } from '../../../access/permissions/user-permissions.ts'
import { RegistryError } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import type { Context } from '../../../platform/context.ts'
import { getModel } from '../../../registry/models/registered-models.ts'
import { modelNameOf } from '../../addressed.ts'
import { attempt } from '../../attempt.ts'
import { changeOn, checkGiven, type Reshown } from '../../changes/change.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { ModelAccessPage } from './model-access-page.tsx'

const shownMax = 200

/** `GET /models/{name}/access` */
export async function showModelAccess(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const [frame, { id }] = await Promise.all([frameOf(c), getModel(ctx, name)])
  const access = await readModelAccess(ctx, { id, name, count: shownMax })
  const page = <ModelAccessPage {...{ frame, name, ...access, ...shown }} />
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
