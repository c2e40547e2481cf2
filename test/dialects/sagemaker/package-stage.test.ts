import { expect, test } from 'vitest'
import { admin, authServer } from '../../support/auth-server.ts'
import { sageMakerClient } from '../../support/sagemaker-client.ts'

/** A server on which packages are approved for a stage of its own, with a package of a group. */
async function stagedServer(stageOfPackages: string) {
  const { settings } = (await authServer()).platform
  const packages = { ...settings.packages, stage: stageOfPackages }
  const server = await authServer({ settings: { ...settings, packages } })
  const { app, call, clock } = server
  const items = ['None', 'Staging', 'Production', 'Archived', 'Live'].map((name) => ({ name }))
  expect((await call(admin, 'PUT', '/api/v1/stages', { items })).status).toBe(200)
  const { json } = await call(admin, 'POST', '/api/v1/tokens', { name: 'aws', aws: true })
  const pair = { id: json.aws_access_key_id, secret: json.aws_secret_access_key }
  const sm = sageMakerClient(app, { pair, nowMs: clock.now, path: '/' })
  await sm.call('CreateModelPackageGroup', { ModelPackageGroupName: 'fraud' })
  const made = await sm.call('CreateModelPackage', {
    ...{ ModelPackageGroupName: 'fraud', SourceUri: 's3://b/m' },
  })
  const arn: string = made.json.ModelPackageArn
  const stage = async () =>
    (await call(admin, 'GET', '/api/v1/models/fraud/versions/1')).json.stage as string
  return { ...server, sm, made, arn, stage }
}

test('an approved package goes to the stage of the setting, and every answer knows it as approved', async () => {
  const { sm, arn, stage } = await stagedServer('Live')
  const approved = { ModelPackageArn: arn, ModelApprovalStatus: 'Approved' }
  expect((await sm.call('UpdateModelPackage', approved)).status).toBe(200)
  expect(await stage()).toBe('Live')
  const described = await sm.call('DescribeModelPackage', { ModelPackageName: arn })
  expect(described.json).toMatchObject({
    ModelApprovalStatus: 'Approved',
    ModelLifeCycle: { Stage: 'Live', StageStatus: 'Approved' },
  })
  const listed = await sm.call('ListModelPackages', {
    ...{ ModelPackageGroupName: 'fraud', ModelApprovalStatus: 'Approved' },
  })
  expect(listed.json.ModelPackageSummaryList).toMatchObject([{ ModelApprovalStatus: 'Approved' }])
  const found = await sm.call('Search', {
    Resource: 'ModelPackage',
    SearchExpression: { Filters: [{ Name: 'ModelApprovalStatus', Value: 'Approved' }] },
  })
  expect(found.json.Results).toHaveLength(1)
  const rejected = { ...approved, ModelApprovalStatus: 'Rejected' }
  expect((await sm.call('UpdateModelPackage', rejected)).status).toBe(200)
  expect(await stage()).toBe('Archived')
})

test.each(['Live', 'LIVE', 'live'])(
  'a package that got into the stage without a request is approved, with the setting %s',
  async (setting) => {
    const { sm, arn, call } = await stagedServer(setting)
    const move = { name: 'fraud', version: '1', stage: 'Live' }
    const moved = await call(admin, 'POST', '/api/2.0/mlflow/model-versions/transition-stage', move)
    expect(moved.status, moved.text).toBe(200)
    const described = await sm.call('DescribeModelPackage', { ModelPackageName: arn })
    expect(described.json.ModelApprovalStatus).toBe('Approved')
    for (const [status, count] of [
      ['Approved', 1],
      ['PendingManualApproval', 0],
    ] as const) {
      const listed = await sm.call('ListModelPackages', {
        ...{ ModelPackageGroupName: 'fraud', ModelApprovalStatus: status },
      })
      expect(listed.json.ModelPackageSummaryList).toHaveLength(count)
    }
  },
)

test('Production means nothing more of a package then, and policies on the other stage hold', async () => {
  const { sm, arn, call, user, stage } = await stagedServer('Live')
  await user('rita')
  const put = await call(admin, 'PUT', '/api/v1/policies/p', {
    applies_to: { models: '*', stage: 'Live' },
    approvals: { required: 1, from: ['user:rita'] },
  })
  expect(put.status, put.text).toBe(200)
  const moved = { ModelLifeCycle: { Stage: 'Production', StageStatus: 'Approved' } }
  expect((await sm.call('UpdateModelPackage', { ModelPackageArn: arn, ...moved })).status).toBe(200)
  const described = await sm.call('DescribeModelPackage', { ModelPackageName: arn })
  expect([await stage(), described.json.ModelApprovalStatus]).toEqual([
    'Production',
    'PendingManualApproval',
  ])
  const approved = { ModelPackageArn: arn, ModelApprovalStatus: 'Approved' }
  const waits = await sm.call('UpdateModelPackage', approved)
  expect(waits.json.__type).toBe('ConflictException')
  expect(waits.json.message).toMatch(/Promotion request #2 .* -> Live: needs 1 approval/)
  expect(await stage()).toBe('Production')
})

test('a stage that is not there is told, and nothing is made', async () => {
  const { made, call } = await stagedServer('Nowhere')
  expect([made.status, made.json.message]).toEqual([
    400,
    expect.stringMatching(/stage: Nowhere; use one of .*Live/),
  ])
  expect((await call(admin, 'GET', '/api/v1/models/fraud/versions/1')).status).toBe(404)
})
