import { describe, expect, test } from 'vitest'
import { defaultSettings } from '../../../src/platform/settings/settings.ts'
import { packageArnOf } from '../../../src/registry/packages/package-arn.ts'
import { exampleEvent } from '../../../src/webhooks/events/example-event.ts'
import { payloadOf } from '../../../src/webhooks/formats/formats.ts'
import { reviewedPackages } from './server.ts'

const account = '111122223333'
const nobodys = '000000000000'
const group = { ModelPackageGroupName: 'fraud' }

function arnIn(owner: string, resource: string, start = 'arn:aws:sagemaker:eu-west-1') {
  return `${start}:${owner}:${resource}`
}

/** Every ARN in a JSON value, in the order that they stand there. */
function arnsIn(json: unknown): string[] {
  return JSON.stringify(json).match(/arn:[^"]*/g) ?? []
}

type Calls = readonly (readonly [action: string, members: (arn: string) => object])[]

/** Every action that takes an ARN, with it. */
const ofPackages: Calls = [
  ['DescribeModelPackage', (arn) => ({ ModelPackageName: arn })],
  ['UpdateModelPackage', (arn) => ({ ModelPackageArn: arn, ModelApprovalStatus: 'Rejected' })],
  ['CreateModelPackage', (arn) => ({ ...group, SourceUri: arn })],
  ['UpdateModelPackage', (arn) => ({ ModelPackageArn: 'fraud/1', SourceUri: arn })],
  ['Search', (arn) => searchFor('ModelPackageArn', arn)],
  ['DeleteModelPackage', (arn) => ({ ModelPackageName: arn })],
]
const ofGroups: Calls = [
  ['DescribeModelPackageGroup', (arn) => ({ ModelPackageGroupName: arn })],
  ['CreateModelPackage', (arn) => ({ ModelPackageGroupName: arn, SourceUri: 's3://b/m' })],
  ['ListModelPackages', (arn) => ({ ModelPackageGroupName: arn })],
  ['Search', (arn) => searchFor('ModelPackageGroupArn', arn)],
  ['AddTags', (arn) => ({ ResourceArn: arn, Tags: [{ Key: 'a', Value: 'b' }] })],
  ['ListTags', (arn) => ({ ResourceArn: arn })],
  ['DeleteTags', (arn) => ({ ResourceArn: arn, TagKeys: ['a'] })],
  ['DeleteModelPackageGroup', (arn) => ({ ModelPackageGroupName: arn })],
]

function searchFor(name: string, value: string) {
  return {
    Resource: 'ModelPackage',
    SearchExpression: { Filters: [{ Name: name, Value: value }] },
  }
}

describe('a server with an account of its own', () => {
  test('answers its ARNs with it, and the identities of people too', async () => {
    const { ci, arn } = await reviewedPackages(undefined, { account })
    expect(arn).toBe(arnIn(account, 'model-package/fraud/1'))
    for (const [action, members] of [
      ['DescribeModelPackage', { ModelPackageName: arn }],
      ['DescribeModelPackageGroup', group],
      ['ListModelPackages', group],
      ['ListModelPackageGroups', {}],
      ['Search', { Resource: 'ModelPackage' }],
      ['Search', { Resource: 'ModelPackageGroup' }],
      ['BatchDescribeModelPackage', { ModelPackageArnList: [arn] }],
      ['UpdateModelPackage', { ModelPackageArn: arn, CustomerMetadataProperties: { a: 'b' } }],
    ] as const) {
      const { json } = await ci.call(action, members)
      const arns = arnsIn(json)
      expect(arns.length, action).toBeGreaterThan(0)
      expect(arns.filter((one) => one.split(':')[4] !== account)).toEqual([])
    }
  })

  test.each([
    ...ofPackages.map(([action, members]) => ({ action, members, of: 'model-package/fraud/1' })),
    ...ofGroups.map(([action, members]) => ({ action, members, of: 'model-package-group/fraud' })),
  ])('refuses the ARN $of of another account: $action', async ({ action, members, of }) => {
    const { ci, described, requests } = await reviewedPackages(undefined, { account })
    const before = [await described(), await requests()]
    const foreign = arnIn('444455556666', of)
    const { status, json } = await ci.call(action, members(foreign))
    expect([status, json.__type]).toEqual([400, 'AccessDeniedException'])
    expect(json.message).toContain(
      `is of the account 444455556666, and this server answers for ${account}`,
    )
    expect([await described(), await requests()]).toEqual(before)
  })

  test('describes the others of a batch in which one is of another account', async () => {
    const { ci, arn } = await reviewedPackages(undefined, { account })
    const foreign = arnIn('444455556666', 'model-package/fraud/1')
    const old = arnIn(nobodys, 'model-package/fraud/1')
    const { json } = await ci.call('BatchDescribeModelPackage', {
      ModelPackageArnList: [arn, foreign, old],
    })
    expect(Object.keys(json.ModelPackageSummaries)).toEqual([arn, old])
    expect(json.ModelPackageSummaries[old].ModelPackageArn).toBe(arn)
    expect(json.BatchDescribeModelPackageErrorMap).toMatchObject({
      [foreign]: { ErrorCode: 'AccessDeniedException' },
    })
  })

  test('takes the ARNs of before it had one, of any region and partition', async () => {
    const { ci } = await reviewedPackages(undefined, { account })
    for (const [owner, start] of [
      [nobodys, 'arn:aws:sagemaker:us-east-1'],
      [account, 'arn:aws-cn:sagemaker:cn-north-1'],
    ] as const) {
      for (const [calls, resource] of [
        [ofPackages.slice(0, 1), 'model-package/fraud/1'],
        [ofGroups.slice(0, 1), 'model-package-group/fraud'],
      ] as const) {
        for (const [action, members] of calls) {
          const { status, json } = await ci.call(action, members(arnIn(owner, resource, start)))
          expect(status, JSON.stringify(json)).toBe(200)
        }
      }
    }
  })

  test.each([
    'arn:aws:s3:::bucket/fraud/1',
    'arn:aws:sagemaker:eu-west-1:1111:model-package/fraud/1',
    `arn:aws:sagemaker:eu-west-1:${account}:model-package-group/fraud`,
    `arn:gcp:sagemaker:eu-west-1:${account}:model-package/fraud/1`,
  ])('refuses %s as no ARN of a package', async (arn) => {
    const { ci } = await reviewedPackages(undefined, { account })
    const { json } = await ci.call('DescribeModelPackage', { ModelPackageName: arn })
    expect(json).toMatchObject({
      __type: 'ValidationException',
      message: expect.stringContaining(`arn:aws:sagemaker:<region>:${account}:model-package/`),
    })
  })
})

test.each(['eventbridge', 'sagemaker'] as const)(
  'events of %s have the account and region of the settings',
  (format) => {
    const packages = { ...defaultSettings.packages, account, region: 'cn-north-1' }
    const event = exampleEvent('model_version.transitioned', 0)
    const { body } = payloadOf(event, { format, webhookId: 'hook', packages })
    const sent = JSON.parse(body)
    const arn = `arn:aws-cn:sagemaker:cn-north-1:${account}:model-package/example_model/1`
    expect([sent.account, sent.region]).toEqual([account, 'cn-north-1'])
    expect(sent.resources).toContain(arn)
    expect(sent.detail.ModelPackageArn).toBe(arn)
  },
)

test.each([
  ['eu-west-1', 'aws'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['cn-northwest-1', 'aws-cn'],
  ['eusc-de-east-1', 'aws-eusc'],
])('an ARN of the region %s begins with its partition', (region, partition) => {
  expect(packageArnOf({ account, region }, 'm', 1)).toBe(
    `arn:${partition}:sagemaker:${region}:${account}:model-package/m/1`,
  )
})
