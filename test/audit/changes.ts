import { accessChanges } from './changes/access.ts'
import { bundleChanges } from './changes/bundles.ts'
import { cardChanges } from './changes/cards.ts'
import { collectionChanges } from './changes/collections.ts'
import { databricksChanges } from './changes/databricks.ts'
import type { Examples } from './changes/example.ts'
import { importChanges } from './changes/imports.ts'
import { judgingChanges } from './changes/judging.ts'
import { permissionChanges } from './changes/permissions.ts'
import { promotionChanges } from './changes/promotions.ts'
import { registryChanges } from './changes/registry.ts'
import { scorerChanges } from './changes/scorers.ts'
import { stageChanges } from './changes/stages.ts'
import { transferChanges } from './changes/transfers.ts'
import { webhookChanges } from './changes/webhooks.ts'
import { workspaceChanges } from './changes/workspaces.ts'

/**
 * An example for each operation that changes what the audit log is about. A new operation needs a row
 * in one of these, or a place in the list below with the reason why it is not in the audit log. Those of
 * our own surface have `v1` before their name.
 */
export const changes: Examples = {
  ...registryChanges,
  ...stageChanges,
  ...collectionChanges,
  ...importChanges,
  ...transferChanges,
  ...cardChanges,
  ...bundleChanges,
  ...promotionChanges,
  ...accessChanges,
  ...permissionChanges,
  ...webhookChanges,
  ...databricksChanges,
  ...workspaceChanges,
  ...scorerChanges,
  ...judgingChanges,
}

/**
 * What is not in the audit log, although it changes something: what MLflow keeps of training. A version
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
  ...['v1 resumeUpload', 'v1 completeResumedUpload'],
  // What an application did, and what people and judges said of it, lies in an experiment as runs do.
  ...['startTrace', 'startTraceV3', 'endTrace', 'exportTraces'],
  ...['setTraceTag', 'setTraceTagV3', 'deleteTraceTag', 'deleteTraceTagV3'],
  ...['linkTracesToRun', 'linkPromptsToTrace'],
  ...['createAssessment', 'updateAssessment', 'deleteAssessment'],
  // So do the records that it is judged on.
  ...['createDataset', 'deleteDataset', 'setDatasetTags', 'deleteDatasetTag'],
  ...['upsertDatasetRecords', 'deleteDatasetRecords'],
  ...['addDatasetToExperiments', 'removeDatasetFromExperiments'],
  // So does which of it is to be looked at, and was.
  ...['addItemsToReviewQueue', 'removeItemsFromReviewQueue', 'setReviewQueueItemStatus'],
  // Nor are names for what a table shows.
  ...['v1 createSavedView', 'v1 updateSavedView', 'v1 deleteSavedView'],
  // What runs is no change of what should run; a version that could not be loaded is in the log.
  'v1 reportReplica',
  // Files are read again; what they are stays as it was sealed.
  'v1 scanVersion',
  // What was seen of answers, as metrics are of runs.
  'v1 reportOutcomes',
  // The same; what a guard does upon it is in the log.
  'v1 reportDeploymentCounts',
  // A webhook's log of deliveries tells of these; they change no model, nor what a webhook is.
  ...['testWebhook', 'testRegistryWebhook', 'v1 testWebhook', 'v1 redeliver'],
]

/** In the audit log too; `test/access/audited.test.ts` makes them, with access control on. */
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
