import type { PackageSettings } from '../../../src/platform/settings/settings.ts'
import { admin, authServer } from '../../support/auth-server.ts'
import { sageMakerClient } from '../../support/sagemaker-client.ts'

/**
 * A server with sign-in, and people who ask it as AWS's clients do.
 *
 * @param packages settings that are others than usual
 */
export async function sageMakerServer(packages: Partial<PackageSettings> = {}) {
  const { settings } = (await authServer()).platform
  const server = await authServer({
    settings: { ...settings, packages: { ...settings.packages, ...packages } },
  })
  const { app, call, clock } = server
  return {
    ...server,
    /** With a key pair of the caller's. @param authorization how the caller signs in otherwise */
    signedBy: async (authorization: string, asked: object = {}, path = '/') => {
      const made = await call(authorization, 'POST', '/api/v1/tokens', {
        name: 'aws',
        aws: true,
        ...asked,
      })
      if (made.status !== 201) throw new Error(made.text)
      const { id, aws_access_key_id, aws_secret_access_key } = made.json
      const pair = { id: aws_access_key_id, secret: aws_secret_access_key }
      return { id, pair, ...sageMakerClient(app, { pair, nowMs: clock.now, path }) }
    },
  }
}

/**
 * A group that ci made, with a package that waits for Production; rita reviews and may move versions, mallory
 * may only move them.
 *
 * @param terms of a policy on Production; null: none guards it
 * @param packages settings that are others than usual
 */
export async function reviewedPackages(
  terms: object | null = asksReviewers,
  packages: Partial<PackageSettings> = {},
) {
  const server = await sageMakerServer(packages)
  const { call, mlflow, user, signedBy } = server
  const people = { ci: await user('ci'), rita: await user('rita'), mallory: await user('mallory') }
  const ci = await signedBy(people.ci)
  await call(admin, 'PUT', '/api/v1/groups/reviewers', { members: ['rita'] })
  const put = await call(admin, 'PUT', '/api/v1/policies/p', {
    applies_to: { models: '*', stage: terms ? 'Production' : 'Elsewhere' },
    ...terms,
  })
  if (terms && put.status !== 200) throw new Error(put.text)
  await ci.call('CreateModelPackageGroup', { ModelPackageGroupName: 'fraud' })
  for (const username of ['rita', 'mallory']) {
    const permission = { name: 'fraud', username, permission: 'EDIT' }
    await mlflow(admin, 'POST', 'registered-models/permissions/create', permission)
  }
  const made = await ci.call('CreateModelPackage', {
    ...{ ModelPackageGroupName: 'fraud', SourceUri: 's3://b/m' },
    CustomerMetadataProperties: { auc: '0.91' },
  })
  const arn: string = made.json.ModelPackageArn
  const update = (sm: { call: SageMakerCall }, members: object) =>
    sm.call('UpdateModelPackage', { ModelPackageArn: arn, ...members })
  return {
    ...server,
    ...{ people, arn, update, ci },
    rita: await signedBy(people.rita),
    mallory: await signedBy(people.mallory),
    approve: (sm: { call: SageMakerCall }, why?: string) =>
      update(sm, { ModelApprovalStatus: 'Approved', ApprovalDescription: why }),
    reject: (sm: { call: SageMakerCall }, why?: string) =>
      update(sm, { ModelApprovalStatus: 'Rejected', ApprovalDescription: why }),
    described: async () => (await ci.call('DescribeModelPackage', { ModelPackageName: arn })).json,
    stage: async () => {
      const seen = await mlflow(admin, 'GET', 'model-versions/get?name=fraud&version=1')
      return seen.json.model_version.current_stage
    },
    requests: async () => (await call(admin, 'GET', '/api/v1/promotions')).json.items,
  }
}

type SageMakerCall = ReturnType<typeof sageMakerClient>['call']
const asksReviewers = { approvals: { required: 1, from: ['group:reviewers'] } }
