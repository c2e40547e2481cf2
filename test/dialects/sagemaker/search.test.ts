import { expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { reviewedPackages, sageMakerServer } from './server.ts'

const filter = (Name: string, Value?: string, Operator?: string) => ({ Name, Value, Operator })

/** Two groups; `fraud` has three packages of which the second is approved. */
async function manyPackages() {
  const server = await sageMakerServer()
  const sm = await server.signedBy(admin)
  for (const [name, team] of [
    ['fraud', 'risk'],
    ['churn', 'growth'],
  ] as const) {
    await sm.call('CreateModelPackageGroup', {
      ModelPackageGroupName: name,
      Tags: [{ Key: 'team', Value: team }],
    })
  }
  const create = async (name: string, auc: string, more: object = {}) => {
    server.clock.pass(1000)
    const made = await sm.call('CreateModelPackage', {
      ...{ ModelPackageGroupName: name, SourceUri: 's3://b/m' },
      ...{ CustomerMetadataProperties: { auc }, ...more },
    })
    expect(made.status, JSON.stringify(made.json)).toBe(200)
  }
  await create('fraud', '0.8')
  await create('fraud', '0.91', { ModelApprovalStatus: 'Approved' })
  await create('churn', '0.7', { ModelPackageDescription: 'of customers' })
  await create('fraud', 'unknown')
  const search = (expression: object | undefined, more: object = {}) =>
    sm.call('Search', {
      ...{ Resource: 'ModelPackage', SearchExpression: expression },
      ...{ SortBy: 'CreationTime', SortOrder: 'Ascending', ...more },
    })
  const found = async (...of: Parameters<typeof search>): Promise<string[]> => {
    const { status, json } = await search(...of)
    expect(status, JSON.stringify(json)).toBe(200)
    return json.Results.map(
      ({ ModelPackage: one }: { ModelPackage: { ModelPackageName: string } }) =>
        one.ModelPackageName,
    )
  }
  return { ...server, sm, search, found }
}

test('packages are searched for by filters of every kind', async () => {
  const { found } = await manyPackages()
  const all = ['fraud/1', 'fraud/2', 'churn/1', 'fraud/3']
  expect(await found(undefined)).toEqual(all)
  for (const [filters, expected] of [
    [[filter('ModelPackageGroupName', 'fraud')], ['fraud/1', 'fraud/2', 'fraud/3']],
    [[filter('ModelPackageGroupName', 'fraud', 'NotEquals')], ['churn/1']],
    [[filter('ModelPackageGroupName', 'r', 'Contains')], all],
    [[filter('ModelPackageGroupName', '%', 'Contains')], []],
    [[filter('ModelApprovalStatus', 'Approved')], ['fraud/2']],
    [[filter('ModelApprovalStatus', 'Approved, Rejected', 'In')], ['fraud/2']],
    [[filter('ModelLifeCycle.Stage', 'Production')], ['fraud/2']],
    [[filter('ModelPackageVersion', '2', 'GreaterThanOrEqualTo')], ['fraud/2', 'fraud/3']],
    [[filter('CustomerMetadataProperties.auc', '0.75', 'GreaterThan')], ['fraud/1', 'fraud/2']],
    [[filter('CustomerMetadataProperties.auc', '0.8')], ['fraud/1']],
    [[filter('CustomerMetadataProperties.x', undefined, 'Exists')], []],
    [
      [filter('ModelPackageDescription', undefined, 'NotExists')],
      ['fraud/1', 'fraud/2', 'fraud/3'],
    ],
    [[filter('Tags.team', 'growth')], ['churn/1']],
    [[filter('CreatedBy', 'admin'), filter('ModelPackageVersion', '3')], ['fraud/3']],
    [[filter('CreationTime', '2027-01-15T08:00:02.500Z', 'LessThan')], ['fraud/1', 'fraud/2']],
    [
      [filter('ModelPackageArn', 'arn:aws:sagemaker:eu-west-1:000000000000:model-package/churn/1')],
      ['churn/1'],
    ],
  ] as const) {
    expect(await found({ Filters: filters }), JSON.stringify(filters)).toEqual(expected)
  }
})

const arnOf = (name: string, region = 'eu-west-1') =>
  `arn:aws:sagemaker:${region}:000000000000:model-package${name.includes('/') ? '' : '-group'}/${name}`

test('packages and groups are searched for by their ARNs with every operator', async () => {
  const { found, search } = await manyPackages()
  const all = ['fraud/1', 'fraud/2', 'churn/1', 'fraud/3']
  for (const [operator, value, expected] of [
    ['Equals', arnOf('fraud/2', 'us-east-1'), ['fraud/2']],
    ['NotEquals', arnOf('fraud/2'), ['fraud/1', 'churn/1', 'fraud/3']],
    ['In', `${arnOf('fraud/2', 'us-east-1')}, ${arnOf('churn/1')}`, ['fraud/2', 'churn/1']],
    ['Contains', 'eu-west-1:000000000000:model-package/churn/', ['churn/1']],
    ['Contains', 'us-east-1', []],
    ['Exists', undefined, all],
    ['NotExists', undefined, []],
    ['GreaterThan', '1', []],
  ] as const) {
    const filters = [filter('ModelPackageArn', value, operator)]
    expect(await found({ Filters: filters }), operator).toEqual(expected)
  }
  expect(await found({ Filters: [filter('ModelPackageName', 'fraud/3')] })).toEqual(['fraud/3'])
  expect(
    await found({ Filters: [filter('ModelPackageGroupArn', arnOf('churn'), 'NotEquals')] }),
  ).toEqual(['fraud/1', 'fraud/2', 'fraud/3'])
  const groups = async (value: string, operator: string) => {
    const expression = { Filters: [filter('ModelPackageGroupArn', value, operator)] }
    const { json } = await search(expression, { Resource: 'ModelPackageGroup' })
    return json.Results.map(
      ({ ModelPackageGroup: one }: { ModelPackageGroup: { ModelPackageGroupName: string } }) =>
        one.ModelPackageGroupName,
    )
  }
  expect(await groups(`${arnOf('churn')},${arnOf('fraud')}`, 'In')).toEqual(['churn', 'fraud'])
  expect(await groups('group/ch', 'Contains')).toEqual(['churn'])
  for (const operator of ['Equals', 'NotEquals', 'In']) {
    const foreign = arnOf('fraud/2').replace('000000000000', '111111111111')
    const { json } = await search({ Filters: [filter('ModelPackageArn', foreign, operator)] })
    expect(json.__type).toBe('AccessDeniedException')
  }
})

test('expressions are joined, nested and ordered, and pages hold each package once', async () => {
  const { found, search } = await manyPackages()
  const either = {
    Operator: 'Or',
    Filters: [filter('ModelPackageGroupName', 'churn')],
    SubExpressions: [
      { Filters: [filter('ModelPackageVersion', '3'), filter('ModelPackageGroupName', 'fraud')] },
    ],
  }
  expect(await found(either)).toEqual(['churn/1', 'fraud/3'])
  const nested = {
    NestedFilters: [
      {
        NestedPropertyName: 'CustomerMetadataProperties',
        Filters: [filter('CustomerMetadataProperties.auc', '0.8'), filter('auc', '0.8')],
      },
    ],
  }
  expect(await found(nested)).toEqual(['fraud/1'])
  const order = { SortBy: 'ModelPackageVersion', SortOrder: 'Descending', MaxResults: 2 }
  const first = await search(undefined, order)
  const rest = await search(undefined, { ...order, NextToken: first.json.NextToken })
  const names = [...first.json.Results, ...rest.json.Results].map(
    ({ ModelPackage: one }) => one.ModelPackageName,
  )
  expect(names).toEqual(['fraud/3', 'fraud/2', 'churn/1', 'fraud/1'])
  const foreign = await search(either, { ...order, NextToken: first.json.NextToken })
  expect(foreign.status).toBe(400)
})

test('groups are searched for by their tags', async () => {
  const { search } = await manyPackages()
  const { json } = await search(
    { Filters: [filter('Tags.team', 'risk')] },
    { Resource: 'ModelPackageGroup' },
  )
  expect(json.Results).toMatchObject([
    {
      ModelPackageGroup: { ModelPackageGroupName: 'fraud', Tags: [{ Key: 'team', Value: 'risk' }] },
    },
  ])
})

const deep = (levels: number): object =>
  levels === 0 ? {} : { SubExpressions: [deep(levels - 1)] }

test.each([
  [{ Filters: [filter('Colour', 'x')] }, /Unknown name 'Colour'.*ModelApprovalStatus/],
  [{ Filters: [filter('ModelPackageVersion', 'x')] }, /a number/],
  [{ Filters: [filter('ModelPackageArn', 'fraud', 'In')] }, /Invalid model package/],
  [{ Filters: [filter('CreationTime', 'yesterday', 'LessThan')] }, /a time/],
  [{ Filters: [filter('CreatedBy')] }, /needs a Value/],
  [{ Filters: [filter('CreatedBy', 'x', 'Like')] }, /Operator/],
  [deep(4), /deeper than 3/],
  [
    { SubExpressions: [1, 2].map(() => ({ Filters: Array(11).fill(filter('CreatedBy', 'x')) })) },
    /at most 20/,
  ],
  [{ Nonsense: [] }, /Nonsense/],
] as const)('a search by %j is a ValidationException that says why', async (expression, why) => {
  const { search } = await manyPackages()
  const { status, json } = await search(expression)
  expect([status, json.__type]).toEqual([400, 'ValidationException'])
  expect(json.message).toMatch(why)
})

test('twenty filters of the longest kind fit into one search', async () => {
  const { found } = await manyPackages()
  const Filters = Array.from({ length: 20 }, (_, i) =>
    filter(`CustomerMetadataProperties.${'k'.repeat(200)}${i}`, 'v'.repeat(1024), 'NotEquals'),
  )
  expect(await found({ Filters })).toHaveLength(4)
  const statuses = Array.from({ length: 20 }, () => filter('ModelApprovalStatus', 'Approved'))
  expect(await found({ Filters: statuses })).toEqual(['fraud/2'])
})

test('many packages are described at once, and those that are not there do not keep the others back', async () => {
  const { ci, arn, user, signedBy, mlflow } = await reviewedPackages()
  const absent = arn.replace(/1$/, '9')
  const asked = { ModelPackageArnList: [arn, absent, 'nonsense', arn] }
  const { json } = await ci.call('BatchDescribeModelPackage', asked)
  expect(Object.keys(json.ModelPackageSummaries)).toEqual([arn])
  expect(json.ModelPackageSummaries[arn]).toMatchObject({
    ModelApprovalStatus: 'PendingManualApproval',
    InferenceSpecification: { Containers: [{ ModelDataUrl: 's3://b/m' }] },
  })
  expect(json.BatchDescribeModelPackageErrorMap).toMatchObject({
    [absent]: { ErrorCode: 'ValidationException' },
    nonsense: { ErrorResponse: expect.stringContaining('Invalid model package') },
  })
  const other = await signedBy(await user('other'))
  await mlflow(admin, 'POST', 'registered-models/permissions/create', {
    ...{ name: 'fraud', username: 'other', permission: 'NO_PERMISSIONS' },
  })
  const hidden = await other.call('BatchDescribeModelPackage', asked)
  const [there, gone] = [arn, absent].map(
    (one) => hidden.json.BatchDescribeModelPackageErrorMap[one].ErrorResponse,
  )
  expect(there.replace(arn, '')).toBe(gone.replace(absent, ''))
})

test('tags of a group are added, listed in pages and deleted, by whoever may edit it', async () => {
  const { ci, user, signedBy, call } = await reviewedPackages()
  const group = {
    ResourceArn: 'arn:aws:sagemaker:eu-west-1:000000000000:model-package-group/fraud',
  }
  const Tags = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: `v${i}` }))
  expect((await ci.call('AddTags', { ...group, Tags })).json.Tags).toHaveLength(50)
  const team = [{ Key: 'team', Value: 'risk' }]
  await ci.call('AddTags', { ...group, Tags: [...team, { Key: 'k0', Value: 'new' }] })
  const first = (await ci.call('ListTags', group)).json
  const rest = (await ci.call('ListTags', { ...group, NextToken: first.NextToken })).json
  const all = [...first.Tags, ...rest.Tags]
  expect(new Set(all.map(({ Key }) => Key)).size).toBe(51)
  expect(all).toContainEqual({ Key: 'k0', Value: 'new' })
  const removed = await ci.call('DeleteTags', { ...group, TagKeys: ['k0', 'absent', 'team'] })
  expect(removed).toEqual({ status: 200, json: {} })
  expect((await ci.call('ListTags', group)).json.Tags).toHaveLength(49)
  const audit = await call(admin, 'GET', '/api/v1/audit?model=fraud&max_results=100')
  const actions = audit.json.items.map(({ action }: { action: string }) => action)
  expect(actions.filter((one: string) => one === 'registered_model.tag_deleted')).toHaveLength(2)

  const reader = await signedBy(await user('reader'))
  expect((await reader.call('ListTags', group)).status).toBe(200)
  for (const [action, members] of [
    ['AddTags', { Tags: team }],
    ['DeleteTags', { TagKeys: ['k1'] }],
  ] as const) {
    const refused = await reader.call(action, { ...group, ...members })
    expect(refused).toMatchObject({ status: 400, json: { __type: 'AccessDeniedException' } })
  }
})

test.each([
  [{ Tags: [{ Key: 'mlflow.prompt.is_prompt', Value: 'true' }] }, /prompt/],
  [{ Tags: [{ Key: '', Value: 'v' }] }, /Key/],
  [{ Tags: [{ Key: 'k'.repeat(300), Value: 'v' }] }, /k+/],
  [{ Tags: Array.from({ length: 51 }, (_, i) => ({ Key: `${i}`, Value: '' })) }, /Tags/],
  [{ ResourceArn: 'fraud', Tags: [{ Key: 'a', Value: 'b' }] }, /no ARN/],
  [
    {
      ResourceArn: 'arn:aws:sagemaker:eu-west-1:000000000000:model-package/fraud/1',
      Tags: [{ Key: 'a', Value: 'b' }],
    },
    /CustomerMetadataProperties/,
  ],
] as const)('AddTags with %j is a ValidationException that says why', async (members, why) => {
  const { ci } = await reviewedPackages()
  const { status, json } = await ci.call('AddTags', {
    ResourceArn: 'arn:aws:sagemaker:eu-west-1:000000000000:model-package-group/fraud',
    ...members,
  })
  expect([status, json.__type]).toEqual([400, 'ValidationException'])
  expect(json.message).toMatch(why)
})
