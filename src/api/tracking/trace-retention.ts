import { requireExperiment } from '../../access/permissions/require.ts'
import {
  getRetention,
  type RevisedRetention,
  setRetention,
} from '../../traces/retention/retention.ts'
import * as endpoints from '../endpoints/trace-retention.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** How long traces of an experiment are kept. */
export const traceRetentionRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.getTraceRetention,
    (ctx, { params }) => requireExperiment(ctx, params.id, 'READ'),
    async (ctx, { params }) => retentionToWire(await getRetention(ctx, params.id)),
  ),

  serve(
    endpoints.putTraceRetention,
    (ctx, { params }) => requireExperiment(ctx, params.id, 'MANAGE'),
    async (ctx, { params, body }) =>
      retentionToWire(
        await setRetention(ctx, params.id, {
          revision: body.revision,
          daysMax: body.days_max ?? undefined,
          tracesMax: body.traces_max ?? undefined,
          keepAssessed: body.keep_assessed,
          keepOfVersions: body.keep_of_versions,
        }),
      ),
  ),
]

function retentionToWire(retention: RevisedRetention) {
  return {
    revision: retention.revision,
    days_max: retention.daysMax ?? null,
    traces_max: retention.tracesMax ?? null,
    keep_assessed: retention.keepAssessed,
    keep_of_versions: retention.keepOfVersions,
  }
}
