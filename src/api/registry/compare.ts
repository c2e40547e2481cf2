import { requireModelVersion } from '../../access/permissions/require.ts'
import * as governance from '../../governance/compare/compare-versions.ts'
import { resolveVersionNames } from '../../registry/stages/named-versions.ts'
import * as endpoints from '../endpoints/compare.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** What differs between versions. */
export const compareRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.compareVersions,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params, query }) => {
      const numbers = await resolveVersionNames(ctx, params.name, query.versions.split(','))
      const found = await governance.compareVersions(ctx, params.name, {
        numbers,
        isWhole: query.all === 'true',
      })
      return {
        model: params.name,
        versions: found.versions.map(({ version }) => String(version)),
        equal: found.equal,
        params: found.params,
        metrics: found.metrics,
        traces: found.traces,
        datasets: found.datasets,
        tags: found.tags,
        files: found.files,
        has_more_files: found.hasMoreFiles,
        signature: found.signature,
        signature_breaks: found.signature && found.breaks,
        environment: found.environment,
        card: found.card,
      }
    },
  ),
]
