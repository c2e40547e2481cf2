import { afterAll, beforeAll, expect, test } from 'vitest'
import { sageMakerServer } from '../../dialects/sagemaker/server.ts'
import { admin } from '../../support/auth-server.ts'
import type { Json } from '../../support/client.ts'
import { startS3Server } from '../storage/s3-server.ts'

let moto: Awaited<ReturnType<typeof startS3Server>>
beforeAll(async () => {
  moto = await startS3Server()
}, 120_000)
afterAll(() => moto?.stop())

type Ask = (action: string, members: object) => Promise<{ readonly json: Json }>

/** moto looks at no signature, but learns from it which service is meant. */
const askMoto: Ask = async (action, members) => {
  const scope = 'x/20270101/eu-west-1/sagemaker/aws4_request'
  const res = await fetch(moto.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `SageMaker.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=x`,
    },
    body: JSON.stringify(members),
  })
  const text = await res.text()
  return { json: text === '' ? {} : JSON.parse(text) }
}

/** What a client does with a registry, and what it is answered. */
async function script(ask: Ask): Promise<Record<string, Json>> {
  const group = { ModelPackageGroupName: 'g' }
  const tags = [{ Key: 'a', Value: 'b' }]
  const made = (await ask('CreateModelPackageGroup', { ...group, Tags: tags })).json
  const { json: created } = await ask('CreateModelPackage', {
    ...group,
    InferenceSpecification: {
      Containers: [{ Image: 'i', ModelDataUrl: 's3://b/m' }],
      SupportedContentTypes: ['text/csv'],
      SupportedResponseMIMETypes: ['text/csv'],
    },
    ModelApprovalStatus: 'PendingManualApproval',
  })
  const arn = { ResourceArn: made.ModelPackageGroupArn }
  const name = { ModelPackageName: created.ModelPackageArn }
  const approved = { ModelApprovalStatus: 'Approved' }
  const card = { ModelCardName: 'g/1' }
  const steps: [string, object][] = [
    ['DescribeModelPackageGroup', group],
    ['ListModelPackageGroups', {}],
    ['DescribeModelPackage', name],
    ['ListModelPackages', group],
    [
      'UpdateModelPackage',
      { ...approved, ModelPackageArn: created.ModelPackageArn, ApprovalDescription: 'ok' },
    ],
    ['DescribeModelPackage', name],
    ['ListModelPackages', { ...group, ...approved }],
    ['ListTags', arn],
    ['AddTags', { ...arn, Tags: tags }],
    ['Search', { Resource: 'ModelPackageGroup' }],
    ['CreateModelCard', { ...card, Content: '{"a": 1}', ModelCardStatus: 'Approved' }],
    ['UpdateModelCard', { ...card, Content: '{"b": 1}' }],
    ['DescribeModelCard', card],
    ['ListModelCards', {}],
    ['ListModelCardVersions', card],
  ]
  const answers: Record<string, Json> = { 0: made, 1: created }
  for (const [action, members] of steps) {
    answers[`${Object.keys(answers).length} ${action}`] = (await ask(action, members)).json
  }
  return answers
}

/** The paths of all members; those of lists by their first item. */
function membersOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : membersOf(value[0], `${path}[]`)
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, one]) => membersOf(one, `${path}.${key}`))
}

/** Of SageMaker Studio, and of checks that are not made here. */
const notOurs = /\.(DomainId|UserProfileArn|UserProfileName)$|StatusDetails\./

test('every member that moto answers is answered here', async () => {
  const { signedBy } = await sageMakerServer()
  const [ours, theirs] = [await script((await signedBy(admin)).call), await script(askMoto)]
  const missing = Object.entries(theirs).flatMap(([step, answer]) => {
    const here = new Set(membersOf(ours[step]))
    const lacking = membersOf(answer).filter((path) => !here.has(path) && !notOurs.test(path))
    return lacking.map((path) => `${step}${path}`)
  })
  expect(missing).toEqual([])
  expect(Object.keys(theirs)).toHaveLength(17)
  expect(theirs['7 DescribeModelPackage']?.ModelApprovalStatus).toBe('Approved')
})
