import { importedModel, importedVersion } from '../../support/imported.ts'
import { databricksRows } from './matrix-databricks.ts'
import { traceRows } from './matrix-traces.ts'
import type { World } from './world.ts'

/**
 * What a call takes: a level on what it is about, or a right that is granted apart. `signed in`:
 * anybody; a list then has what the caller may read. `public`: nobody.
 */
export type Need =
  | 'public'
  | 'signed in'
  | 'READ'
  | 'USE'
  | 'EDIT'
  | 'MANAGE'
  | 'admin'
  | 'manage_webhooks'
  | 'manage_policies'
  | 'read_audit'

export type Ask = {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}
/** What is asked, on things made for this one call where it would use them up. */
export type Row = readonly [need: Need, ask: (world: World) => Ask | Promise<Ask>]

const mlflow = '/api/2.0/mlflow'
const proxy = '/api/2.0/mlflow-artifacts'
const get = (path: string): Ask => ({ method: 'GET', path: `${mlflow}/${path}` })
const send =
  (method: string, root = mlflow) =>
  (path: string, body?: unknown): Ask => ({ method, path: `${root}/${path}`, body })
const post = send('POST')
const patch = send('PATCH')
const del = send('DELETE')
const roles = '/api/3.0/mlflow'
const tag = { key: 'k', value: 'v' }
const newView = () => ({ name: crypto.randomUUID(), query: 'sort=-start', shared: true })
const point = { key: 'm', value: 1, timestamp: 1, step: 0 }

const largeFile = (w: World) => ({
  ...{ path: `${w.folder}/large.bin`, sha256: '0'.repeat(64) },
  ...{ size: 6_000_000, part_size: 5_242_880 },
})

const artifactRows: Readonly<Record<string, Row>> = {
  listProxyArtifacts: [
    'READ',
    (w) => ({ method: 'GET', path: `${proxy}/artifacts?path=${w.folder}` }),
  ],
  downloadArtifact: ['READ', (w) => ({ method: 'GET', path: `${proxy}/artifacts/${w.file}` })],
  uploadArtifact: [
    'EDIT',
    (w) => ({ method: 'PUT', path: `${proxy}/artifacts/${w.folder}/new.txt`, body: 'x' }),
  ],
  deleteArtifact: [
    'MANAGE',
    async (w) => ({ method: 'DELETE', path: `${proxy}/artifacts/${await w.newFile()}` }),
  ],
  createMultipartUpload: [
    'EDIT',
    (w) => send('POST', proxy)(`mpu/create/${w.folder}`, { path: 'big.bin', num_parts: 1 }),
  ],
  completeMultipartUpload: [
    'EDIT',
    (w) =>
      send('POST', proxy)(`mpu/complete/${w.folder}`, {
        path: 'big.bin',
        upload_id: 'none',
        parts: [],
      }),
  ],
  abortMultipartUpload: [
    'EDIT',
    (w) => send('POST', proxy)(`mpu/abort/${w.folder}`, { path: 'big.bin', upload_id: 'none' }),
  ],
  getPresignedDownloadUrl: [
    'READ',
    (w) => ({ method: 'GET', path: `${proxy}/presigned/${w.file}` }),
  ],
  createPresignedUploadUrl: [
    'EDIT',
    (w) => post('artifacts/presigned-upload-url', { run_id: w.run, path: 'a.txt' }),
  ],
  createPresignedDownloadUrl: [
    'READ',
    (w) => post('artifacts/presigned-download-url', { run_id: w.run, path: 'a.txt' }),
  ],
  listArtifacts: ['READ', (w) => get(`artifacts/list?run_id=${w.run}`)],
  listLoggedModelArtifacts: [
    'READ',
    (w) => get(`logged-models/${w.loggedModel}/artifacts/directories`),
  ],
  getArtifact: [
    'READ',
    (w) => ({ method: 'GET', path: `/get-artifact?run_uuid=${w.run}&path=model/MLmodel` }),
  ],
  getLoggedModelArtifact: [
    'READ',
    (w) => ({
      method: 'GET',
      path: `/ajax-api/2.0/mlflow/logged-models/${w.loggedModel}/artifacts/files?artifact_file_path=x`,
    }),
  ],
  getModelVersionArtifact: [
    'READ',
    (w) => ({
      method: 'GET',
      path: `/model-versions/get-artifact?name=${w.model}&version=1&path=MLmodel`,
    }),
  ],
  uploadRunArtifact: [
    'EDIT',
    (w) => ({
      method: 'POST',
      path: `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${w.run}&path=page.txt`,
      body: 'x',
    }),
  ],
}

const trackingRows: Readonly<Record<string, Row>> = {
  createExperiment: ['signed in', (w) => post('experiments/create', { name: w.name() })],
  getExperiment: ['READ', (w) => get(`experiments/get?experiment_id=${w.experiment}`)],
  getExperimentByName: ['READ', () => get('experiments/get-by-name?experiment_name=world')],
  updateExperiment: [
    'EDIT',
    async (w) =>
      post('experiments/update', { experiment_id: await w.newExperiment(), new_name: w.name() }),
  ],
  deleteExperiment: [
    'MANAGE',
    async (w) => post('experiments/delete', { experiment_id: await w.newExperiment() }),
  ],
  restoreExperiment: [
    'MANAGE',
    async (w) => {
      const id = await w.newExperiment()
      await w.asAdmin(post('experiments/delete', { experiment_id: id }))
      return post('experiments/restore', { experiment_id: id })
    },
  ],
  setExperimentTag: [
    'EDIT',
    (w) => post('experiments/set-experiment-tag', { experiment_id: w.experiment, ...tag }),
  ],
  deleteExperimentTag: [
    'EDIT',
    async (w) => {
      await w.asAdmin(
        post('experiments/set-experiment-tag', { experiment_id: w.experiment, ...tag }),
      )
      return post('experiments/delete-experiment-tag', { experiment_id: w.experiment, key: 'k' })
    },
  ],
  searchExperiments: ['signed in', () => get('experiments/search?max_results=5')],
  listExperiments: ['signed in', () => get('experiments/list')],
  searchDatasets: [
    'signed in',
    (w) => post('experiments/search-datasets', { experiment_ids: [w.experiment] }),
  ],
  createRun: ['EDIT', (w) => post('runs/create', { experiment_id: w.experiment })],
  getRun: ['READ', (w) => get(`runs/get?run_id=${w.run}`)],
  updateRun: ['EDIT', (w) => post('runs/update', { run_id: w.run, status: 'FINISHED' })],
  deleteRun: ['MANAGE', async (w) => post('runs/delete', { run_id: await w.newRun() })],
  restoreRun: [
    'MANAGE',
    async (w) => {
      const id = await w.newRun()
      await w.asAdmin(post('runs/delete', { run_id: id }))
      return post('runs/restore', { run_id: id })
    },
  ],
  setTag: ['EDIT', (w) => post('runs/set-tag', { run_id: w.run, ...tag })],
  deleteTag: [
    'EDIT',
    async (w) => {
      await w.asAdmin(post('runs/set-tag', { run_id: w.run, ...tag }))
      return post('runs/delete-tag', { run_id: w.run, key: 'k' })
    },
  ],
  searchRuns: ['signed in', (w) => post('runs/search', { experiment_ids: [w.experiment] })],
  logParam: ['EDIT', (w) => post('runs/log-parameter', { run_id: w.run, ...tag })],
  logMetric: ['EDIT', (w) => post('runs/log-metric', { run_id: w.run, ...point })],
  logBatch: ['EDIT', (w) => post('runs/log-batch', { run_id: w.run, metrics: [point] })],
  logModel: [
    'EDIT',
    (w) =>
      post('runs/log-model', {
        run_id: w.run,
        model_json: JSON.stringify({
          artifact_path: 'm',
          flavors: {},
          utc_time_created: 'x',
          run_id: w.run,
        }),
      }),
  ],
  logInputs: ['EDIT', (w) => post('runs/log-inputs', { run_id: w.run, datasets: [] })],
  logOutputs: [
    'EDIT',
    (w) => post('runs/outputs', { run_id: w.run, models: [{ model_id: w.loggedModel, step: 0 }] }),
  ],
  getMetricHistory: ['READ', (w) => get(`metrics/get-history?run_id=${w.run}&metric_key=m`)],
  getMetricHistoryBulk: [
    'READ',
    (w) => ({
      method: 'GET',
      path: `/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id=${w.run}&metric_key=m`,
    }),
  ],
  getMetricHistoryBulkInterval: [
    'READ',
    (w) => get(`metrics/get-history-bulk-interval?run_ids=${w.run}&metric_key=m`),
  ],
  createLoggedModel: ['EDIT', (w) => post('logged-models', { experiment_id: w.experiment })],
  getLoggedModel: ['READ', (w) => get(`logged-models/${w.loggedModel}`)],
  finalizeLoggedModel: [
    'EDIT',
    async (w) =>
      patch(`logged-models/${await w.newLoggedModel()}`, { status: 'LOGGED_MODEL_READY' }),
  ],
  deleteLoggedModel: ['MANAGE', async (w) => del(`logged-models/${await w.newLoggedModel()}`, {})],
  logLoggedModelParams: [
    'EDIT',
    (w) => post(`logged-models/${w.loggedModel}/params`, { params: [tag] }),
  ],
  setLoggedModelTags: [
    'EDIT',
    (w) => patch(`logged-models/${w.loggedModel}/tags`, { tags: [tag] }),
  ],
  deleteLoggedModelTag: [
    'MANAGE',
    async (w) => {
      await w.asAdmin(patch(`logged-models/${w.loggedModel}/tags`, { tags: [tag] }))
      return del(`logged-models/${w.loggedModel}/tags/k`, {})
    },
  ],
  searchLoggedModels: [
    'signed in',
    (w) => post('logged-models/search', { experiment_ids: [w.experiment] }),
  ],
}

const registryRows: Readonly<Record<string, Row>> = {
  createRegisteredModel: ['signed in', (w) => post('registered-models/create', { name: w.name() })],
  getRegisteredModel: ['READ', (w) => get(`registered-models/get?name=${w.model}`)],
  updateRegisteredModel: [
    'EDIT',
    (w) => patch('registered-models/update', { name: w.model, description: 'd' }),
  ],
  renameRegisteredModel: [
    'MANAGE',
    async (w) => post('registered-models/rename', { name: await w.newModel(), new_name: w.name() }),
  ],
  deleteRegisteredModel: [
    'MANAGE',
    async (w) => del('registered-models/delete', { name: await w.newModel() }),
  ],
  setRegisteredModelTag: [
    'EDIT',
    (w) => post('registered-models/set-tag', { name: w.model, ...tag }),
  ],
  deleteRegisteredModelTag: [
    'EDIT',
    async (w) => {
      await w.asAdmin(post('registered-models/set-tag', { name: w.model, ...tag }))
      return del('registered-models/delete-tag', { name: w.model, key: 'k' })
    },
  ],
  setRegisteredModelAlias: [
    'EDIT',
    (w) => post('registered-models/alias', { name: w.model, alias: 'champion', version: '1' }),
  ],
  deleteRegisteredModelAlias: [
    'MANAGE',
    async (w) => {
      await w.asAdmin(
        post('registered-models/alias', { name: w.model, alias: 'gone', version: '1' }),
      )
      return del('registered-models/alias', { name: w.model, alias: 'gone' })
    },
  ],
  getModelVersionByAlias: [
    'READ',
    (w) => get(`registered-models/alias?name=${w.model}&alias=champion`),
  ],
  getLatestVersions: ['READ', (w) => get(`registered-models/get-latest-versions?name=${w.model}`)],
  searchRegisteredModels: ['signed in', () => get('registered-models/search')],
  listRegisteredModels: ['signed in', () => get('registered-models/list')],
  createModelVersion: [
    'EDIT',
    (w) => post('model-versions/create', { name: w.model, source: w.source, run_id: w.run }),
  ],
  getModelVersion: ['READ', (w) => get(`model-versions/get?name=${w.model}&version=1`)],
  getModelVersionDownloadUri: [
    'READ',
    (w) => get(`model-versions/get-download-uri?name=${w.model}&version=1`),
  ],
  updateModelVersion: [
    'EDIT',
    (w) => patch('model-versions/update', { name: w.model, version: '1', description: 'd' }),
  ],
  deleteModelVersion: [
    'MANAGE',
    async (w) => del('model-versions/delete', { name: w.model, version: await w.newVersion() }),
  ],
  transitionModelVersionStage: [
    'EDIT',
    (w) =>
      post('model-versions/transition-stage', {
        name: w.model,
        version: '1',
        stage: 'Staging',
        archive_existing_versions: false,
      }),
  ],
  setModelVersionTag: [
    'EDIT',
    (w) => post('model-versions/set-tag', { name: w.model, version: '1', ...tag }),
  ],
  deleteModelVersionTag: [
    'MANAGE',
    async (w) => {
      await w.asAdmin(post('model-versions/set-tag', { name: w.model, version: '1', ...tag }))
      return del('model-versions/delete-tag', { name: w.model, version: '1', key: 'k' })
    },
  ],
  searchModelVersions: ['signed in', () => get('model-versions/search')],
}

const newHook = {
  name: 'hook',
  url: 'https://hooks.example.com/a',
  events: [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }],
}

const accessRows: Readonly<Record<string, Row>> = {
  createWebhook: ['manage_webhooks', () => post('webhooks', newHook)],
  listWebhooks: ['manage_webhooks', () => get('webhooks')],
  getWebhook: ['manage_webhooks', (w) => get(`webhooks/${w.webhook}`)],
  updateWebhook: ['manage_webhooks', (w) => patch(`webhooks/${w.webhook}`, { name: 'hook' })],
  deleteWebhook: ['manage_webhooks', async (w) => del(`webhooks/${await w.newWebhook()}`, {})],
  testWebhook: ['manage_webhooks', (w) => post(`webhooks/${w.webhook}/test`, {})],
  createUser: [
    'admin',
    (w) => post('users/create', { username: w.name(), password: 'a long password' }),
  ],
  getUser: ['admin', () => get('users/get?username=other')],
  getCurrentUser: ['signed in', () => get('users/current')],
  listUsers: ['signed in', () => get('users/list')],
  updateUserPassword: [
    'admin',
    () => patch('users/update-password', { username: 'other', password: 'another password' }),
  ],
  updateUserAdmin: [
    'admin',
    () => patch('users/update-admin', { username: 'other', is_admin: true }),
  ],
  deleteUser: ['admin', async (w) => del('users/delete', { username: await w.newUser() })],
  listWorkspaces: ['signed in', () => send('GET', roles)('workspaces')],
  createWorkspace: ['admin', (w) => send('POST', roles)('workspaces', { name: w.name() })],
  getWorkspace: ['signed in', () => send('GET', roles)('workspaces/default')],
  updateWorkspace: [
    'admin',
    () => send('PATCH', roles)('workspaces/default', { description: 'd' }),
  ],
  deleteWorkspace: ['admin', () => send('DELETE', roles)('workspaces/none')],
  createRole: [
    'admin',
    (w) => send('POST', roles)('roles/create', { name: w.name(), workspace: w.workspace }),
  ],
  getRole: ['admin', (w) => send('GET', roles)(`roles/get?role_id=${w.role}`)],
  listRoles: ['signed in', (w) => send('GET', roles)(`roles/list?workspace=${w.workspace}`)],
  updateRole: [
    'admin',
    (w) => send('PATCH', roles)('roles/update', { role_id: w.role, description: 'd' }),
  ],
  deleteRole: [
    'admin',
    async (w) => send('DELETE', roles)('roles/delete', { role_id: await w.newRole() }),
  ],
  addRolePermission: [
    'admin',
    async (w) =>
      send('POST', roles)('roles/permissions/add', {
        role_id: await w.newRole(),
        resource_type: 'experiment',
        resource_pattern: '*',
        permission: 'READ',
      }),
  ],
  listRolePermissions: [
    'admin',
    (w) => send('GET', roles)(`roles/permissions/list?role_id=${w.role}`),
  ],
  removeRolePermission: [
    'admin',
    async (w) =>
      send('DELETE', roles)('roles/permissions/remove', {
        role_permission_id: await w.newRolePermission(),
      }),
  ],
  updateRolePermission: [
    'admin',
    async (w) =>
      send('PATCH', roles)('roles/permissions/update', {
        role_permission_id: await w.newRolePermission(),
        permission: 'EDIT',
      }),
  ],
  assignRole: [
    'admin',
    async (w) =>
      send('POST', roles)('roles/assign', { username: 'other', role_id: await w.newRole() }),
  ],
  unassignRole: [
    'admin',
    async (w) => {
      const role_id = await w.newRole()
      await w.asAdmin(send('POST', roles)('roles/assign', { username: 'other', role_id }))
      return send('DELETE', roles)('roles/unassign', { username: 'other', role_id })
    },
  ],
  listRoleUsers: ['admin', (w) => send('GET', roles)(`roles/users/list?role_id=${w.role}`)],
  listUserRoles: ['admin', () => send('GET', roles)('users/roles/list?username=other')],
  grantUserPermission: [
    'MANAGE',
    async (w) =>
      send('POST', roles)('users/permissions/grant', { ...(await w.newOn()), permission: 'READ' }),
  ],
  revokeUserPermission: [
    'MANAGE',
    async (w) => send('POST', roles)('users/permissions/revoke', { ...(await w.newGranted()) }),
  ],
  getUserPermission: [
    'admin',
    (w) =>
      send(
        'GET',
        roles,
      )(
        `users/permissions/get?username=other&resource_type=experiment&resource_id=${w.experiment}`,
      ),
  ],
  listUserPermissions: ['admin', () => send('GET', roles)('users/permissions/list?username=other')],
  listCurrentUserPermissions: ['signed in', () => send('GET', roles)('users/current/permissions')],
  ...legacyRows('Experiment', 'experiments'),
  ...legacyRows('RegisteredModel', 'registered-models'),
}

/** Clients before MLflow 3.13. */
function legacyRows(entity: string, path: string): Record<string, Row> {
  const isModel = entity === 'RegisteredModel'
  const on = (w: World) => (isModel ? { name: w.model } : { experiment_id: w.experiment })
  const query = (w: World) => new URLSearchParams({ ...on(w), username: 'other' })
  const fresh = async (w: World) => {
    const body = isModel
      ? { name: await w.newModel(), username: 'other' }
      : { experiment_id: await w.newExperiment(), username: 'other' }
    return body
  }
  const granted = async (w: World) => {
    const body = await fresh(w)
    await w.asAdmin(post(`${path}/permissions/create`, { ...body, permission: 'READ' }))
    return body
  }
  return {
    [`create${entity}Permission`]: [
      'MANAGE',
      async (w) => post(`${path}/permissions/create`, { ...(await fresh(w)), permission: 'EDIT' }),
    ],
    [`get${entity}Permission`]: ['MANAGE', (w) => get(`${path}/permissions/get?${query(w)}`)],
    [`update${entity}Permission`]: [
      'MANAGE',
      async (w) =>
        patch(`${path}/permissions/update`, { ...(await granted(w)), permission: 'EDIT' }),
    ],
    [`delete${entity}Permission`]: [
      'MANAGE',
      async (w) => del(`${path}/permissions/delete`, await granted(w)),
    ],
  }
}

/** What MLflow's own page asks. */
const ofPage = (version: string, path: string) => () => ({
  method: 'GET',
  path: `/ajax-api/${version}/mlflow/${path}`,
})

/** Of MLflow's operations, by their names in `served`. */
export const mlflowRows: Readonly<Record<string, Row>> = {
  health: ['public', () => ({ method: 'GET', path: '/health' })],
  version: ['public', () => ({ method: 'GET', path: '/version' })],
  getServerInfo: ['public', () => send('GET', roles)('server-info')],
  serveGetUiTelemetry: ['signed in', ofPage('3.0', 'ui-telemetry')],
  servePostUiTelemetry: [
    'signed in',
    () => ({ method: 'POST', path: '/ajax-api/3.0/mlflow/ui-telemetry', body: {} }),
  ],
  serveGatewayProxy: ['signed in', ofPage('2.0', 'gateway-proxy')],
  getConfig: ['signed in', ofPage('3.0', 'assistant/config')],
  getProviders: ['signed in', ofPage('3.0', 'assistant/providers')],
  // Of what it may not read the caller gets null; test/mlflow/graphql.test.ts has what each may.
  graphql: [
    'signed in',
    (w) => ({
      method: 'POST',
      path: '/graphql',
      body: { query: `{ mlflowGetRun(input: {runId: "${w.run}"}) { run { info { runName } } } }` },
    }),
  ],
  ...artifactRows,
  ...trackingRows,
  ...registryRows,
  ...accessRows,
  ...databricksRows,
  ...traceRows,
}

const ours = {
  get: send('GET', '/api/v1'),
  post: send('POST', '/api/v1'),
  put: send('PUT', '/api/v1'),
  patch: send('PATCH', '/api/v1'),
  del: send('DELETE', '/api/v1'),
}
const policy = { applies_to: { models: 'guarded-*', stage: 'Production' } }
const publicKey =
  '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5frRRgmAkox2Qhs4sxCmAx01dh5T\naABGnPem4X4CrhJn2mBtu8cntPwP0UA9odNMqKFhXGsyWMYLjEL/Cpbe2w==\n-----END PUBLIC KEY-----\n'
const envelope = {
  payload: '',
  payloadType: 'application/vnd.in-toto+json',
  signatures: [{ sig: '' }],
}
const ofVersion = (w: World, rest = '') => `models/${w.model}/versions/1${rest}`

const split = (w: World) => ({
  model: w.model,
  variants: [{ name: 'a', uri: `models:/${w.model}/1`, weight: 1 }],
})

const changeCanary = async (w: World, change: string) => {
  const { name } = await w.newDeployment(change === 'resume')
  return ours.post(`deployments/${name}/${change}`, { reason: 'r' })
}

const nothingToImport = { source: 's', items: [] }

/** Of our own surface, by their operation ids. */
export const apiRows: Readonly<Record<string, Row>> = {
  whoami: ['signed in', () => ours.get('whoami')],
  listCatalogue: ['signed in', () => ours.get('models')],
  find: ['signed in', () => ours.get('find?q=a')],
  findFilePlaces: ['signed in', () => ours.get(`search?sha256=${'0'.repeat(64)}`)],
  getOpenApi: ['signed in', () => ours.get('openapi.json')],
  listAudit: ['read_audit', () => ours.get('audit')],
  exportAudit: ['read_audit', () => ours.get('audit/export')],
  listAsOf: ['read_audit', () => ours.get('as-of?at=1')],
  getAuditHead: ['read_audit', () => ours.get('audit/head')],
  verifyAudit: ['read_audit', () => ours.get('audit/verify')],
  streamEvents: ['signed in', () => ours.get('events')],
  listEvents: ['signed in', () => ours.get('events/history')],
  resolveModel: ['READ', (w) => ours.get(`resolve?uri=models:/${w.model}/1`)],
  reportReplica: [
    'USE',
    (w) =>
      ours.post('serving/replicas', {
        replica: crypto.randomUUID(),
        host: 'h',
        uri: `models:/${w.model}/1`,
      }),
  ],
  putDeployment: ['MANAGE', (w) => ours.put(`deployments/${crypto.randomUUID()}`, split(w))],
  getDeployment: ['READ', async (w) => ours.get(`deployments/${(await w.newDeployment()).name}`)],
  listDeploymentHistory: [
    'READ',
    async (w) => ours.get(`deployments/${(await w.newDeployment()).name}/history`),
  ],
  listDeployments: ['READ', (w) => ours.get(`deployments?model=${w.model}`)],
  reportOutcomes: [
    'USE',
    async (w) =>
      ours.post(`deployments/${(await w.newDeployment()).name}/outcomes`, {
        items: [{ request_id: 'r', name: 'n', value: 1 }],
      }),
  ],
  getOutcomes: [
    'READ',
    async (w) => ours.get(`deployments/${(await w.newDeployment()).name}/outcomes`),
  ],
  deleteDeployment: [
    'MANAGE',
    async (w) => ours.del(`deployments/${(await w.newDeployment()).name}`),
  ],
  pauseDeployment: ['MANAGE', (w) => changeCanary(w, 'pause')],
  resumeDeployment: ['MANAGE', (w) => changeCanary(w, 'resume')],
  promoteDeployment: ['MANAGE', (w) => changeCanary(w, 'promote')],
  rollbackDeployment: ['MANAGE', (w) => changeCanary(w, 'rollback')],
  reportDeploymentCounts: [
    'USE',
    async (w) => {
      const { name, id: deployment } = await w.newDeployment()
      const report = { deployment, reporter: 'r', sequence: 1, items: [] }
      return ours.post(`deployments/${name}/counts`, report)
    },
  ],
  getDeploymentStats: [
    'READ',
    async (w) => ours.get(`deployments/${(await w.newDeployment()).name}/stats`),
  ],
  getModelAccess: ['READ', (w) => ours.get(`models/${w.model}/access`)],
  listVersionMetrics: ['READ', (w) => ours.get(`models/${w.model}/metrics?key=a`)],
  listReplicas: ['READ', (w) => ours.get(`models/${w.model}/serving`)],
  watchModels: ['READ', (w) => ours.get(`watch?uri=models:/${w.model}/1`)],
  listRetentionRules: ['admin', () => ours.get('retention/rules')],
  putRetentionRule: [
    'admin',
    async (w) =>
      ours.put(`retention/rules/${(await w.newRule()).name}`, {
        ...{ revision: 1, models: 'nothing-*', keep: { last: 2 } },
      }),
  ],
  deleteRetentionRule: [
    'admin',
    async (w) => ours.del(`retention/rules/${(await w.newRule()).name}`),
  ],
  previewRetention: [
    'admin',
    async (w) => ours.post(`retention/rules/${(await w.newRule()).name}/preview`),
  ],
  runRetention: [
    'admin',
    async (w) => {
      const { name, preview } = await w.newRule()
      return ours.post(`retention/rules/${name}/run`, { preview })
    },
  ],
  getStorage: ['admin', () => ours.get('storage')],
  listStages: ['signed in', () => ours.get('stages')],
  replaceStages: [
    'admin',
    () =>
      ours.put('stages', {
        items: ['None', 'Staging', 'Production', 'Archived'].map((name) => ({ name })),
      }),
  ],
  importExperiments: ['admin', () => ours.post('imports/experiments', nothingToImport)],
  importRuns: ['admin', () => ours.post('imports/runs', nothingToImport)],
  importLoggedModels: ['admin', () => ours.post('imports/logged-models', nothingToImport)],
  importModel: ['admin', () => ours.post('imports/models', importedModel('imported'))],
  importVersion: ['admin', () => ours.post('imports/versions', importedVersion('nothing', 1))],
  noteSending: [
    'EDIT',
    async (w) =>
      ours.post(`models/${w.model}/versions/${await w.newVersion()}/sendings`, { to: 'https://x' }),
  ],
  checkTransfer: [
    'EDIT',
    (w) =>
      ours.post(`models/${w.model}/transfers/check`, {
        digest: `sha256:${'0'.repeat(64)}`,
        from: { server: 'https://x', model: 'm', version: '1' },
        experiment: 'of-transfers',
      }),
  ],
  resumeUpload: ['EDIT', (w) => ours.post('uploads', largeFile(w))],
  completeResumedUpload: [
    'EDIT',
    async (w) => {
      const { upload_id } = await w.asAdmin(ours.post('uploads', largeFile(w)))
      return ours.post(`uploads/${upload_id}/complete`)
    },
  ],
  receiveVersion: [
    'EDIT',
    async (w) => {
      const { digest } = await w.asAdmin(ours.get(ofVersion(w)))
      return ours.post(`models/${await w.newModel()}/transfers`, {
        ...{ run_id: w.run, path: 'model', digest },
        from: { server: 'https://x', model: 'm', version: '1', entry: 1 },
      })
    },
  ],
  findImported: [
    'admin',
    () => ours.post('imports/known', { source: 's', kind: 'run', ids: ['x'] }),
  ],
  measureRuns: ['admin', () => ours.post('imports/measures', { run_ids: [] })],
  listStoredFiles: ['admin', () => ours.get('imports/files?path=1')],
  listCollections: ['signed in', () => ours.get('collections')],
  getCollection: ['READ', async (w) => ours.get(`collections/${await w.newCollection()}`)],
  putCollection: ['EDIT', () => ours.put('collections/shelf', { protect: true })],
  deleteCollection: ['MANAGE', async (w) => ours.del(`collections/${await w.newCollection()}`)],
  listLinks: ['READ', async (w) => ours.get(`collections/${await w.newCollection()}/links`)],
  linkVersion: [
    'MANAGE',
    async (w) =>
      ours.post(`collections/${await w.newCollection()}/links`, {
        model: w.model,
        version: await w.newVersion(),
      }),
  ],
  unlinkVersion: [
    'MANAGE',
    async (w) => ours.del(`collections/${await w.newCollection()}/links/1`),
  ],
  listLinksTo: ['READ', (w) => ours.get(ofVersion(w, '/links'))],
  unlinkFrom: [
    'MANAGE',
    async (w) => {
      const collection = await w.newCollection()
      const { items } = await w.asAdmin(ours.get(ofVersion(w, '/links')))
      const link = items.find((one: { collection: string }) => one.collection === collection)
      return ours.del(ofVersion(w, `/links/${link.id}`))
    },
  ],
  getVersion: ['READ', (w) => ours.get(ofVersion(w))],
  getHold: ['READ', async (w) => ours.get(`models/${w.model}/versions/${await w.newHeld()}/hold`)],
  placeHold: [
    'EDIT',
    async (w) =>
      ours.put(`models/${w.model}/versions/${await w.newVersion()}/hold`, { reason: 'a case' }),
  ],
  liftHold: [
    'MANAGE',
    async (w) => ours.del(`models/${w.model}/versions/${await w.newVersion()}/hold`),
  ],
  rollBackStage: [
    'EDIT',
    (w) => ours.post(`models/${w.model}/rollback`, { stage: 'Production', reason: 'wrong' }),
  ],
  listVersionFiles: ['READ', (w) => ours.get(ofVersion(w, '/files'))],
  getMlBom: ['READ', (w) => ours.get(ofVersion(w, '/mlbom.json'))],
  addAttestation: ['EDIT', (w) => ours.post(ofVersion(w, '/attestations'), envelope)],
  listAttestations: ['READ', (w) => ours.get(ofVersion(w, '/attestations'))],
  getAttestation: ['READ', (w) => ours.get(ofVersion(w, '/attestations/999999999'))],
  listTrustedKeys: ['signed in', () => ours.get('trusted-keys')],
  putTrustedKey: ['manage_policies', () => ours.put('trusted-keys/ci', { pem: publicKey })],
  deleteTrustedKey: ['manage_policies', () => ours.del('trusted-keys/none')],
  createBundle: ['EDIT', (w) => ours.post(ofVersion(w, '/bundles'))],
  listBundles: ['READ', (w) => ours.get(ofVersion(w, '/bundles'))],
  downloadBundle: ['READ', (w) => ours.get(ofVersion(w, '/bundle.zip?bundle=999999999'))],
  listKeys: ['public', () => ours.get('keys')],
  renewKey: ['admin', () => ours.post('keys/renew')],
  getFacts: ['READ', (w) => ours.get(ofVersion(w, '/facts'))],
  listFactRevisions: ['READ', (w) => ours.get(ofVersion(w, '/facts/revisions'))],
  getFactRevision: ['READ', (w) => ours.get(ofVersion(w, '/facts/revisions/1'))],
  verifyVersion: ['READ', (w) => ours.post(ofVersion(w, '/verify'))],
  getVersionScan: ['READ', (w) => ours.get(ofVersion(w, '/scan'))],
  scanVersion: ['EDIT', (w) => ours.post(ofVersion(w, '/scan'))],
  listRuns: ['READ', (w) => ours.get(`runs?experiment=${w.experiment}`)],
  readMetricSeries: ['READ', (w) => ours.get(`metrics/series?run=${w.run}&key=loss`)],
  listRunMetrics: ['READ', (w) => ours.get(`runs/${w.run}/metrics`)],
  listExperimentKeys: ['READ', (w) => ours.get(`experiments/${w.experiment}/keys?kind=metric`)],
  listExperimentValues: ['READ', (w) => ours.get(`experiments/${w.experiment}/values?key=status`)],
  listSavedViews: ['READ', (w) => ours.get(`experiments/${w.experiment}/views`)],
  // One for everybody; one's own takes READ.
  createSavedView: ['EDIT', (w) => ours.post(`experiments/${w.experiment}/views`, newView())],
  updateSavedView: [
    'EDIT',
    async (w) => {
      const { id, ...view } = await w.asAdmin(
        ours.post(`experiments/${w.experiment}/views`, newView()),
      )
      const { name, revision } = view
      return ours.put(`experiments/${w.experiment}/views/${id}`, { name, query: '', revision })
    },
  ],
  deleteSavedView: [
    'EDIT',
    async (w) => {
      const { id } = await w.asAdmin(ours.post(`experiments/${w.experiment}/views`, newView()))
      return ours.del(`experiments/${w.experiment}/views/${id}?revision=1`)
    },
  ],
  listTraceKeys: ['READ', (w) => ours.get(`experiments/${w.experiment}/traces/keys?kind=tag`)],
  listTraceValues: [
    'READ',
    (w) => ours.get(`experiments/${w.experiment}/traces/values?key=tags.team`),
  ],
  getTraceIntake: ['READ', (w) => ours.get(`experiments/${w.experiment}/trace-intake`)],
  putTraceIntake: [
    'MANAGE',
    async (w) => {
      const path = `experiments/${w.experiment}/trace-intake`
      const { revision } = await w.asAdmin(ours.get(path))
      return ours.put(path, { revision, redact_keys: ['password'] })
    },
  ],
  getDefaultTraceIntake: ['signed in', () => ours.get('trace-intake')],
  putDefaultTraceIntake: [
    'admin',
    async (w) => {
      const { revision } = await w.asAdmin(ours.get('trace-intake'))
      return ours.put('trace-intake', { revision, redact_keys: ['password'] })
    },
  ],
  getTraceRetention: ['READ', (w) => ours.get(`experiments/${w.experiment}/trace-retention`)],
  putTraceRetention: [
    'MANAGE',
    async (w) => {
      const path = `experiments/${w.experiment}/trace-retention`
      const { revision } = await w.asAdmin(ours.get(path))
      return ours.put(path, { revision, days_max: 30 })
    },
  ],
  getModelCard: ['READ', (w) => ours.get(ofVersion(w, '/card'))],
  putModelCard: [
    'EDIT',
    async (w) =>
      ours.put(`models/${w.model}/versions/${await w.newVersion()}/card`, {
        revision: 0,
        card: { intended_use: 'tests' },
      }),
  ],
  listModelCardRevisions: ['READ', (w) => ours.get(ofVersion(w, '/card/revisions'))],
  getModelCardRevision: ['READ', (w) => ours.get(ofVersion(w, '/card/revisions/999'))],
  getModelCardMarkdown: ['READ', (w) => ours.get(ofVersion(w, '/card.md'))],
  getModelCardTemplate: ['READ', (w) => ours.get(`models/${w.model}/card-template`)],
  putModelCardTemplate: ['EDIT', (w) => ours.put(`models/${w.model}/card-template`, { card: {} })],
  deleteModelCardTemplate: ['EDIT', (w) => ours.del(`models/${w.model}/card-template`)],
  getStageHolders: ['READ', (w) => ours.get(`models/${w.model}/stages/Production`)],
  listStageSpans: ['READ', (w) => ours.get(`models/${w.model}/stage-spans`)],
  getAliasHolder: ['READ', (w) => ours.get(`models/${w.model}/aliases/champion`)],
  getLineage: ['READ', (w) => ours.get(ofVersion(w, '/lineage'))],
  findTrainedOn: ['signed in', () => ours.get('lineage?dataset_digest=d')],
  compareVersions: [
    'READ',
    async (w) => ours.get(`models/${w.model}/compare?versions=1,${await w.newVersion()}`),
  ],
  listPolicies: ['signed in', () => ours.get('policies')],
  getPolicy: ['signed in', () => ours.get('policies/guard')],
  putPolicy: ['manage_policies', () => ours.put('policies/guard', policy)],
  deletePolicy: ['manage_policies', async (w) => ours.del(`policies/${await w.newPolicy()}`)],
  listPolicyRevisions: ['signed in', () => ours.get('policies/guard/revisions')],
  evaluatePolicies: [
    'READ',
    (w) =>
      ours.post('policies/evaluate', { model: w.model, version: '1', to: { stage: 'Production' } }),
  ],
  foreseePolicy: ['manage_policies', () => ours.post('policies/guard/effects', {})],
  replayPolicy: ['manage_policies', () => ours.post('policies/guard/replay', policy)],
  openPromotion: [
    'EDIT',
    async (w) =>
      ours.post('promotions', {
        model: w.model,
        version: await w.newVersion(),
        to: { stage: 'Production' },
      }),
  ],
  listPromotions: ['signed in', () => ours.get('promotions')],
  getPromotion: ['READ', async (w) => ours.get(`promotions/${await w.newPromotion()}`)],
  reviewPromotion: [
    'READ',
    async (w) =>
      ours.post(`promotions/${await w.newPromotion()}/reviews`, {
        decision: 'comment',
        comment: 'seen',
      }),
  ],
  postCheck: [
    'EDIT',
    async (w) =>
      ours.post(`promotions/${await w.newPromotion()}/checks`, { name: 'ci', status: 'passed' }),
  ],
  mergePromotion: ['EDIT', async (w) => ours.post(`promotions/${await w.newPromotion()}/merge`)],
  closePromotion: [
    'admin',
    async (w) => ours.post(`promotions/${await w.newPromotion()}/close`, {}),
  ],
  breakGlass: [
    'EDIT',
    async (w) =>
      ours.post(`promotions/${await w.newPromotion()}/break-glass`, {
        reason: 'an outage at night',
      }),
  ],
  followUp: ['READ', async (w) => ours.post(`promotions/${await w.newPromotion()}/follow-up`, {})],
  listWebhooks: ['manage_webhooks', () => ours.get('webhooks')],
  createWebhook: [
    'manage_webhooks',
    () => ours.post('webhooks', { name: 'h', url: 'https://hooks.example.com/b', events: ['*'] }),
  ],
  getWebhook: ['manage_webhooks', (w) => ours.get(`webhooks/${w.webhook}`)],
  updateWebhook: ['manage_webhooks', (w) => ours.patch(`webhooks/${w.webhook}`, { name: 'h' })],
  deleteWebhook: ['manage_webhooks', async (w) => ours.del(`webhooks/${await w.newWebhook()}`)],
  testWebhook: ['manage_webhooks', (w) => ours.post(`webhooks/${w.webhook}/test`, {})],
  listDeliveries: ['manage_webhooks', (w) => ours.get(`webhooks/${w.webhook}/deliveries`)],
  redeliver: [
    'manage_webhooks',
    (w) => ours.post(`webhooks/${w.webhook}/deliveries/none/redeliver`),
  ],
  listTokens: ['signed in', () => ours.get('tokens')],
  createToken: ['signed in', () => ours.post('tokens', { name: 't' })],
  revokeToken: ['signed in', () => ours.del('tokens/999999')],
  listSignIns: ['signed in', () => ours.get('sign-ins')],
  endSignIn: ['signed in', () => ours.del('sign-ins/0123456789abcdef')],
  listGroups: ['signed in', () => ours.get('groups')],
  getGroup: ['signed in', () => ours.get('groups/team')],
  putGroup: ['admin', () => ours.put('groups/team', { members: ['other'] })],
  deleteGroup: ['admin', async (w) => ours.del(`groups/${await w.newGroup()}`)],
  listGrants: ['admin', () => ours.get('grants')],
  createGrant: [
    'admin',
    (w) => ours.post('grants', { principal: 'user:other', action: 'approve', models: w.name() }),
  ],
  deleteGrant: ['admin', () => ours.del('grants/999999')],
  listServiceAccounts: ['signed in', () => ours.get('service-accounts')],
  createServiceAccount: ['admin', (w) => ours.post('service-accounts', { name: w.name() })],
  deleteServiceAccount: ['admin', () => ours.del('service-accounts/none')],
  listIdentities: ['admin', () => ours.get('identities')],
  linkIdentity: [
    'admin',
    (w) =>
      ours.post('identities', {
        account: 'other',
        issuer: 'https://issuer.example.com',
        subject: w.name(),
      }),
  ],
  unlinkIdentity: ['admin', () => ours.del('identities/999999')],
  listBarredIdentities: ['admin', () => ours.get('barred-identities')],
  admitIdentity: ['admin', () => ours.del('barred-identities/999999')],
}
