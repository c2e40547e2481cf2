import { Hono } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import { downloadRoutes } from './downloads.ts'
import { grantRoutes } from './grants.ts'
import { openApiRoutes } from './openapi.ts'
import { mount, type Served } from './serve.ts'
import { uploadRoutes } from './uploads.ts'
import { versionFileRoutes } from './version-files.ts'
import { whoamiRoutes } from './whoami.ts'

/** Every endpoint of our own surface, one list a capability. Signed URLs are not among them. */
export const served: readonly Served[] = [...whoamiRoutes, ...versionFileRoutes, ...grantRoutes]

/** Our own REST surface, `/api/v1`. */
export function apiRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>().route('/', downloadRoutes).route('/', uploadRoutes)
  mount(app, [...served, ...openApiRoutes(served)])
  return app
}
