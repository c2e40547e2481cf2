import { requireModelVersion } from '../../access/permissions/require.ts'
import * as governance from '../../governance/compare/compare-versions.ts'
import { parseVersion } from '../../registry/check-names.ts'
import * as endpoints from '../endpoints/compare.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** What differs between versions. */
export const compareRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.compareVersions,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params, query }) => {
      const numbers = query.versions.split(',').map(parseVersion)
      const found = await governance.compareVersions(ctx, params.name, numbers)
      return {
        model: params.name,
        versions: found.versions.map(({ version }) => String(version)),
        params: found.params,
        metrics: found.metrics,
        traces: found.traces,
        tags: found.tags,
        files: found.files,
        has_more_files: found.hasMoreFiles,
        signature: found.signature,
        environment: found.environment,
        card: found.card,
      }
    },
  ),
]
