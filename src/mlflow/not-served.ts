import { RegistryError } from '../core/error.ts'
import type { SurfaceOperation } from './surface.ts'

/** What somebody who calls an operation that is not served can do instead, by the groups of operations. */
const waysOut: Readonly<Record<string, string>> = {
  gateway:
    'Gatehouse keeps no keys of model providers and forwards no calls to them. Name the model itself, as openai:/gpt-4o, and keep its key where your program runs; for a proxy, run one beside this server',
  'jobs and invocations':
    'Gatehouse runs no models. Run mlflow.genai.evaluate(), optimize_prompts() or your judge in a program of your own; what it logs is kept here',
  assistant:
    'Gatehouse has no assistant. Point a coding agent at its API instead: GET /api/v1/openapi.json',
  'mcp servers':
    'Gatehouse keeps no list of MCP servers. Register what your agent needs as a model version, with its address as a tag',
  'web UI assets and telemetry':
    "this is of MLflow's own page, which is served with --mlflow-ui FOLDER; telemetry is not taken",
  'traces and assessments':
    'this is for traces that Databricks keeps. Search those of an experiment: POST /api/3.0/mlflow/traces/search',
  'databricks dialect':
    'permissions are given as in MLflow: POST /api/3.0/mlflow/users/permissions/grant, or on the page /settings; docs/mlflow-compatibility.md tells more',
  'auth (users, permissions, roles)':
    'this is a form of MLflow. Make accounts on the page /settings, or by POST /api/2.0/mlflow/users/create',
}

const otherwise = 'see docs/mlflow-compatibility.md for what is'

/** The 501 for an operation of MLflow that this server has not. Clients do not repeat it. */
export function notServed(
  method: string,
  { name, group, routes }: SurfaceOperation,
): RegistryError {
  const endpoint = `${method} ${routes[0]?.path}`
  const way = Object.hasOwn(waysOut, group) ? waysOut[group] : otherwise
  return new RegistryError(
    'NOT_IMPLEMENTED',
    `${endpoint} (${name}) is not implemented by this server: ${way}`,
  )
}
