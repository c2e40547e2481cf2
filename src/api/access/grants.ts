import {
  createGrant,
  deleteGrant,
  type Grant,
  listGrants,
} from '../../access/permissions/grants.ts'
import { requireGovernor } from '../../access/permissions/workspace-rights.ts'
import * as endpoints from '../endpoints/grants.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Who may register, promote, approve and so on. Only administrators see and change grants. */
export const grantRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listGrants, requireGovernor, async (ctx, { query }) => {
    const page = await listGrants(ctx, query.max_results, query.page_token)
    return {
      items: page.items.map(grantToWire),
      ...(page.nextPageToken && { next_page_token: page.nextPageToken }),
    }
  }),
  serve(endpoints.createGrant, requireGovernor, async (ctx, { body }) =>
    grantToWire(await createGrant(ctx, body)),
  ),
  serve(endpoints.deleteGrant, requireGovernor, async (ctx, { params }) => {
    await deleteGrant(ctx, params.id)
    return {}
  }),
]

export function grantToWire(grant: Grant) {
  return {
    id: String(grant.id),
    principal: grant.principal,
    action: grant.action,
    models: grant.models,
    ...(grant.stage !== undefined && { stage: grant.stage }),
    ...(grant.alias !== undefined && { alias: grant.alias }),
    created_by: grant.createdBy,
    created_at: grant.createdAtMs,
  }
}
