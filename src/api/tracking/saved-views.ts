import { requireExperiment } from '../../access/permissions/require.ts'
import type { SavedView } from '../../tracking/views/saved-view.ts'
import { createView, deleteView, listViews, updateView } from '../../tracking/views/saved-views.ts'
import {
  requireStandingViewChange,
  requireViewChange,
} from '../../tracking/views/view-permissions.ts'
import * as endpoints from '../endpoints/saved-views.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Named addresses of an experiment's table of runs. */
export const savedViewRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.listSavedViews,
    (ctx, { params }) => requireExperiment(ctx, params.id, 'READ'),
    async (ctx, { params }) => ({ views: (await listViews(ctx, params.id)).map(toWire) }),
  ),
  serve(
    endpoints.createSavedView,
    (ctx, { params, body }) => requireViewChange(ctx, params.id, { isShared: body.shared }),
    async (ctx, { params, body }) =>
      toWire(
        await createView(ctx, params.id, {
          name: body.name,
          query: body.query,
          isShared: body.shared,
          isDefault: body.default,
        }),
      ),
  ),
  serve(
    endpoints.updateSavedView,
    (ctx, { params }) => requireStandingViewChange(ctx, params.id, params.view),
    async (ctx, { params, body }) => {
      const { name, query, revision, default: isDefault } = body
      const changed = { id: params.view, revision, name, query, isDefault }
      return toWire(await updateView(ctx, params.id, changed))
    },
  ),
  serve(
    endpoints.deleteSavedView,
    (ctx, { params }) => requireStandingViewChange(ctx, params.id, params.view),
    async (ctx, { params, query }) => {
      await deleteView(ctx, params.id, { id: params.view, revision: query.revision })
      return {}
    },
  ),
]

function toWire(view: SavedView) {
  return {
    id: String(view.id),
    name: view.name,
    query: view.query,
    default: view.isDefault,
    shared: view.isShared,
    revision: view.revision,
    changed_at: view.changedAtMs,
  }
}
