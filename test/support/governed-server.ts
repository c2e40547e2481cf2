import { createApp } from '../../src/app.ts'
import type { Principal } from '../../src/core/principal.ts'
import { checkAnswer } from './answers.ts'
import { testServer } from './server.ts'

/** A signed-in person, as an application that is asked in their name sees them. */
export function person(name: string, groups: readonly string[] = []): Principal {
  return { name, kind: 'user', verified: true, groups, isAdmin: false }
}

/** A server with access control on and a model `fraud` of two versions, asked by whoever you name. */
export async function governedServer() {
  const server = await testServer()
  let at = 1_764_000_000_000
  const platform = {
    ...server.platform,
    now: () => at++,
  }
  const as = (principal: Principal) => {
    const app = createApp(() => platform, { principal })
    return async (method: string, path: string, body?: unknown) => {
      const res = await app.request(path, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      })
      const json = await res.json()
      checkAnswer(method, path, res.status, json)
      return { status: res.status, json }
    }
  }
  const admin = as({ ...person('root'), isAdmin: true })
  const mlflow = (call: typeof admin) => ({
    post: (path: string, body: unknown) => call('POST', `/api/2.0/mlflow/${path}`, body),
    del: (path: string, body: unknown) => call('DELETE', `/api/2.0/mlflow/${path}`, body),
    get: (path: string) => call('GET', `/api/2.0/mlflow/${path}`),
  })
  return {
    platform,
    as,
    admin,
    mlflow,
    /** Let time pass. */
    pass(ms: number) {
      at += ms
    },
    /** A policy on Production of every model. */
    policy: (name: string, more: object = {}) =>
      admin('PUT', `/api/v1/policies/${name}`, {
        applies_to: { models: '*', stage: 'Production' },
        ...more,
      }),
    /** Registers a version of a run with a metric. */
    async version(call: typeof admin, model: string, metrics: Record<string, number> = {}) {
      const { post } = mlflow(call)
      await post('registered-models/create', { name: model })
      const run = await post('runs/create', { experiment_id: '0', start_time: 1 })
      const { run_id } = run.json.run.info
      for (const [key, value] of Object.entries(metrics)) {
        await post('runs/log-metric', { run_id, key, value, timestamp: 1, step: 0 })
      }
      const made = await post('model-versions/create', { name: model, source: 's3://b/m', run_id })
      return { version: String(made.json.model_version.version), runId: String(run_id) }
    },
  }
}
