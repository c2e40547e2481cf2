import { type ModelPermission, readModelAccess } from '../../access/model-access.ts'
import { requireModelVersion } from '../../access/permissions/require.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import * as endpoints from '../endpoints/model-access.ts'
import { type ServedEndpoint, serve } from '../serve.ts'
import { grantToWire } from './grants.ts'

/** Who may do what with a model. */
export const modelAccessRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.getModelAccess,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params: { name }, query }) => {
      const { id } = await getModel(ctx, name)
      const access = await readModelAccess(ctx, { id, name, count: query.max_results })
      const { level, isAdmin, others, permissions, hasMore, whyNot, grants } = access
      return {
        ...{ access_control: ctx.settings.auth, level, is_admin: isAdmin, others },
        permissions: permissions?.map(permissionToWire),
        more: hasMore,
        needed: whyNot,
        grants: grants?.map(grantToWire),
      }
    },
  ),
]

function permissionToWire({ permission, isOwn, resourceType, ...held }: ModelPermission) {
  const { account, role, holders, holderCount } = held
  return {
    ...{ permission, resource_type: resourceType, on_all: !isOwn },
    ...(account === undefined
      ? { role: { name: role, holders: [...holders], holder_count: holderCount } }
      : { username: account }),
  }
}
