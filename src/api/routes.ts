import { Hono } from 'hono'
import type { AppEnv } from '../http/app-env.ts'
import { downloadRoutes } from './downloads.ts'
import { uploadRoutes } from './uploads.ts'
import { versionFileRoutes } from './version-files.ts'

/** Our own REST surface, `/api/v1`. */
export function apiRoutes(): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .route('/', downloadRoutes)
    .route('/', uploadRoutes)
    .route('/', versionFileRoutes)
}
