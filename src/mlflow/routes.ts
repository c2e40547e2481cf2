import { Hono } from 'hono'
import type { AppContext, AppEnv } from '../http/app-env.ts'
import { admit, guardedHandler } from '../http/guards/guard.ts'
import { artifactOperations } from './artifacts.ts'
import { commentOperations } from './databricks/comments.ts'
import { databricksModelOperations } from './databricks/models.ts'
import { registryWebhookOperations } from './databricks/registry-webhooks.ts'
import { transitionRequestOperations } from './databricks/transition-requests.ts'
import { experimentOperations } from './experiments.ts'
import { graphqlOperation } from './graphql/graphql.ts'
import { inputOperations } from './inputs.ts'
import { issueOperations } from './judging/issues.ts'
import { labelSchemaOperations } from './judging/label-schemas.ts'
import { reviewQueueOperations } from './judging/review-queues.ts'
import { scorerOperations } from './judging/scorers.ts'
import { loggedModelOperations } from './logged-models.ts'
import { metricOperations } from './metrics.ts'
import { modelVersionOperations } from './model-versions.ts'
import { notServed } from './not-served.ts'
import { olderPermissionOperations } from './older-permissions.ts'
import type { Operation } from './operation.ts'
import { registeredModelOperations } from './registered-models.ts'
import { roleOperations } from './roles.ts'
import { runOperations } from './runs.ts'
import { searchOperations } from './searches.ts'
import { serverOperations } from './server.ts'
import {
  needsNoWorkspace,
  operations,
  pageOperation,
  readingPosts,
  type SurfaceOperation,
} from './surface.ts'
import { assessmentOperations } from './traces/assessments.ts'
import { evaluationDatasetOperations } from './traces/evaluation-datasets.ts'
import { exportOperations } from './traces/export-traces.ts'
import { olderTraceOperations } from './traces/older-traces.ts'
import { traceChangeOperations } from './traces/trace-changes.ts'
import { traceFileOperations } from './traces/trace-files.ts'
import { traceMetricOperations } from './traces/trace-metrics.ts'
import { traceOperations } from './traces/traces.ts'
import { userPermissionOperations } from './user-permissions.ts'
import { userOperations } from './users.ts'
import { webhookOperations } from './webhooks.ts'
import { workspaceOperations } from './workspaces.ts'

/** One list for each group. */
const asked: readonly Operation[] = [
  ...serverOperations,
  ...artifactOperations,
  ...loggedModelOperations,
  ...searchOperations,
  ...experimentOperations,
  ...runOperations,
  ...metricOperations,
  ...inputOperations,
  ...registeredModelOperations,
  ...modelVersionOperations,
  ...exportOperations,
  ...traceOperations,
  ...traceFileOperations,
  ...traceChangeOperations,
  ...olderTraceOperations,
  ...assessmentOperations,
  ...evaluationDatasetOperations,
  ...traceMetricOperations,
  ...scorerOperations,
  ...issueOperations,
  ...labelSchemaOperations,
  ...reviewQueueOperations,
  ...webhookOperations,
  ...userOperations,
  ...userPermissionOperations,
  ...roleOperations,
  ...olderPermissionOperations,
  ...workspaceOperations,
  ...transitionRequestOperations,
  ...commentOperations,
  ...registryWebhookOperations,
  ...databricksModelOperations,
]

/** Everything of MLflow's surface that is served; the rest answers 501. */
export const served: readonly Operation[] = [...asked, graphqlOperation(asked)]

/** MLflow's REST surface: each operation of surface.json on each of its paths. */
export function mlflowRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  const handlers = new Map(served.map((operation) => [operation.name, operation]))
  // A wildcard also matches the path without the part it stands for, so it comes after exact paths.
  for (const entry of operations.toSorted((a, b) => Number(takesRest(a)) - Number(takesRest(b)))) {
    if (entry.name === pageOperation) continue
    const handler = handlers.get(entry.name) ?? notImplemented(entry)
    for (const { method, path } of entry.routes) {
      app.on(
        method,
        honoPath(path),
        guardedHandler((c: AppContext) => {
          c.set('operation', entry.name)
          c.set('needsNoWorkspace', needsNoWorkspace(entry))
          c.set('changes', method !== 'GET' && !readingPosts.has(entry.name))
          return handler.handle(c)
        }),
      )
    }
  }
  return app
}

function notImplemented(entry: SurfaceOperation): Operation {
  return {
    name: entry.name,
    async handle(c) {
      await admit(c)
      throw notServed(c.req.method, entry)
    },
  }
}

function takesRest(entry: SurfaceOperation): boolean {
  return entry.routes.some(({ path }) => honoPath(path).endsWith('*'))
}

/** `{run_id}` as Hono's `:run_id`; a path parameter takes the rest of the path, slashes and all. */
function honoPath(path: string): string {
  return path
    .replace(/\{(artifact_path|path|filename)\}$/, '*')
    .replace(/\{endpoint_name\}:(\w+)$/, ':endpoint_name{[^/]+:$1}')
    .replace(/\{(\w+)\}/g, ':$1')
}
