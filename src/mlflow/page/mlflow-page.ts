import { Hono } from 'hono'
import { getMimeType } from 'hono/utils/mime'
import { absent, excerpt } from '../../core/error.ts'
import type { AppContext, AppEnv } from '../../http/app-env.ts'
import { anyone, guard } from '../../http/guards/guard.ts'

/** Where MLflow's own page is served, for those who are used to it. */
const mlflowPagePath = '/mlflow-ui'

/**
 * The path of the API that MLflow's page means by an address below its own: all of its addresses are
 * relative. Any other path stays as it is.
 */
export function apiPathOf(path: string): string {
  const [, asked] =
    /^\/mlflow-ui(\/(?:ajax-api|graphql|get-artifact|model-versions)(?:\/.*)?)$/s.exec(path) ?? []
  return asked ?? path
}

/**
 * MLflow's own page and its files, where the operator gave them. Its data are those of the API, judged as
 * ever.
 */
export function mlflowPageRoutes(): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(mlflowPagePath, guard(anyone), (c) =>
      // Relative, and so right behind any prefix.
      c.redirect(`.${mlflowPagePath}/`, 308),
    )
    .get(`${mlflowPagePath}/`, guard(anyone), (c) => sendFile(c, 'index.html'))
    .get(`${mlflowPagePath}/static-files/*`, guard(anyone), (c) =>
      sendFile(c, c.req.path.slice(`${mlflowPagePath}/static-files/`.length)),
    )
}

/**
 * What the page may load. Its build makes styles and workers of texts, so this is looser than for our own
 * pages, and for these answers alone; nothing comes from elsewhere.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "frame-src 'self' blob: data:",
  "media-src 'self' blob: data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

async function sendFile(c: AppContext, path: string): Promise<Response> {
  const page = c.var.ctx.mlflowPage
  const body = await page?.readFile(path)
  if (!body) {
    throw absent(
      page
        ? `MLflow's page has no file '${excerpt(path)}'`
        : "MLflow's page is not served here: start the server with --mlflow-ui",
    )
  }
  // The build has the digest of a script or style in its name.
  const isNamedByDigest = /\.[0-9a-f]{8,}\./.test(path)
  return c.body(body, 200, {
    'Content-Type': getMimeType(path) ?? 'application/octet-stream',
    'Cache-Control': isNamedByDigest ? 'private, max-age=31536000, immutable' : 'no-cache',
    'Content-Security-Policy': contentSecurityPolicy,
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  })
}
