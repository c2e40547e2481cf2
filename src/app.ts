import { Hono } from 'hono'
import { getPath } from 'hono/utils/url'
import { apiRoutes } from './api/routes.ts'
import type { AppContext, AppEnv } from './http/app-env.ts'
import { browserGuard } from './http/browser-guard.ts'
import { errorReply, unknownEndpoint } from './http/errors.ts'
import { ready } from './http/ready.ts'
import { requestContext } from './http/request-context.ts'
import { refuseMisleadingTargets } from './http/target.ts'
import { mlflowRoutes } from './mlflow/routes.ts'
import type { Platform } from './platform/context.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * The whole server: surfaces, middleware and the one error handler.
 *
 * @param prefix path that a proxy in front leaves on requests; without it they are served too
 */
export function createApp(
  platformOf: (c: AppContext) => Platform,
  prefix?: string | undefined,
): Hono<AppEnv> {
  const app = new Hono<AppEnv>(prefix ? { getPath: withoutPrefix(prefix) } : {})
  app.use(requestContext(platformOf))
  app.use(browserGuard())
  app.use(refuseMisleadingTargets())
  app.get('/ready', ready)
  app.route('/', mlflowRoutes())
  app.route('/', apiRoutes())
  app.onError(errorReply)
  app.notFound((c) => unknownEndpoint(c, (path) => methodsOf(app, path)))
  return app
}

function withoutPrefix(prefix: string): (request: Request) => string {
  const start = `/${prefix.replace(/^\/+|\/+$/g, '')}/`
  return (request) => {
    const path = getPath(request)
    return path.startsWith(start) ? path.slice(start.length - 1) : path
  }
}

/** The methods that `path` is served under; middleware, which takes them all, aside. */
function methodsOf(app: Hono<AppEnv>, path: string): readonly string[] {
  return methods.filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method !== 'ALL'),
  )
}
