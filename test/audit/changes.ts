import type { registryServer } from '../registry/registry.ts'

export type Server = Awaited<ReturnType<typeof registryServer>>
type Answer = { readonly status: number }

/**
 * For each operation that changes what the record is about, one good call to it, on a server as
 * `prepare` makes it. Each must add exactly one entry. A new operation needs a row here, or a place
 * in the list below with the reason why it is not on the record.
 */
export const changes: Readonly<Record<string, (server: Server) => Promise<Answer>>> = {
  createRegisteredModel: ({ createModel }) =>
    createModel('new', { tags: [{ key: 'a', value: '' }] }),
  renameRegisteredModel: ({ post }) =>
    post('registered-models/rename', { name: 'm', new_name: 'renamed' }),
  updateRegisteredModel: ({ patch }) =>
    patch('registered-models/update', { name: 'm', description: 'other' }),
  deleteRegisteredModel: ({ del }) => del('registered-models/delete', { name: 'm' }),
  setRegisteredModelTag: ({ post }) =>
    post('registered-models/set-tag', { name: 'm', key: 'owner', value: 'ada' }),
  deleteRegisteredModelTag: ({ del }) =>
    del('registered-models/delete-tag', { name: 'm', key: 'team' }),
  setRegisteredModelAlias: ({ post }) =>
    post('registered-models/alias', { name: 'm', alias: 'champion', version: '2' }),
  deleteRegisteredModelAlias: ({ del }) =>
    del('registered-models/alias', { name: 'm', alias: 'champion' }),
  createModelVersion: ({ createVersion }) => createVersion('m'),
  updateModelVersion: ({ patch }) =>
    patch('model-versions/update', { name: 'm', version: '1', description: 'other' }),
  deleteModelVersion: ({ del }) => del('model-versions/delete', { name: 'm', version: '1' }),
  transitionModelVersionStage: ({ transition }) =>
    transition('m', '2', 'Production', { archive_existing_versions: true }),
  setModelVersionTag: ({ post }) =>
    post('model-versions/set-tag', { name: 'm', version: '1', key: 'validated', value: 'true' }),
  deleteModelVersionTag: ({ del }) =>
    del('model-versions/delete-tag', { name: 'm', version: '1', key: 'team' }),
}

/** A model `m` with two versions: the first in Production, tagged, and the alias `champion` on it. */
export async function prepare(server: Server): Promise<void> {
  const { createModel, createVersion, transition, post } = server
  await createModel('m', { tags: [{ key: 'team', value: 'risk' }] })
  await createVersion('m', 's3://bucket/model', { tags: [{ key: 'team', value: 'risk' }] })
  await createVersion('m')
  await transition('m', '1', 'Production')
  await post('registered-models/alias', { name: 'm', alias: 'champion', version: '1' })
}

/**
 * What is not on the record, although it changes something: what MLflow keeps of training. A version
 * keeps its files and the values it was judged by, whatever happens to its run afterwards.
 */
export const notOnRecord: readonly string[] = [
  ...['createExperiment', 'updateExperiment', 'deleteExperiment', 'restoreExperiment'],
  ...['setExperimentTag', 'deleteExperimentTag'],
  ...['createRun', 'updateRun', 'deleteRun', 'restoreRun', 'setTag', 'deleteTag'],
  ...['logParam', 'logMetric', 'logBatch', 'logModel', 'logInputs', 'logOutputs'],
  ...['createLoggedModel', 'finalizeLoggedModel', 'deleteLoggedModel'],
  ...['logLoggedModelParams', 'setLoggedModelTags', 'deleteLoggedModelTag'],
  // Files lie below runs and logged models until a version seals them.
  ...['uploadArtifact', 'uploadRunArtifact', 'deleteArtifact', 'createPresignedUploadUrl'],
  ...['createMultipartUpload', 'completeMultipartUpload', 'abortMultipartUpload'],
]

/** On the record too; `test/access/on-record.test.ts` makes them, with access control on. */
export const changesOfAccess: readonly string[] = [
  ...['createWebhook', 'updateWebhook', 'deleteWebhook'],
  ...['createUser', 'updateUserPassword', 'updateUserAdmin', 'deleteUser'],
  ...['createRole', 'updateRole', 'deleteRole', 'assignRole', 'unassignRole'],
  ...['addRolePermission', 'updateRolePermission', 'removeRolePermission'],
  ...['grantUserPermission', 'revokeUserPermission'],
  ...['createExperimentPermission', 'updateExperimentPermission', 'deleteExperimentPermission'],
  ...['createRegisteredModelPermission', 'updateRegisteredModelPermission'],
  'deleteRegisteredModelPermission',
]
