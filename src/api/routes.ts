import { Hono } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import { grantRoutes } from './access/grants.ts'
import { groupRoutes } from './access/groups.ts'
import { identityRoutes } from './access/identities.ts'
import { modelAccessRoutes } from './access/model-access.ts'
import { serviceAccountRoutes } from './access/service-accounts.ts'
import { signInRoutes } from './access/sign-ins.ts'
import { tokenRoutes } from './access/tokens.ts'
import { whoamiRoutes } from './access/whoami.ts'
import { attestationRoutes } from './bundles/attestations.ts'
import { bundleRoutes } from './bundles/bundles.ts'
import { getCardPage } from './endpoints/cards.ts'
import type { Endpoint } from './endpoints/endpoint.ts'
import { getOpenApi } from './endpoints/openapi.ts'
import { auditRoutes } from './events/audit.ts'
import { eventRoutes } from './events/events.ts'
import { webhookRoutes } from './events/webhooks.ts'
import { catalogueRoutes } from './find/catalogue.ts'
import { findRoutes } from './find/find.ts'
import { cardRoutes } from './governance/cards.ts'
import { policyRoutes } from './governance/policies.ts'
import { promotionRoutes } from './governance/promotions.ts'
import { importRoutes } from './imports/imports.ts'
import { transferRoutes } from './imports/transfers.ts'
import { openApiRoute } from './openapi.ts'
import { collectionRoutes } from './registry/collections.ts'
import { compareRoutes } from './registry/compare.ts'
import { downloadRoutes } from './registry/downloads.ts'
import { factRoutes } from './registry/facts.ts'
import { filePlaceRoutes } from './registry/file-places.ts'
import { holderRoutes } from './registry/holders.ts'
import { lineageRoutes } from './registry/lineage.ts'
import { modelVersionRoutes } from './registry/model-versions.ts'
import { stageRoutes } from './registry/stages.ts'
import { resumableUploadRoutes, uploadRoutes } from './registry/uploads.ts'
import { versionFileRoutes } from './registry/version-files.ts'
import { versionMetricRoutes } from './registry/version-metrics.ts'
import { versionScanRoutes } from './registry/version-scan.ts'
import { retentionRoutes } from './retention/retention.ts'
import { mount, type ServedEndpoint } from './serve.ts'
import { deploymentCountRoutes } from './serving/deployment-counts.ts'
import { deploymentRoutes } from './serving/deployments.ts'
import { outcomeRoutes } from './serving/outcomes.ts'
import { replicaRoutes } from './serving/replicas.ts'
import { resolveRoutes } from './serving/resolve.ts'
import { experimentKeyRoutes } from './tracking/experiment-keys.ts'
import { metricSeriesRoutes } from './tracking/metric-series.ts'
import { runRoutes } from './tracking/runs.ts'
import { savedViewRoutes } from './tracking/saved-views.ts'
import { traceIntakeRoutes } from './tracking/trace-intake.ts'
import { traceKeyRoutes } from './tracking/trace-keys.ts'
import { traceRetentionRoutes } from './tracking/trace-retention.ts'

/** Every endpoint of our own surface, one list per capability. Signed URLs are not among them. */
export const served: readonly ServedEndpoint[] = [
  ...whoamiRoutes,
  ...findRoutes,
  ...catalogueRoutes,
  ...auditRoutes,
  ...modelAccessRoutes,
  ...stageRoutes,
  ...collectionRoutes,
  ...modelVersionRoutes,
  ...versionFileRoutes,
  ...versionScanRoutes,
  ...filePlaceRoutes,
  ...retentionRoutes,
  ...factRoutes,
  ...cardRoutes,
  ...bundleRoutes,
  ...attestationRoutes,
  ...holderRoutes,
  ...resolveRoutes,
  ...replicaRoutes,
  ...deploymentRoutes,
  ...outcomeRoutes,
  ...deploymentCountRoutes,
  ...lineageRoutes,
  ...compareRoutes,
  ...versionMetricRoutes,
  ...policyRoutes,
  ...promotionRoutes,
  ...webhookRoutes,
  ...eventRoutes,
  ...tokenRoutes,
  ...signInRoutes,
  ...groupRoutes,
  ...grantRoutes,
  ...serviceAccountRoutes,
  ...identityRoutes,
  ...importRoutes,
  ...transferRoutes,
  ...resumableUploadRoutes,
  ...experimentKeyRoutes,
  ...runRoutes,
  ...metricSeriesRoutes,
  ...traceKeyRoutes,
  ...traceIntakeRoutes,
  ...savedViewRoutes,
  ...traceRetentionRoutes,
]

/**
 * All endpoints in the OpenAPI document. The page of a card is only described: src/ui serves it.
 */
export const described: readonly Endpoint[] = [
  ...served.map(({ endpoint }) => endpoint),
  getCardPage,
  getOpenApi,
]

/** Our own REST surface, `/api/v1`. */
export function apiRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>().route('/', downloadRoutes).route('/', uploadRoutes)
  mount(app, [...served, openApiRoute(described)])
  return app
}
