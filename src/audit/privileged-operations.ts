/**
 * The operations by which somebody gets at a guarded place, at a policy, an approval, an account or a
 * right: refused attempts at them are never hidden by others.
 */
export const privilegedOperations: readonly string[] = [
  // Moves into and out of stages and aliases, and what stands against them.
  'transitionModelVersionStage',
  'transitionDatabricksStage',
  'setRegisteredModelAlias',
  'deleteRegisteredModelAlias',
  'rollBackStage',
  'renameRegisteredModel',
  'deleteRegisteredModel',
  'deleteModelVersion',
  'replaceStages',
  'placeHold',
  'liftHold',
  'putDeployment',
  'deleteDeployment',
  // Policies, requests and approvals.
  'putPolicy',
  'deletePolicy',
  'openPromotion',
  'reviewPromotion',
  'mergePromotion',
  'closePromotion',
  'breakGlass',
  'followUp',
  'postCheck',
  'createTransitionRequest',
  'approveTransitionRequest',
  'rejectTransitionRequest',
  'deleteTransitionRequest',
  // Accounts and what signs in to them.
  'createUser',
  'updateUserPassword',
  'updateUserAdmin',
  'deleteUser',
  'createServiceAccount',
  'deleteServiceAccount',
  'putGroup',
  'deleteGroup',
  'createToken',
  'revokeToken',
  'endSignIn',
  'linkIdentity',
  'unlinkIdentity',
  'admitIdentity',
  // Rights.
  'createGrant',
  'deleteGrant',
  'createRole',
  'updateRole',
  'deleteRole',
  'assignRole',
  'unassignRole',
  'addRolePermission',
  'updateRolePermission',
  'removeRolePermission',
  'grantUserPermission',
  'revokeUserPermission',
  'createExperimentPermission',
  'updateExperimentPermission',
  'deleteExperimentPermission',
  'createRegisteredModelPermission',
  'updateRegisteredModelPermission',
  'deleteRegisteredModelPermission',
]

const privileged = new Set(privilegedOperations)

export function isPrivileged(operation: string): boolean {
  return privileged.has(operation)
}
