import { expect, test } from 'vitest'
import { makeAccount } from '../../support/accounts.ts'
import { appOf } from '../../support/app.ts'
import type { Json } from '../../support/client.ts'
import { teams, twoTeams } from '../../support/two-teams.ts'

/** Somebody who may do everything in both workspaces, which have packages of the same names. */
async function bothTeams() {
  const { platform } = await twoTeams()
  const eve = await makeAccount(platform, 'eve', { isAdmin: true })
  const app = appOf(() => platform, eve)
  const call = async (team: string, action: string, members: object = {}): Promise<Json> => {
    const res = await app.request(`/workspaces/${team}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `SageMaker.${action}`,
      },
      body: JSON.stringify(members),
    })
    const text = await res.text()
    return text === '' ? {} : JSON.parse(text)
  }
  return { call }
}

const arn = 'arn:aws:sagemaker:eu-west-1:000000000000:model-package/fraud/1'
const group = { ResourceArn: 'arn:aws:sagemaker:eu-west-1:000000000000:model-package-group/fraud' }
const [mine, theirs] = teams

test('what is done to a package of one workspace leaves that of the same name in another', async () => {
  const { call } = await bothTeams()
  const described = (team: string) => call(team, 'DescribeModelPackage', { ModelPackageName: arn })
  const before = await described(theirs)
  expect(before.ModelPackageArn).toMatch(/fraud\/1$/)
  for (const [action, members] of [
    ['UpdateModelPackage', { ModelPackageArn: arn, CustomerMetadataProperties: { a: 'b' } }],
    ['UpdateModelPackage', { ModelPackageArn: arn, ModelApprovalStatus: 'Approved' }],
    ['UpdateModelPackage', { ModelPackageArn: arn, ModelApprovalStatus: 'Rejected' }],
    ['AddTags', { ...group, Tags: [{ Key: 'team', Value: mine }] }],
    ['DeleteModelPackage', { ModelPackageName: arn }],
    ['DeleteModelPackageGroup', { ModelPackageGroupName: 'fraud' }],
  ] as const) {
    const answer = await call(mine, action, members)
    expect(answer.__type, JSON.stringify(answer)).toBeUndefined()
  }
  expect((await described(mine)).message).toMatch(/does not exist\.$/)
  expect(await described(theirs)).toEqual(before)
  expect((await call(theirs, 'ListTags', group)).Tags).toEqual([])
})

test('lists, searches and batches show one workspace alone', async () => {
  const { call } = await bothTeams()
  await call(theirs, 'UpdateModelPackage', {
    ModelPackageArn: arn,
    CustomerMetadataProperties: { secret: 'theirs' },
  })
  const seen = [
    await call(mine, 'ListModelPackages', { ModelPackageType: 'Both' }),
    await call(mine, 'Search', { Resource: 'ModelPackage' }),
    await call(mine, 'BatchDescribeModelPackage', { ModelPackageArnList: [arn] }),
    await call(mine, 'DescribeModelPackage', { ModelPackageName: arn }),
  ]
  expect(seen[0].ModelPackageSummaryList).toHaveLength(1)
  expect(seen[1].Results).toHaveLength(1)
  expect(JSON.stringify(seen)).not.toContain('theirs')
  const found = await call(mine, 'Search', {
    Resource: 'ModelPackage',
    SearchExpression: {
      Filters: [{ Name: 'CustomerMetadataProperties.secret', Operator: 'Exists' }],
    },
  })
  expect(found.Results).toEqual([])
})
