import surface from './surface.json' with { type: 'json' }

/** One operation of MLflow 3.17.2's REST surface, on every path it is served under. */
export type SurfaceOperation = {
  readonly name: string
  readonly group: string
  /** 1: registry and tracking; 2: traces, auth, datasets, workspaces; 3: gateway, jobs and the like. */
  readonly tier: number
  readonly routes: readonly Route[]
}
export type Route = { readonly method: string; readonly path: string }

/** MLflow 1.x had the registry under this prefix; MLflow 3 dropped it, and 1.x clients with it. */
const previewOf = '/api/2.0/mlflow/'
const preview = '/api/2.0/preview/mlflow/'

/** What older clients call and MLflow 3.17.2 no longer has. */
const dropped: readonly SurfaceEntry[] = [
  {
    name: 'listExperiments',
    group: 'experiments',
    tier: 1,
    routes: ['GET /{api,ajax-api}/2.0/mlflow/experiments/list'],
  },
  {
    name: 'listRegisteredModels',
    group: 'model registry',
    tier: 1,
    routes: ['GET /{api,ajax-api}/2.0/mlflow/registered-models/list'],
  },
  ...['Experiment', 'RegisteredModel'].flatMap(permissionOperations),
]

/** Permissions before MLflow 3.13, of tier 2: MLflow 1.x had no access control. */
function permissionOperations(owner: string): SurfaceEntry[] {
  const path = owner === 'Experiment' ? 'experiments' : 'registered-models'
  const verbs = { create: 'POST', get: 'GET', update: 'PATCH', delete: 'DELETE' }
  return Object.entries(verbs).map(([verb, method]) => ({
    name: `${verb}${owner}Permission`,
    group: 'auth (users, permissions, roles)',
    tier: 2,
    routes: [`${method} /{api,ajax-api}/2.0/mlflow/${path}/permissions/${verb}`],
  }))
}

/** Further paths of operations that MLflow 3.17.2 has: the short form that people type. */
const alsoAt = new Map([['logParam', ['POST /{api,ajax-api}/2.0/mlflow/runs/log-param']]])

type SurfaceEntry = { name: string; group: string; tier: number; routes: string[] }

/** Every operation with its routes expanded: `/api`, `/ajax-api` and, for tier 1, the preview prefix. */
export const operations: readonly SurfaceOperation[] = [...surface, ...dropped].map(expand)

function expand(entry: SurfaceEntry): SurfaceOperation {
  const routes = [...entry.routes, ...(alsoAt.get(entry.name) ?? [])].flatMap(expandRoute)
  const previews = routes
    .filter((route) => entry.tier === 1 && route.path.startsWith(previewOf))
    .map((route) => ({ ...route, path: preview + route.path.slice(previewOf.length) }))
  return { ...entry, routes: [...routes, ...previews] }
}

function expandRoute(route: string): Route[] {
  const [method = '', path = ''] = route.split(' ')
  return path.startsWith('/{api,ajax-api}/')
    ? ['api', 'ajax-api'].map((root) => ({ method, path: path.replace('{api,ajax-api}', root) }))
    : [{ method, path }]
}
