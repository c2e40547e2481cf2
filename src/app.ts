import { Hono } from 'hono'
import type { AppContext, AppEnv } from './http/app-env.ts'
import { errorReply, unknownEndpoint } from './http/errors.ts'
import { requestContext } from './http/request-context.ts'
import { mlflowRoutes } from './mlflow/routes.ts'
import type { Platform } from './platform/context.ts'

/** The whole server: surfaces, middleware and the one error handler. */
export function createApp(platformOf: (c: AppContext) => Platform): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.use(requestContext(platformOf))
  app.route('/', mlflowRoutes())
  app.onError(errorReply)
  app.notFound(unknownEndpoint)
  return app
}
