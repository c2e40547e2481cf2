import { requireModelVersion } from '../../access/permissions/require.ts'
import {
  listVersionMetricKeys,
  readVersionMetrics,
  type VersionMetric,
} from '../../registry/versions/version-metrics.ts'
import * as endpoints from '../endpoints/version-metrics.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** Metrics over versions. */
export const versionMetricRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.listVersionMetrics,
    (ctx, { params }) => requireModelVersion(ctx, params.name, 'READ'),
    async (ctx, { params: { name }, query }) => {
      const { key } = query
      const found = await page(['version metrics', name, key], query, {
        first: Number.MAX_SAFE_INTEGER,
        read: (before: number, count) => readVersionMetrics(ctx, name, { key, before, count }),
        keyOf: ({ version }) => version,
        toWire: metricToWire,
      })
      return { ...found, keys: await listVersionMetricKeys(ctx, name) }
    },
  ),
]

function metricToWire({ version, stage, createdAtMs, value }: VersionMetric) {
  return {
    ...{ version: String(version), stage, created_at: createdAtMs },
    ...(value !== null && { value: Number.isNaN(value) ? ('NaN' as const) : value }),
  }
}
