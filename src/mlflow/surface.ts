import surface from './surface.json' with { type: 'json' }

/** One operation of MLflow 3.17.2's REST surface, on every path it is served under. */
export type SurfaceOperation = {
  readonly name: string
  readonly group: string
  /**
   * 1: registry and tracking; 2: traces, auth, datasets, workspaces; 3: gateway, jobs and the like.
   */
  readonly tier: number
  readonly routes: readonly Route[]
}
export type Route = { readonly method: string; readonly path: string }

/** MLflow's page at `/`. This server has its own there. */
export const pageOperation = 'serveIndex'

/** MLflow 1.x had the registry under this prefix; MLflow 3 dropped it, and 1.x clients with it. */
const previewOf = '/api/2.0/mlflow/'
const preview = '/api/2.0/preview/mlflow/'

const accessGroup = 'auth (users, permissions, roles)'

/** What an account has on one thing, which is in a workspace. */
const onThings =
  /^(create|get|update|delete|grant|revoke)(User|Experiment|RegisteredModel)Permission$/

/** Whether calls are about no one workspace: about accounts, roles, or workspaces themselves. */
export function needsNoWorkspace({ group, name }: SurfaceOperation): boolean {
  return group === 'workspaces' || (group === accessGroup && !onThings.test(name))
}

const dialectGroup = 'databricks dialect'

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
  ...permissionCalls('Experiment', 'experiments'),
  ...permissionCalls('RegisteredModel', 'registered-models'),
]

/** The calls that Databricks' workspace model registry adds to MLflow's own. */
const databricks: readonly SurfaceEntry[] = [
  dialect('createTransitionRequest', 'POST', 'transition-requests/create'),
  dialect('listTransitionRequests', 'GET', 'transition-requests/list'),
  dialect('approveTransitionRequest', 'POST', 'transition-requests/approve'),
  dialect('rejectTransitionRequest', 'POST', 'transition-requests/reject'),
  dialect('deleteTransitionRequest', 'DELETE', 'transition-requests/delete'),
  dialect('createComment', 'POST', 'comments/create'),
  dialect('updateComment', 'PATCH', 'comments/update'),
  dialect('deleteComment', 'DELETE', 'comments/delete'),
  dialect('createRegistryWebhook', 'POST', 'registry-webhooks/create'),
  dialect('listRegistryWebhooks', 'GET', 'registry-webhooks/list'),
  dialect('updateRegistryWebhook', 'PATCH', 'registry-webhooks/update'),
  dialect('deleteRegistryWebhook', 'DELETE', 'registry-webhooks/delete'),
  dialect('testRegistryWebhook', 'POST', 'registry-webhooks/test'),
  dialect('getDatabricksModel', 'GET', 'databricks/registered-models/get'),
  dialect('transitionDatabricksStage', 'POST', 'databricks/model-versions/transition-stage'),
  ...[
    ['getDatabricksPermissions', 'GET', ''],
    ['setDatabricksPermissions', 'PUT', ''],
    ['updateDatabricksPermissions', 'PATCH', ''],
    ['getDatabricksPermissionLevels', 'GET', '/permissionLevels'],
  ].map(([name = '', method, path]) => ({
    name,
    group: dialectGroup,
    tier: 2,
    routes: [`${method} /api/2.0/permissions/registered-models/{registered_model_id}${path}`],
  })),
]

/** The operations that only Databricks' dialect has, by name. */
export const dialectOperations: ReadonlySet<string> = new Set(databricks.map(({ name }) => name))

function dialect(name: string, method: string, path: string): SurfaceEntry {
  return { name, group: dialectGroup, tier: 1, routes: [`${method} ${previewOf}${path}`] }
}

/** The calls by which clients before 3.13 give permissions on one thing. */
function permissionCalls(entity: string, path: string): SurfaceEntry[] {
  const methods = { create: 'POST', get: 'GET', update: 'PATCH', delete: 'DELETE' }
  return Object.entries(methods).map(([verb, method]) => ({
    name: `${verb}${entity}Permission`,
    group: accessGroup,
    tier: 2,
    routes: [`${method} /{api,ajax-api}/2.0/mlflow/${path}/permissions/${verb}`],
  }))
}

/** Further paths of operations that MLflow 3.17.2 has: the short form that people type. */
const alsoAt = new Map([['logParam', ['POST /{api,ajax-api}/2.0/mlflow/runs/log-param']]])

/** Operations that use POST but change nothing, so a read-only access token may call them. */
export const readingPosts: ReadonlySet<string> = new Set([
  'batchGetTraceInfos',
  'calculateTraceFilterCorrelation',
  'createPresignedDownloadUrl',
  'getLatestVersions',
  'graphql',
  'queryTraceMetrics',
  'searchDatasets',
  'searchEvaluationDatasets',
  'searchExperiments',
  'searchIssues',
  'searchJobs',
  'searchLoggedModels',
  'searchPromptOptimizationJobs',
  'searchRuns',
  'searchTracesV3',
  'serveGatewayProxy',
  'servePostUiTelemetry',
])

type SurfaceEntry = { name: string; group: string; tier: number; routes: string[] }

/**
 * Every operation with its routes expanded: `/api`, `/ajax-api` and, for tier 1, the preview
 * prefix.
 */
export const operations: readonly SurfaceOperation[] = [...surface, ...dropped, ...databricks].map(
  expand,
)

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
