import { Hono } from 'hono'
import { apiRoutes, described } from './api/routes.ts'
import { splitWorkspacePath } from './core/names.ts'
import type { Principal } from './core/principal.ts'
import { answerHubErrors } from './dialects/huggingface/hub-errors.ts'
import { hubRoutes } from './dialects/huggingface/routes.ts'
import { answerSageMakerErrors } from './dialects/sagemaker/errors.ts'
import { sageMakerRoutes } from './dialects/sagemaker/routes.ts'
import type { AppContext, AppEnv } from './http/app-env.ts'
import { errorReplyOf, unknownEndpoint } from './http/errors.ts'
import { browserGuard } from './http/guards/browser-guard.ts'
import { admit, assertGuarded, guard } from './http/guards/guard.ts'
import { refuseMisleadingTargets } from './http/guards/target.ts'
import { nameWorkspace } from './http/guards/workspace.ts'
import { checkReady } from './http/ready.ts'
import { requestContext } from './http/request-context.ts'
import { pathBehindPrefix, plainPath, plainUrlOf } from './http/served-path.ts'
import { apiPathOf, mlflowPageRoutes } from './mlflow/page/mlflow-page.ts'
import { mlflowRoutes } from './mlflow/routes.ts'
import type { Platform } from './platform/context.ts'
import { uiRoutes } from './ui/routes.ts'
import { showError } from './ui/shell/error-page.tsx'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * The whole server: surfaces, middleware and the one error handler.
 *
 * @param options.prefixOf the path that a proxy in front leaves on requests, of an environment; without it
 *   they are served too
 * @param options.hasMlflowPage whether MLflow's own page is there, of an environment
 * @param options.principalOf who asks, where that is known ahead
 */
export function createApp(
  platformOf: (c: AppContext) => Platform,
  options: {
    prefixOf?: (env: unknown) => string | undefined
    principalOf?: (c: AppContext) => Principal | undefined
    hasMlflowPage?: (env: unknown) => boolean
  } = {},
): Hono<AppEnv> {
  const pathOf = (request: Request, from?: { env?: unknown }) =>
    pathBehindPrefix(request, options.prefixOf?.(from?.env))
  /** What the path names: a workspace before it, and MLflow's own page before its calls. */
  const placeOf = (request: Request, from?: { env?: unknown }) => {
    const { workspace, path } = splitWorkspacePath(pathOf(request, from))
    const asked = options.hasMlflowPage?.(from?.env) ? apiPathOf(path) : path
    return { workspace, path: plainPath(asked), isBelowPage: asked !== path }
  }
  const app = new Hono<AppEnv>({ getPath: (...request) => placeOf(...request).path })
  app.use(requestContext(platformOf, options.principalOf))
  app.use(async (c, next) => {
    const { workspace, isBelowPage } = placeOf(c.req.raw, c)
    nameWorkspace(c, workspace)
    c.set('isBelowMlflowPage', isBelowPage)
    await next()
  })
  app.use('/hf/*', answerHubErrors())
  app.use(answerSageMakerErrors())
  app.use(browserGuard())
  app.use(refuseMisleadingTargets())
  app.get('/ready', guard('public'), checkReady)
  app.route('/', mlflowRoutes())
  app.route('/', mlflowPageRoutes())
  app.route('/', apiRoutes())
  app.route('/', hubRoutes())
  app.route('/', sageMakerRoutes())
  app.route('/', uiRoutes(described))
  assertGuarded(app)
  app.onError((err, c) => errorReplyOf(err, c, showError))
  app.notFound(async (c) => {
    await admit(c)
    const plain = plainUrlOf(c, (path) => methodsOf(app, path).length > 0)
    if (plain !== undefined) return c.redirect(plain, 308)
    throw unknownEndpoint(c, (path) => methodsOf(app, path))
  })
  return app
}

/** The methods that `path` is served under; middleware, which takes them all, aside. */
function methodsOf(app: Hono<AppEnv>, path: string): readonly string[] {
  return methods.filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method !== 'ALL'),
  )
}
