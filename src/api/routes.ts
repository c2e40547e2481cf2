import { Hono } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import { auditRoutes } from './audit.ts'
import { cardRoutes } from './cards.ts'
import { compareRoutes } from './compare.ts'
import { downloadRoutes } from './downloads.ts'
import { getCardPage } from './endpoints/cards.ts'
import type { Endpoint } from './endpoints/endpoint.ts'
import { getOpenApi } from './endpoints/openapi.ts'
import { eventRoutes } from './events.ts'
import { grantRoutes } from './grants.ts'
import { groupRoutes } from './groups.ts'
import { holderRoutes } from './holders.ts'
import { identityRoutes } from './identities.ts'
import { lineageRoutes } from './lineage.ts'
import { modelVersionRoutes } from './model-versions.ts'
import { openApiRoute } from './openapi.ts'
import { policyRoutes } from './policies.ts'
import { promotionRoutes } from './promotions.ts'
import { mount, type Served } from './serve.ts'
import { serviceAccountRoutes } from './service-accounts.ts'
import { stageRoutes } from './stages.ts'
import { tokenRoutes } from './tokens.ts'
import { uploadRoutes } from './uploads.ts'
import { versionFileRoutes } from './version-files.ts'
import { webhookRoutes } from './webhooks.ts'
import { whoamiRoutes } from './whoami.ts'

/** Every endpoint of our own surface, one list a capability. Signed URLs are not among them. */
export const served: readonly Served[] = [
  ...whoamiRoutes,
  ...auditRoutes,
  ...stageRoutes,
  ...modelVersionRoutes,
  ...versionFileRoutes,
  ...cardRoutes,
  ...holderRoutes,
  ...lineageRoutes,
  ...compareRoutes,
  ...policyRoutes,
  ...promotionRoutes,
  ...webhookRoutes,
  ...eventRoutes,
  ...tokenRoutes,
  ...groupRoutes,
  ...grantRoutes,
  ...serviceAccountRoutes,
  ...identityRoutes,
]

/** All that the OpenAPI document tells of; src/ui serves the page below `/api/v1`, which is only described here. */
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
