import { requireModelVersion } from '../../access/permissions/require.ts'
import { getVersionScan, requestScan, type VersionScan } from '../../registry/files/version-scan.ts'
import * as endpoints from '../endpoints/version-scan.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** What may run when the files of a version are loaded. */
export const versionScanRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.getVersionScan,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params: { name, version } }) =>
      scanToWire(await getVersionScan(ctx, name, { version })),
  ),
  serve(
    endpoints.scanVersion,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'EDIT'),
    async (ctx, { params: { name, version } }) => scanToWire(await requestScan(ctx, name, version)),
  ),
]

function scanToWire({ findings, ...scan }: VersionScan) {
  return { ...scan, findings: [...findings] }
}
