import type { Principal } from '../../src/core/principal.ts'
import { makeAccount, person } from './accounts.ts'
import { appOf } from './app.ts'
import { type Call, client } from './client.ts'
import { TickingClock } from './clock.ts'
import { testServer } from './server.ts'

/** A server with access control on, asked by whoever you name. */
export async function governedServer() {
  const clock = new TickingClock(1_764_000_000_000)
  const { platform } = await testServer({ now: clock.now })
  const accounts = new Map<string, Promise<Principal>>()
  /** Whoever asks has an account; an issuer outside tells of the groups. */
  const signIn = async (principal: Principal): Promise<Principal> => {
    const { name, isAdmin, groups, kind } = principal
    if (kind === 'anonymous' || principal.accountId !== undefined) return principal
    const made = accounts.get(name) ?? makeAccount(platform, name, { isAdmin })
    accounts.set(name, made)
    return { ...principal, accountId: (await made).accountId ?? 0, claimedGroups: groups }
  }
  const as =
    (principal: Principal): Call =>
    async (...asked) => {
      const signedIn = await signIn(principal)
      return client(appOf(() => platform, signedIn)).call(...asked)
    }
  const admin = as(person('root', { isAdmin: true }))
  const mlflow = (call: Call) => ({
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
    pass: (ms: number) => clock.pass(ms),
    /** A policy on Production of every model; everybody whom it names is there. */
    policy: async (name: string, more: object = {}) => {
      for (const [, kind, named = ''] of JSON.stringify(more).matchAll(
        /"(user|service|group):([^"]+)"/g,
      )) {
        if (kind === 'group') await admin('PUT', `/api/v1/groups/${named}`, { members: [] })
        else await signIn(person(kind === 'service' ? `service:${named}` : named))
      }
      return admin('PUT', `/api/v1/policies/${name}`, {
        applies_to: { models: '*', stage: 'Production' },
        ...more,
      })
    },
    /** Registers a version of a run with a metric. */
    async version(call: Call, model: string, metrics: Record<string, number> = {}) {
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
