import type { Member } from './team.ts'

/** What a caller needs: `public` and `anyone` as the words say; a level, on all that is named. */
export type Needs = 'public' | 'anyone' | 'READ' | 'USE' | 'EDIT' | 'MANAGE' | 'admin'

/** Things that an administrator made, on which everybody but one was granted a level. */
export type Things = {
  readonly experiment: string
  readonly experimentName: string
  readonly run: string
  readonly loggedModel: string
  readonly model: string
  readonly role: string
  readonly rolePermission: string
  readonly grant: string
}

export type Row = {
  readonly needs: Needs
  /** What the one who may gets; 200 where it is not said. */
  readonly answer?: number
  /** It changes the things so that others could not ask it again. */
  readonly spoils?: true
  readonly ask: (things: Things, asker: Member) => readonly [string, string, unknown?]
}

const v2 = '/api/2.0/mlflow'
const v3 = '/api/3.0/mlflow'
const proxy = '/api/2.0/mlflow-artifacts'

const post = (path: string, body: (things: Things, asker: Member) => unknown) =>
  ((things, asker) => ['POST', path, body(things, asker)]) satisfies Row['ask']
const get = (path: string, query: (things: Things, asker: Member) => Record<string, string>) =>
  ((things, asker) => [
    'GET',
    `${path}?${new URLSearchParams(query(things, asker))}`,
  ]) satisfies Row['ask']
const send = (
  method: string,
  path: string | ((things: Things) => string),
  body?: (things: Things, asker: Member) => unknown,
) =>
  ((things, asker) => [
    method,
    typeof path === 'string' ? path : path(things),
    body?.(things, asker),
  ]) satisfies Row['ask']

const onRun =
  (more: object = {}) =>
  (t: Things) => ({ run_id: t.run, ...more })
const onExperiment =
  (more: object = {}) =>
  (t: Things) => ({ experiment_id: t.experiment, ...more })
const onModel =
  (more: object = {}) =>
  (t: Things) => ({ name: t.model, ...more })
const onVersion = (more: object = {}) => onModel({ version: '1', ...more })
const file = (t: Things) => `${t.experiment}/${t.run}/artifacts/model/f.txt`

/** Every operation of MLflow that is served. */
export const mlflowMatrix: Readonly<Record<string, Row>> = {
  health: { needs: 'public', ask: () => ['GET', '/health'] },
  version: { needs: 'public', ask: () => ['GET', '/version'] },
  getServerInfo: { needs: 'public', ask: () => ['GET', `${v3}/server-info`] },

  createExperiment: {
    needs: 'anyone',
    ask: post(`${v2}/experiments/create`, (t, asker) => ({
      name: `${t.experimentName} of ${asker.principal.name}`,
    })),
  },
  getExperiment: {
    needs: 'READ',
    ask: get(`${v2}/experiments/get`, (t) => ({ experiment_id: t.experiment })),
  },
  getExperimentByName: {
    needs: 'READ',
    ask: get(`${v2}/experiments/get-by-name`, (t) => ({ experiment_name: t.experimentName })),
  },
  updateExperiment: {
    needs: 'EDIT',
    ask: post(`${v2}/experiments/update`, (t) => ({
      experiment_id: t.experiment,
      new_name: t.experimentName,
    })),
  },
  deleteExperiment: {
    needs: 'MANAGE',
    spoils: true,
    ask: post(`${v2}/experiments/delete`, onExperiment()),
  },
  restoreExperiment: {
    needs: 'MANAGE',
    answer: 404,
    ask: post(`${v2}/experiments/restore`, onExperiment()),
  },
  setExperimentTag: {
    needs: 'EDIT',
    ask: post(`${v2}/experiments/set-experiment-tag`, onExperiment({ key: 'k', value: 'v' })),
  },
  deleteExperimentTag: {
    needs: 'EDIT',
    ask: post(`${v2}/experiments/delete-experiment-tag`, onExperiment({ key: 'k' })),
  },
  searchExperiments: {
    needs: 'anyone',
    ask: post(`${v2}/experiments/search`, () => ({ max_results: 1 })),
  },
  listExperiments: { needs: 'anyone', ask: get(`${v2}/experiments/list`, () => ({})) },
  searchDatasets: {
    needs: 'anyone',
    ask: post('/ajax-api/2.0/mlflow/experiments/search-datasets', (t) => ({
      experiment_ids: [t.experiment],
    })),
  },

  createRun: { needs: 'EDIT', ask: post(`${v2}/runs/create`, onExperiment()) },
  getRun: { needs: 'READ', ask: get(`${v2}/runs/get`, (t) => ({ run_id: t.run })) },
  updateRun: { needs: 'EDIT', ask: post(`${v2}/runs/update`, onRun({ run_name: 'r' })) },
  deleteRun: { needs: 'MANAGE', spoils: true, ask: post(`${v2}/runs/delete`, onRun()) },
  restoreRun: { needs: 'MANAGE', ask: post(`${v2}/runs/restore`, onRun()) },
  setTag: { needs: 'EDIT', ask: post(`${v2}/runs/set-tag`, onRun({ key: 'k', value: 'v' })) },
  deleteTag: { needs: 'EDIT', ask: post(`${v2}/runs/delete-tag`, onRun({ key: 'k' })) },
  logParam: {
    needs: 'EDIT',
    ask: post(`${v2}/runs/log-parameter`, onRun({ key: 'p', value: '1' })),
  },
  searchRuns: {
    needs: 'anyone',
    ask: post(`${v2}/runs/search`, (t) => ({ experiment_ids: [t.experiment] })),
  },

  logMetric: {
    needs: 'EDIT',
    ask: post(`${v2}/runs/log-metric`, (t) => ({
      ...{ run_id: t.run, key: 'm', value: 1, timestamp: 1 },
      model_id: t.loggedModel,
    })),
  },
  logBatch: {
    needs: 'EDIT',
    ask: post(`${v2}/runs/log-batch`, onRun({ tags: [{ key: 'a', value: 'b' }] })),
  },
  getMetricHistory: {
    needs: 'READ',
    ask: get(`${v2}/metrics/get-history`, (t) => ({ run_id: t.run, metric_key: 'm' })),
  },
  getMetricHistoryBulk: {
    needs: 'READ',
    ask: get('/ajax-api/2.0/mlflow/metrics/get-history-bulk', (t) => ({
      run_id: t.run,
      metric_key: 'm',
    })),
  },
  getMetricHistoryBulkInterval: {
    needs: 'READ',
    ask: get('/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval', (t) => ({
      run_ids: t.run,
      metric_key: 'm',
    })),
  },
  logInputs: {
    needs: 'EDIT',
    ask: post(`${v2}/runs/log-inputs`, (t) => ({
      run_id: t.run,
      models: [{ model_id: t.loggedModel }],
    })),
  },
  logOutputs: {
    needs: 'EDIT',
    ask: post(`${v2}/runs/outputs`, (t) => ({
      run_id: t.run,
      models: [{ model_id: t.loggedModel, step: 0 }],
    })),
  },
  logModel: {
    needs: 'EDIT',
    ask: post(`${v2}/runs/log-model`, (t) => ({
      run_id: t.run,
      model_json: JSON.stringify({
        ...{ run_id: t.run, artifact_path: 'model', utc_time_created: '1', flavors: {} },
      }),
    })),
  },

  createLoggedModel: {
    needs: 'EDIT',
    ask: post(`${v2}/logged-models`, (t) => ({
      experiment_id: t.experiment,
      source_run_id: t.run,
    })),
  },
  getLoggedModel: {
    needs: 'READ',
    ask: send('GET', (t) => `${v2}/logged-models/${t.loggedModel}`),
  },
  finalizeLoggedModel: {
    needs: 'EDIT',
    ask: send(
      'PATCH',
      (t) => `${v2}/logged-models/${t.loggedModel}`,
      (t) => ({ model_id: t.loggedModel, status: 'LOGGED_MODEL_READY' }),
    ),
  },
  deleteLoggedModel: {
    needs: 'MANAGE',
    spoils: true,
    ask: send('DELETE', (t) => `${v2}/logged-models/${t.loggedModel}`),
  },
  logLoggedModelParams: {
    needs: 'EDIT',
    ask: send(
      'POST',
      (t) => `${v2}/logged-models/${t.loggedModel}/params`,
      (t) => ({ model_id: t.loggedModel, params: [] }),
    ),
  },
  setLoggedModelTags: {
    needs: 'EDIT',
    ask: send(
      'PATCH',
      (t) => `${v2}/logged-models/${t.loggedModel}/tags`,
      () => ({ tags: [{ key: 'k', value: 'v' }] }),
    ),
  },
  deleteLoggedModelTag: {
    needs: 'MANAGE',
    answer: 404,
    ask: send('DELETE', (t) => `${v2}/logged-models/${t.loggedModel}/tags/absent`),
  },
  searchLoggedModels: {
    needs: 'anyone',
    ask: post(`${v2}/logged-models/search`, (t) => ({ experiment_ids: [t.experiment] })),
  },

  createRegisteredModel: {
    needs: 'anyone',
    ask: post(`${v2}/registered-models/create`, (t, asker) => ({
      name: `${t.model} of ${asker.principal.name}`,
    })),
  },
  getRegisteredModel: {
    needs: 'READ',
    ask: get(`${v2}/registered-models/get`, (t) => ({ name: t.model })),
  },
  renameRegisteredModel: {
    needs: 'MANAGE',
    spoils: true,
    ask: post(`${v2}/registered-models/rename`, (t) => ({
      name: t.model,
      new_name: `${t.model} renamed`,
    })),
  },
  updateRegisteredModel: {
    needs: 'EDIT',
    ask: send('PATCH', `${v2}/registered-models/update`, onModel({ description: 'd' })),
  },
  deleteRegisteredModel: {
    needs: 'MANAGE',
    spoils: true,
    ask: send('DELETE', `${v2}/registered-models/delete`, onModel()),
  },
  getLatestVersions: {
    needs: 'READ',
    ask: post(`${v2}/registered-models/get-latest-versions`, onModel()),
  },
  setRegisteredModelTag: {
    needs: 'EDIT',
    ask: post(`${v2}/registered-models/set-tag`, onModel({ key: 'k', value: 'v' })),
  },
  deleteRegisteredModelTag: {
    needs: 'EDIT',
    ask: send('DELETE', `${v2}/registered-models/delete-tag`, onModel({ key: 'k' })),
  },
  setRegisteredModelAlias: {
    needs: 'EDIT',
    ask: post(`${v2}/registered-models/alias`, onVersion({ alias: 'champion' })),
  },
  deleteRegisteredModelAlias: {
    needs: 'MANAGE',
    ask: send('DELETE', `${v2}/registered-models/alias`, onModel({ alias: 'gone' })),
  },
  getModelVersionByAlias: {
    needs: 'READ',
    ask: get(`${v2}/registered-models/alias`, (t) => ({ name: t.model, alias: 'champion' })),
  },
  searchRegisteredModels: {
    needs: 'anyone',
    ask: get(`${v2}/registered-models/search`, () => ({})),
  },
  listRegisteredModels: { needs: 'anyone', ask: get(`${v2}/registered-models/list`, () => ({})) },
  searchModelVersions: { needs: 'anyone', ask: get(`${v2}/model-versions/search`, () => ({})) },

  createModelVersion: {
    needs: 'EDIT',
    ask: post(`${v2}/model-versions/create`, (t) => ({
      name: t.model,
      source: `models:/${t.loggedModel}`,
      model_id: t.loggedModel,
    })),
  },
  getModelVersion: {
    needs: 'READ',
    ask: get(`${v2}/model-versions/get`, (t) => ({ name: t.model, version: '1' })),
  },
  updateModelVersion: {
    needs: 'EDIT',
    ask: send('PATCH', `${v2}/model-versions/update`, onVersion({ description: 'd' })),
  },
  deleteModelVersion: {
    needs: 'MANAGE',
    spoils: true,
    ask: send('DELETE', `${v2}/model-versions/delete`, onVersion()),
  },
  getModelVersionDownloadUri: {
    needs: 'READ',
    ask: get(`${v2}/model-versions/get-download-uri`, (t) => ({ name: t.model, version: '1' })),
  },
  transitionModelVersionStage: {
    needs: 'EDIT',
    ask: post(`${v2}/model-versions/transition-stage`, onVersion({ stage: 'Staging' })),
  },
  setModelVersionTag: {
    needs: 'EDIT',
    ask: post(`${v2}/model-versions/set-tag`, onVersion({ key: 'k', value: 'v' })),
  },
  deleteModelVersionTag: {
    needs: 'MANAGE',
    ask: send('DELETE', `${v2}/model-versions/delete-tag`, onVersion({ key: 'k' })),
  },

  listArtifacts: { needs: 'READ', ask: get(`${v2}/artifacts/list`, (t) => ({ run_id: t.run })) },
  listLoggedModelArtifacts: {
    needs: 'READ',
    ask: send('GET', (t) => `${v2}/logged-models/${t.loggedModel}/artifacts/directories`),
  },
  getArtifact: {
    needs: 'READ',
    ask: get('/get-artifact', (t) => ({ run_id: t.run, path: 'model/f.txt' })),
  },
  getLoggedModelArtifact: {
    needs: 'READ',
    ask: send(
      'GET',
      (t) =>
        `/ajax-api/2.0/mlflow/logged-models/${t.loggedModel}/artifacts/files?artifact_file_path=MLmodel`,
    ),
  },
  getModelVersionArtifact: {
    needs: 'READ',
    ask: get('/model-versions/get-artifact', (t) => ({
      ...{ name: t.model, version: '1', path: 'MLmodel' },
    })),
  },
  uploadRunArtifact: {
    needs: 'EDIT',
    ask: send(
      'POST',
      (t) => `/ajax-api/2.0/mlflow/upload-artifact?run_id=${t.run}&path=u.txt`,
      () => 'u',
    ),
  },
  listProxyArtifacts: {
    needs: 'READ',
    ask: get(`${proxy}/artifacts`, (t) => ({ path: `${t.experiment}/${t.run}` })),
  },
  downloadArtifact: { needs: 'READ', ask: send('GET', (t) => `${proxy}/artifacts/${file(t)}`) },
  uploadArtifact: {
    needs: 'EDIT',
    ask: send(
      'PUT',
      (t) => `${proxy}/artifacts/${file(t)}`,
      () => 'bytes',
    ),
  },
  deleteArtifact: {
    needs: 'MANAGE',
    spoils: true,
    ask: send('DELETE', (t) => `${proxy}/artifacts/${file(t)}`),
  },
  createMultipartUpload: {
    needs: 'EDIT',
    ask: send(
      'POST',
      (t) => `${proxy}/mpu/create/${t.experiment}/${t.run}/artifacts`,
      () => ({ path: 'big.bin', num_parts: 1 }),
    ),
  },
  completeMultipartUpload: {
    needs: 'EDIT',
    answer: 404,
    ask: send(
      'POST',
      (t) => `${proxy}/mpu/complete/${t.experiment}/${t.run}/artifacts`,
      () => ({ path: 'big.bin', upload_id: 'none', parts: [] }),
    ),
  },
  abortMultipartUpload: {
    needs: 'EDIT',
    ask: send(
      'POST',
      (t) => `${proxy}/mpu/abort/${t.experiment}/${t.run}/artifacts`,
      () => ({ path: 'big.bin', upload_id: 'none' }),
    ),
  },
  getPresignedDownloadUrl: {
    needs: 'READ',
    ask: send('GET', (t) => `${proxy}/presigned/${file(t)}`),
  },
  createPresignedUploadUrl: {
    needs: 'EDIT',
    answer: 400,
    ask: post(`${v2}/artifacts/presigned-upload-url`, onRun({ path: 'f' })),
  },
  createPresignedDownloadUrl: {
    needs: 'READ',
    answer: 400,
    ask: post(`${v2}/artifacts/presigned-download-url`, onRun({ path: 'f' })),
  },

  grantUserPermission: {
    needs: 'MANAGE',
    spoils: true,
    ask: post(`${v3}/users/permissions/grant`, (t) => ({
      ...{ username: 'guest', resource_type: 'experiment', permission: 'READ' },
      resource_id: t.experiment,
    })),
  },
  revokeUserPermission: {
    needs: 'MANAGE',
    answer: 404,
    ask: post(`${v3}/users/permissions/revoke`, (t) => ({
      ...{ username: 'guest', resource_type: 'registered_model', resource_id: t.model },
    })),
  },
  getUserPermission: {
    needs: 'admin',
    ask: get(`${v3}/users/permissions/get`, (t) => ({
      ...{ username: 'guest', resource_type: 'experiment', resource_id: t.experiment },
    })),
  },
  listUserPermissions: {
    needs: 'admin',
    ask: get(`${v3}/users/permissions/list`, () => ({ username: 'guest' })),
  },
  listCurrentUserPermissions: {
    needs: 'anyone',
    ask: get(`${v3}/users/current/permissions`, () => ({})),
  },
  listUserRoles: {
    needs: 'admin',
    ask: get(`${v3}/users/roles/list`, () => ({ username: 'guest' })),
  },

  createRole: {
    needs: 'admin',
    ask: post(`${v3}/roles/create`, (t) => ({ name: `${t.model} role`, workspace: 'default' })),
  },
  getRole: { needs: 'admin', ask: get(`${v3}/roles/get`, (t) => ({ role_id: t.role })) },
  listRoles: { needs: 'anyone', ask: get(`${v3}/roles/list`, () => ({ workspace: 'default' })) },
  updateRole: {
    needs: 'admin',
    ask: send('PATCH', `${v3}/roles/update`, (t) => ({ role_id: t.role, description: 'd' })),
  },
  deleteRole: {
    needs: 'admin',
    spoils: true,
    ask: send('DELETE', `${v3}/roles/delete`, (t) => ({ role_id: t.role })),
  },
  addRolePermission: {
    needs: 'admin',
    ask: post(`${v3}/roles/permissions/add`, (t) => ({
      ...{ role_id: t.role, resource_type: 'run', resource_pattern: '*', permission: 'READ' },
    })),
  },
  removeRolePermission: {
    needs: 'admin',
    spoils: true,
    ask: send('DELETE', `${v3}/roles/permissions/remove`, (t) => ({
      role_permission_id: t.rolePermission,
    })),
  },
  listRolePermissions: {
    needs: 'admin',
    ask: get(`${v3}/roles/permissions/list`, (t) => ({ role_id: t.role })),
  },
  updateRolePermission: {
    needs: 'admin',
    ask: send('PATCH', `${v3}/roles/permissions/update`, (t) => ({
      role_permission_id: t.rolePermission,
      permission: 'READ',
    })),
  },
  assignRole: {
    needs: 'admin',
    ask: post(`${v3}/roles/assign`, (t) => ({ username: 'guest', role_id: t.role })),
  },
  unassignRole: {
    needs: 'admin',
    ask: send('DELETE', `${v3}/roles/unassign`, (t) => ({ username: 'guest', role_id: t.role })),
  },
  listRoleUsers: {
    needs: 'admin',
    ask: get(`${v3}/roles/users/list`, (t) => ({ role_id: t.role })),
  },

  createExperimentPermission: {
    needs: 'MANAGE',
    spoils: true,
    ask: post(
      `${v2}/experiments/permissions/create`,
      onExperiment({ username: 'guest', permission: 'READ' }),
    ),
  },
  getExperimentPermission: {
    needs: 'MANAGE',
    ask: get(`${v2}/experiments/permissions/get`, (t) => ({
      experiment_id: t.experiment,
      username: 'MANAGE',
    })),
  },
  updateExperimentPermission: {
    needs: 'MANAGE',
    ask: send(
      'PATCH',
      `${v2}/experiments/permissions/update`,
      onExperiment({ username: 'MANAGE', permission: 'MANAGE' }),
    ),
  },
  deleteExperimentPermission: {
    needs: 'MANAGE',
    answer: 404,
    ask: send(
      'DELETE',
      `${v2}/experiments/permissions/delete`,
      onExperiment({ username: 'guest' }),
    ),
  },
  createRegisteredModelPermission: {
    needs: 'MANAGE',
    spoils: true,
    ask: post(
      `${v2}/registered-models/permissions/create`,
      onModel({ username: 'guest', permission: 'READ' }),
    ),
  },
  getRegisteredModelPermission: {
    needs: 'MANAGE',
    ask: get(`${v2}/registered-models/permissions/get`, (t) => ({
      name: t.model,
      username: 'MANAGE',
    })),
  },
  updateRegisteredModelPermission: {
    needs: 'MANAGE',
    ask: send(
      'PATCH',
      `${v2}/registered-models/permissions/update`,
      onModel({ username: 'MANAGE', permission: 'MANAGE' }),
    ),
  },
  deleteRegisteredModelPermission: {
    needs: 'MANAGE',
    answer: 404,
    ask: send(
      'DELETE',
      `${v2}/registered-models/permissions/delete`,
      onModel({ username: 'guest' }),
    ),
  },
}

/** Every endpoint of our own surface. */
export const apiMatrix: Readonly<Record<string, Row>> = {
  whoami: { needs: 'anyone', ask: () => ['GET', '/api/v1/whoami'] },
  listVersionFiles: {
    needs: 'READ',
    ask: send('GET', (t) => `/api/v1/models/${t.model}/versions/1/files`),
  },
  verifyVersion: {
    needs: 'READ',
    ask: send('POST', (t) => `/api/v1/models/${t.model}/versions/1/verify`),
  },
  listGrants: { needs: 'admin', ask: () => ['GET', '/api/v1/grants'] },
  createGrant: {
    needs: 'admin',
    answer: 201,
    ask: post('/api/v1/grants', (t) => ({
      ...{ principal: 'ada', action: 'approve', models: t.model },
    })),
  },
  deleteGrant: {
    needs: 'admin',
    spoils: true,
    ask: send('DELETE', (t) => `/api/v1/grants/${t.grant}`),
  },
}
