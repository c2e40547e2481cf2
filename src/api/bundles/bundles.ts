import { requireModelVersion } from '../../access/permissions/require.ts'
import { bomMediaType, readMlBom } from '../../bundles/mlbom.ts'
import { attachment } from '../../http/files/content-type.ts'
import * as endpoints from '../endpoints/bundles.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** What of a version leaves the server as one document. */
export const bundleRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.getMlBom,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params: { name, version }, query: { spec } }, c) =>
      c.body(await readMlBom(ctx, name, { version, spec }), 200, {
        'Content-Type': bomMediaType(spec),
        'Content-Disposition': attachment(`${name}-${version}.cdx.json`),
        'X-Content-Type-Options': 'nosniff',
      }),
  ),
]
