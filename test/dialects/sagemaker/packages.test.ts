import { expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { sageMakerServer } from './server.ts'

const group = { ModelPackageGroupName: 'fraud detector' }
const groupArn = 'arn:aws:sagemaker:eu-west-1:000000000000:model-package-group/fraud detector'
const arn = (version: number) =>
  `arn:aws:sagemaker:eu-west-1:000000000000:model-package/fraud detector/${version}`
const inference = {
  Containers: [{ Image: 'i', ModelDataUrl: 's3://b/m.tar.gz' }],
  SupportedContentTypes: ['text/csv'],
}

async function withGroup() {
  const server = await sageMakerServer()
  const sm = await server.signedBy(admin)
  await sm.call('CreateModelPackageGroup', { ...group, ModelPackageGroupDescription: 'd' })
  const create = (more: object = {}) =>
    sm.call('CreateModelPackage', { ...group, InferenceSpecification: inference, ...more })
  return { ...server, sm, create }
}

test('a group is a registered model, found by name, ARN, list and search', async () => {
  const { sm, mlflow, clock } = await withGroup()
  const told = { ...group, ModelPackageGroupArn: groupArn, ModelPackageGroupStatus: 'Completed' }
  for (const name of [group.ModelPackageGroupName, groupArn.replace('eu-west-1', 'us-east-2')]) {
    const { json } = await sm.call('DescribeModelPackageGroup', { ModelPackageGroupName: name })
    expect(json).toMatchObject({ ...told, ModelPackageGroupDescription: 'd' })
    expect(json.CreatedBy.IamIdentity.PrincipalId).toBe('admin')
    expect(Math.abs(json.CreationTime * 1000 - clock.now())).toBeLessThan(10_000)
  }
  const listed = await sm.call('ListModelPackageGroups', { NameContains: 'detec' })
  expect(listed.json.ModelPackageGroupSummaryList).toMatchObject([told])
  const search = (Value: string) =>
    sm.call('Search', {
      Resource: 'ModelPackageGroup',
      SearchExpression: { Filters: [{ Name: 'ModelPackageGroupName', Operator: 'Equals', Value }] },
    })
  expect((await search('fraud detector')).json.Results).toMatchObject([{ ModelPackageGroup: told }])
  expect((await search('fraud')).json.Results).toEqual([])
  const seen = await mlflow(admin, 'GET', 'registered-models/get?name=fraud%20detector')
  expect(seen.json.registered_model.description).toBe('d')
})

test('a package is a version, and keeps what only SageMaker knows', async () => {
  const { sm, create, mlflow } = await withGroup()
  const made = await create({
    CustomerMetadataProperties: { auc: '0.91' },
    ModelMetrics: { Bias: {}, Explainability: {} },
    ModelPackageDescription: 'first',
  })
  expect(made.json).toEqual({ ModelPackageArn: arn(1) })
  for (const name of [arn(1), 'fraud detector/1']) {
    const { json } = await sm.call('DescribeModelPackage', { ModelPackageName: name })
    expect(json).toMatchObject({
      ...group,
      ModelPackageName: 'fraud detector/1',
      ModelPackageVersion: 1,
      ModelPackageArn: arn(1),
      ModelPackageDescription: 'first',
      ModelPackageStatus: 'Completed',
      ModelApprovalStatus: 'PendingManualApproval',
      SourceUri: 's3://b/m.tar.gz',
      InferenceSpecification: inference,
      ModelMetrics: { Bias: {}, Explainability: {} },
      CustomerMetadataProperties: { auc: '0.91' },
    })
  }
  const seen = await mlflow(admin, 'GET', 'model-versions/get?name=fraud%20detector&version=1')
  expect(seen.json.model_version.tags).toEqual([{ key: 'auc', value: '0.91' }])
})

test('a version that MLflow registered is a package too', async () => {
  const { sm, mlflow } = await withGroup()
  await mlflow(admin, 'POST', 'model-versions/create', {
    name: 'fraud detector',
    source: 's3://b/x',
  })
  const { json } = await sm.call('DescribeModelPackage', { ModelPackageName: arn(1) })
  expect(json).toMatchObject({
    SourceUri: 's3://b/x',
    InferenceSpecification: { Containers: [{ ModelDataUrl: 's3://b/x' }] },
  })
})

test('the newest package is the first of a list sorted by time, and pages go on by a token', async () => {
  const { sm, create, clock } = await withGroup()
  for (const _ of [1, 2, 3]) {
    clock.pass(1000)
    await create()
  }
  const page = (more: object) => sm.call('ListModelPackages', { ...group, ...more })
  const versionsIn = (json: { ModelPackageSummaryList: { ModelPackageVersion: number }[] }) =>
    json.ModelPackageSummaryList.map((one) => one.ModelPackageVersion)
  const order = { SortBy: 'CreationTime', SortOrder: 'Descending' }
  expect(versionsIn((await page({ ...order, MaxResults: 1 })).json)).toEqual([3])
  const first = await page({ MaxResults: 2 })
  expect(versionsIn(first.json)).toEqual([1, 2])
  const rest = await page({ MaxResults: 2, NextToken: first.json.NextToken })
  expect(versionsIn(rest.json)).toEqual([3])
  expect(rest.json.NextToken).toBeUndefined()
  expect((await sm.call('ListModelPackages')).json.ModelPackageSummaryList).toEqual([])
  const both = await sm.call('ListModelPackages', { ModelPackageType: 'Both' })
  expect(versionsIn(both.json)).toEqual([1, 2, 3])
})

test('a ClientToken makes one package, however often and however many at once', async () => {
  const { sm, create } = await withGroup()
  const many = await Promise.all([1, 2, 3, 4].map(() => create({ ClientToken: 'a' })))
  expect(many.map(({ json }) => json.ModelPackageArn)).toEqual(Array(4).fill(arn(1)))
  expect((await create({ ClientToken: 'a' })).json.ModelPackageArn).toBe(arn(1))
  const other = await create({ ClientToken: 'a', ModelPackageDescription: 'another' })
  expect(other).toMatchObject({ status: 400, json: { __type: 'ConflictException' } })
  const { json } = await sm.call('ListModelPackages', group)
  expect(json.ModelPackageSummaryList).toHaveLength(1)
})

test('the same ClientToken of somebody else is another one', async () => {
  const { create, user, signedBy } = await withGroup()
  await create({ ClientToken: 'a' })
  const rita = await signedBy(await user('rita'))
  const made = await rita.call('CreateModelPackage', {
    ...group,
    InferenceSpecification: inference,
    ClientToken: 'a',
  })
  expect(made.json.ModelPackageArn).not.toBe(arn(1))
})

test.each([
  ['DescribeModelPackage', { ModelPackageName: 'fraud detector/9' }, /does not exist\.$/],
  ['DescribeModelPackageGroup', { ModelPackageGroupName: 'gone' }, /does not exist\.$/],
  ['CreateModelPackageGroup', group, /already exists/],
  ['CreateModelPackageGroup', { ModelPackageGroupName: 'a/b' }, /a\/b/],
  [
    'DescribeModelPackage',
    { ModelPackageName: 'arn:aws:s3:eu-west-1:000000000000:model-package/fraud detector/1' },
    /Invalid ARN/,
  ],
  [
    'DescribeModelPackage',
    { ModelPackageName: 'arn:aws:s3:::model-package/fraud detector/1' },
    /Invalid ARN/,
  ],
  ['DescribeModelPackage', { ModelPackageName: `${arn(1)}/../2` }, /Invalid model package/],
  ['ListModelPackages', { ...group, MaxResults: 101 }, /MaxResults/],
  ['ListModelPackages', { ...group, ModelApprovalStatus: 'Maybe' }, /ModelApprovalStatus/],
  ['ListModelPackageGroups', { Nonsense: 1 }, /Nonsense/],
  ['Search', { Resource: 'ModelPackageGroup', VisibilityConditions: [] }, /VisibilityConditions/],
  [
    'CreateModelPackage',
    { ...group, Tags: [{ Key: 'k', Value: 'v' }] },
    /CustomerMetadataProperties/,
  ],
  ['CreateModelPackage', { ...group, Nonsense: 1 }, /Nonsense/],
  ['CreateModelPackage', { ...group, SourceUri: `runs:/${'0'.repeat(32)}/m` }, /does not exist/],
  [
    'CreateModelPackage',
    {
      ...group,
      SourceUri: 's3://b/x',
      CustomerMetadataProperties: JSON.parse('{"__proto__": "x"}'),
    },
    /'__proto__'/,
  ],
  [
    'CreateModelPackage',
    { ...group, SourceUri: 's3://b/x', ModelMetrics: { long: 2 ** 60 } },
    /send it as a text/,
  ],
  ['CreateModelPackage', group, /source/i],
  ['CreateModelPackage', { ...group, SourceUri: 's3://b/x', ModelCard: {} }, /ModelCard/],
  [
    'Search',
    {
      Resource: 'ModelPackageGroup',
      SearchExpression: { Filters: [{ Name: 'Colour', Value: 'x' }] },
    },
    /Name/,
  ],
] as const)('%s with %j is a ValidationException that says why', async (action, members, why) => {
  const { sm } = await withGroup()
  const { status, json } = await sm.call(action, members)
  expect(status).toBe(400)
  expect(json.__type).toBe('ValidationException')
  expect(json.message).toMatch(why)
})

test.each([
  ['CreateModelPackage', { SourceUri: 's3://b/x', CustomerMetadataProperties: { k: '\ud800' } }],
  ['CreateModelPackage', { SourceUri: 's3://b/x', CustomerMetadataProperties: { '\udc00': 'v' } }],
  ['CreateModelPackage', { SourceUri: 's3://b/x', ModelMetrics: { Bias: ['a\u0000b'] } }],
  ['CreateModelPackage', { SourceUri: 's3://b/\ud800' }],
  ['ListModelPackages', { NameContains: '\ud800' }],
])('%s with text that no database keeps is refused: %j', async (action, members) => {
  const { sm } = await withGroup()
  const { status, json } = await sm.call(action, { ...group, ...members })
  expect([status, json.__type]).toEqual([400, 'ValidationException'])
  expect(json.message).toContain('NUL or a lone surrogate')
})

test('what is not served is told with what is', async () => {
  const { sm } = await withGroup()
  const { status, json } = await sm.call('CreateTrainingJob')
  expect([status, json.__type]).toEqual([400, 'UnknownOperationException'])
  expect(json.message).toContain('CreateModelPackage')
})

test('a package is not created as rejected, and nothing is left of it', async () => {
  const { sm, create } = await withGroup()
  const { status, json } = await create({ ModelApprovalStatus: 'Rejected' })
  expect([status, json.__type]).toEqual([400, 'ConflictException'])
  expect(json.message).toContain('PendingManualApproval')
  expect((await sm.call('ListModelPackages', group)).json.ModelPackageSummaryList).toEqual([])
})

test('a body beyond a megabyte is refused before anything is read of it', async () => {
  const { create } = await withGroup()
  const { status, json } = await create({ Domain: 'x'.repeat(1_000_000) })
  expect([status, json.__type]).toEqual([400, 'ValidationException'])
})

test('who may not read a group learns nothing of its packages', async () => {
  const { create, user, signedBy, mlflow } = await withGroup()
  await create()
  const rita = await user('rita')
  const sm = await signedBy(rita)
  await mlflow(admin, 'POST', 'registered-models/permissions/create', {
    ...{ name: 'fraud detector', username: 'rita', permission: 'NO_PERMISSIONS' },
  })
  const seen = await sm.call('DescribeModelPackage', { ModelPackageName: arn(1) })
  expect(seen.status).toBe(400)
  expect(seen.json.SourceUri).toBeUndefined()
  const listed = await sm.call('ListModelPackages', { ModelPackageType: 'Both' })
  expect(listed.json.ModelPackageSummaryList).toEqual([])
  const groups = await sm.call('ListModelPackageGroups')
  expect(groups.json.ModelPackageGroupSummaryList).toEqual([])
  const made = await sm.call('CreateModelPackage', { ...group, InferenceSpecification: inference })
  expect(made.json.__type).toBe('AccessDeniedException')
})
