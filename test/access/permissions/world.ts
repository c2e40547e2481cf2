import { admin, authServer } from '../../support/auth-server.ts'
import { client, type Json } from '../../support/client.ts'
import { Receivers } from '../../support/receiver.ts'
import type { Ask } from './matrix.ts'

export type World = Awaited<ReturnType<typeof makeWorld>>

const levels = ['READ', 'USE', 'EDIT', 'MANAGE'] as const

/**
 * A server on which nobody may do anything by default, with one of everything on it, and callers: one
 * with each level on all experiments and models, one with none, one with the rights that grants give
 * and nothing else, and an administrator.
 */
export async function makeWorld({ workspace }: { readonly workspace?: string } = {}) {
  const open = await authServer()
  const server = await authServer({
    db: open.platform.db,
    blobs: open.platform.blobs,
    outbound: new Receivers(),
    settings: {
      ...open.platform.settings,
      defaultPermission: 'NO_PERMISSIONS',
      workspaces: workspace !== undefined,
    },
  })
  let made = 0
  // Of one length, so that no name is a part of another.
  const name = () =>
    workspace === undefined ? `n${++made}` : `of-${workspace}-${String(++made).padStart(4, '0')}`
  /** The answer as it is: one to a file or a stream is not read. */
  const as = (
    authorization: string | undefined,
    within = workspace,
    headers: Ask['headers'] = {},
  ) =>
    client(server.app, {
      ...headers,
      ...(authorization === undefined ? {} : { authorization }),
      ...(within === undefined ? {} : { 'x-mlflow-workspace': within }),
    })
  /** @param within the workspace that is named; by default the world's own */
  const send = (
    authorization: string | undefined,
    { method, path, body, headers }: Ask,
    within: string | undefined = workspace,
  ) => as(authorization, within, headers).send(method, path, body)
  const asAdmin = async ({ method, path, body }: Ask): Promise<Json> => {
    const { status, text, json } = await as(bearer).call(method, path, body)
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
    return json ?? {}
  }
  const { bearer } = await server.token(admin)
  if (workspace !== undefined) {
    await server.call(bearer, 'POST', '/api/3.0/mlflow/workspaces', { name: workspace })
  }
  const mlflow = (path: string, body: object, method = 'POST') =>
    asAdmin({ method, path: `/api/2.0/mlflow/${path}`, body })
  const ours = (method: string, path: string, body?: object) =>
    asAdmin({ method, path: `/api/v1/${path}`, body })
  const roles = (path: string, body: object) =>
    asAdmin({ method: 'POST', path: `/api/3.0/mlflow/roles/${path}`, body })

  const newRole = async () =>
    (await roles('create', { name: name(), workspace: workspace ?? 'default' })).role.id as number
  const callers: Record<string, string> = { admin: bearer }
  const caller = async (who: string) => {
    await server.user(who)
    const token = await ours('POST', 'tokens', { name: 't', for: who })
    callers[who] = `Bearer ${token.token}`
  }
  for (const level of levels) {
    await caller(level)
    const role_id = await newRole()
    for (const resource_type of ['experiment', 'registered_model']) {
      await roles('permissions/add', {
        role_id,
        resource_type,
        resource_pattern: '*',
        permission: level,
      })
    }
    await roles('assign', { username: level, role_id })
  }
  for (const who of ['none', 'granted']) {
    await caller(who)
    await roles('assign', { username: who, role_id: await newRole() })
  }
  await server.user('other')
  for (const action of ['manage_webhooks', 'manage_policies', 'read_audit']) {
    await ours('POST', 'grants', { principal: 'user:granted', action, models: '*' })
  }
  const newExperiment = async () =>
    (await mlflow('experiments/create', { name: name() })).experiment_id as string
  const experiment = (await mlflow('experiments/create', { name: 'world' })).experiment_id as string
  const newRun = async () =>
    (await mlflow('runs/create', { experiment_id: experiment })).run.info.run_id as string
  const { run_id: run, artifact_uri: root } = (
    await mlflow('runs/create', { experiment_id: experiment })
  ).run.info as { run_id: string; artifact_uri: string }
  const folder = root.replace('mlflow-artifacts:/', '')
  const upload = async (path: string) => {
    await asAdmin({
      method: 'PUT',
      path: `/api/2.0/mlflow-artifacts/artifacts/${path}`,
      body: 'flavors: {}\n',
    })
    return path
  }
  const file = await upload(`${folder}/model/MLmodel`)
  const source = `${root}/model`
  const newModel = async () => {
    const model = name()
    await mlflow('registered-models/create', { name: model })
    return model
  }
  const model = await newModel()
  const newVersion = async () =>
    (await mlflow('model-versions/create', { name: model, source, run_id: run })).model_version
      .version as string
  const first = await newVersion()
  await mlflow('registered-models/alias', { name: model, alias: 'champion', version: first })
  /** A collection with one link. */
  const newCollection = async () => {
    const collection = name()
    await ours('PUT', `collections/${collection}`, {})
    await ours('POST', `collections/${collection}/links`, { model, version: first })
    return collection
  }
  const newLoggedModel = async () =>
    (await mlflow('logged-models', { experiment_id: experiment })).model.info.model_id as string
  const newTrace = async () => {
    const trace_location = { mlflow_experiment: { experiment_id: experiment } }
    const trace_info = { trace_id: `tr-${name()}`, trace_location }
    await asAdmin({
      method: 'POST',
      path: '/api/3.0/mlflow/traces',
      body: { trace: { trace_info } },
    })
    return trace_info.trace_id
  }
  const newDataset = async () => {
    const body = { name: name(), experiment_ids: [experiment] }
    const made = await asAdmin({ method: 'POST', path: '/api/3.0/mlflow/datasets/create', body })
    return made.dataset.dataset_id as string
  }
  const newWebhook = async () =>
    (
      await mlflow('webhooks', {
        name: 'hook',
        url: 'https://hooks.example.com/a',
        events: [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }],
      })
    ).webhook.webhook_id as string
  await ours('PUT', 'collections/shelf', {})
  await ours('PUT', 'policies/guard', { applies_to: { models: 'guarded-*', stage: 'Production' } })
  await ours('PUT', 'groups/team', { members: ['other'] })
  await mlflow('experiments/permissions/create', {
    experiment_id: experiment,
    username: 'other',
    permission: 'READ',
  })
  await mlflow('registered-models/permissions/create', {
    name: model,
    username: 'other',
    permission: 'READ',
  })
  const newOn = async () => ({
    username: 'other',
    resource_type: 'registered_model',
    resource_id: await newModel(),
  })
  return {
    ...server,
    /** Where all of it is. */
    workspace: workspace ?? 'default',
    callers,
    send,
    asAdmin,
    name,
    experiment,
    run,
    folder,
    file,
    source,
    model,
    loggedModel: await newLoggedModel(),
    trace: await newTrace(),
    dataset: await newDataset(),
    webhook: await newWebhook(),
    role: await newRole(),
    newExperiment,
    newRun,
    newModel,
    newCollection,
    newVersion,
    newLoggedModel,
    newTrace,
    newDataset,
    newWebhook,
    newRole,
    newOn,
    newDeployment: async (isPaused = false) => {
      const steps = [{ weight: 5, minutes: 10 }, { weight: 100 }]
      const variants = [
        { name: 'a', uri: `models:/${model}/1`, weight: 1 },
        { name: 'b', uri: `models:/${model}/2`, steps },
      ]
      const made = await ours('PUT', `deployments/${name()}`, { model, variants })
      if (isPaused) await ours('POST', `deployments/${made.name}/pause`, { reason: 'r' })
      return { name: made.name, id: made.id }
    },
    /** A rule that means no version, and its preview. */
    newRule: async () => {
      const terms = { models: 'nothing-*', keep: { last: 1 } }
      const rule: { name: string } = await ours('PUT', `retention/rules/${name()}`, terms)
      const { preview } = await ours('POST', `retention/rules/${rule.name}/preview`)
      return { name: rule.name, preview }
    },
    newFile: () => upload(`${folder}/${name()}.txt`),
    async newHeld() {
      const version = await newVersion()
      await ours('PUT', `models/${model}/versions/${version}/hold`, { reason: 'a case' })
      return version
    },
    async newPromotion() {
      const to = { stage: 'Production' }
      const opened = await ours('POST', 'promotions', { model, version: await newVersion(), to })
      return opened.id as string
    },
    async newPolicy() {
      const policy = name()
      await ours('PUT', `policies/${policy}`, { applies_to: { models: 'guarded-*', alias: 'a' } })
      return policy
    },
    async newGroup() {
      const group = name()
      await ours('PUT', `groups/${group}`, { members: [] })
      return group
    },
    async newUser() {
      const user = name()
      await server.user(user)
      return user
    },
    async newRolePermission() {
      const added = await roles('permissions/add', {
        role_id: await newRole(),
        resource_type: 'experiment',
        resource_pattern: '*',
        permission: 'READ',
      })
      return added.role_permission.id as number
    },
    async newGranted() {
      const on = await newOn()
      await asAdmin({
        method: 'POST',
        path: '/api/3.0/mlflow/users/permissions/grant',
        body: { ...on, permission: 'READ' },
      })
      return on
    },
  }
}
