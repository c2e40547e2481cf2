import { expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { sageMakerServer } from './server.ts'

const arnOf = (resource: string) => `arn:aws:sagemaker:eu-west-1:000000000000:${resource}`
const Tags = [{ Key: 'a', Value: 'b' }]
const ModelCardName = 'greet/1'
const ModelPackageArn = arnOf('model-package/greet/1')

test.each([
  ['DescribeModelPackageGroup', { ModelPackageGroupName: 'greet' }],
  ['DeleteModelPackageGroup', { ModelPackageGroupName: 'greet' }],
  ['CreateModelPackage', { ModelPackageGroupName: 'greet', SourceUri: 's3://b/m' }],
  ['CreateModelPackage', { ModelPackageGroupName: 'fraud', SourceUri: 'models:/greet/1' }],
  ['CreateModelPackage', { ModelPackageGroupName: 'fraud', SourceUri: ModelPackageArn }],
  ['DescribeModelPackage', { ModelPackageName: 'greet/1' }],
  ['ListModelPackages', { ModelPackageGroupName: 'greet' }],
  ['UpdateModelPackage', { ModelPackageArn, ModelApprovalStatus: 'Approved' }],
  ['UpdateModelPackage', { ModelPackageArn, CustomerMetadataProperties: { a: 'b' } }],
  ['DeleteModelPackage', { ModelPackageName: 'greet/1' }],
  ['CreateModelCard', { ModelCardName, ModelCardStatus: 'Draft', Content: '{"a": 1}' }],
  ['UpdateModelCard', { ModelCardName, Content: '{"a": 1}' }],
  ['DescribeModelCard', { ModelCardName }],
  ['ListModelCardVersions', { ModelCardName }],
  ['AddTags', { ResourceArn: arnOf('model-package-group/greet'), Tags }],
  ['ListTags', { ResourceArn: arnOf('model-package-group/greet') }],
  ['DeleteTags', { ResourceArn: arnOf('model-package-group/greet'), TagKeys: ['a'] }],
] as const)(
  'a prompt is no group: %s of one says that it is not there',
  async (action, members) => {
    const { sm } = await withPrompt()
    const { status, json } = await sm.call(action, members)
    expect(status).toBe(400)
    expect(json.message).toBe("Model package group 'greet' not found: it does not exist.")
  },
)

test('lists and searches leave out what prompts have, whatever their versions are tagged as', async () => {
  const { sm } = await withPrompt()
  const lists = [
    ['ListModelPackageGroups', {}, 'ModelPackageGroupSummaryList'],
    ['ListModelPackages', { ModelPackageType: 'Both' }, 'ModelPackageSummaryList'],
    ['ListModelCards', {}, 'ModelCardSummaries'],
    ['Search', { Resource: 'ModelPackage' }, 'Results'],
    ['Search', { Resource: 'ModelPackageGroup' }, 'Results'],
  ] as const
  for (const [action, members, list] of lists) {
    const { json } = await sm.call(action, members)
    expect(json[list], action).toEqual([])
  }
  const { json } = await sm.call('BatchDescribeModelPackage', {
    ModelPackageArnList: [ModelPackageArn],
  })
  expect(json.ModelPackageSummaries).toEqual({})
})

/** Of a prompt one version that says so and one that does not, both with a card. */
async function withPrompt() {
  const server = await sageMakerServer()
  const { mlflow, call, signedBy } = server
  const isPrompt = { key: 'mlflow.prompt.is_prompt', value: 'true' }
  await mlflow(admin, 'POST', 'registered-models/create', { name: 'greet', tags: [isPrompt] })
  for (const version of [
    { source: 'dummy-source', tags: [isPrompt, { key: 'mlflow.prompt.text', value: 'Hello' }] },
    { source: 's3://b/m' },
  ]) {
    const made = await mlflow(admin, 'POST', 'model-versions/create', { name: 'greet', ...version })
    expect(made.status, made.text).toBe(200)
    const at = `/api/v1/models/greet/versions/${made.json.model_version.version}/card`
    const card = await call(admin, 'PUT', at, { notes: 'Greets.' })
    expect(card.status, card.text).toBe(200)
  }
  return { sm: await signedBy(admin), mlflow }
}
