import { getPath } from 'hono/utils/url'
import { workspacePath } from '../core/names.ts'
import type { AppContext } from './app-env.ts'
import { isApiPath, serverUrl } from './guards/reached.ts'

/**
 * The path of a request behind the prefix that a proxy left on it, with one slash at its start.
 *
 * @param prefix requests without it are served too
 */
export function pathBehindPrefix(request: Request, prefix: string | undefined): string {
  const path = oneSlash(getPath(request))
  const bare = prefix?.replace(/^\/+|\/+$/g, '')
  // AWS's clients send to exactly the path of their endpoint, without a slash at its end.
  if (bare && path === `/${bare}` && request.headers.has('x-amz-target')) return '/'
  return bare && path.startsWith(`/${bare}/`) ? oneSlash(path.slice(bare.length + 1)) : path
}

/** Where what follows is the caller's: a path of the artifact proxy, a tag, an alias. */
const ownPart = /\/mlflow-artifacts\/(?:artifacts|presigned|mpu\/\w+)\/|\/(?:tags|aliases)\//

/**
 * The path by which a request is routed, and so judged: several slashes at its start are one, and in
 * MLflow's API so is an encoded slash, as on MLflow's server. What ends in a name or a path of the
 * caller's stays as it was sent from there on.
 */
export function plainPath(given: string): string {
  const path = oneSlash(given)
  if (!/%2f/i.test(path)) return path
  const at = ownPart.exec(path)
  const end = at ? at.index + at[0].length : path.length
  const decoded = oneSlash(path.slice(0, end).replace(/%2f/gi, '/')) + path.slice(end)
  return /^\/(?:ajax-)?api\/[23]\.0\//.test(decoded) ? decoded : path
}

function oneSlash(path: string): string {
  return path.replace(/^\/{2,}/, '/')
}

/**
 * Where a request for an endpoint with doubled slashes inside its path is to go instead, as MLflow's
 * server tells clients; undefined for any other path.
 *
 * @param isServed whether there is an endpoint of this path
 */
export function plainUrlOf(c: AppContext, isServed: (path: string) => boolean): string | undefined {
  const plain = c.req.path.replace(/\/{2,}/g, '/')
  if (plain === c.req.path || !isApiPath(plain) || !isServed(plain)) return undefined
  const { isWorkspaceInPath, workspace } = c.var
  const place = isWorkspaceInPath && workspace ? workspacePath(workspace) : ''
  return serverUrl(c) + place + plain + new URL(c.req.url).search
}
