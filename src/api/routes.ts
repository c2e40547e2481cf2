import { Hono } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import { auditRoutes } from './audit.ts'
import { cardRoutes } from './cards.ts'
import { compareRoutes } from './compare.ts'
import { downloadRoutes } from './downloads.ts'
import { getCardPage } from './endpoints/cards.ts'
import { eventRoutes } from './events.ts'
import { grantRoutes } from './grants.ts'
import { groupRoutes } from './groups.ts'
import { holderRoutes } from './holders.ts'
import { identityRoutes } from './identities.ts'
import { lineageRoutes } from './lineage.ts'
import { modelVersionRoutes } from './model-versions.ts'
import { openApiRoutes } from './openapi.ts'
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

/** Pages below `/api/v1`, which src/ui serves: here they are only described. */
const pages = [{ endpoint: getCardPage }]

/** Our own REST surface, `/api/v1`. */
export function apiRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>().route('/', downloadRoutes).route('/', uploadRoutes)
  mount(app, [...served, ...openApiRoutes([...served, ...pages])])
  return app
}
