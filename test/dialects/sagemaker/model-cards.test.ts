import { expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { reviewedPackages, sageMakerServer } from './server.ts'

const name = { ModelCardName: 'fraud/1' }
const arn = 'arn:aws:sagemaker:eu-west-1:000000000000:model-card/fraud/1'
const content = {
  model_overview: { model_name: 'fraud', model_description: 'Scores payments.' },
  intended_uses: { intended_uses: 'Payments', risk_rating: 'High' },
}
const Content = JSON.stringify(content)
const draft = { ...name, Content, ModelCardStatus: 'Draft' }
const asked = { ...draft, ModelCardStatus: 'PendingReview' }

/** A package whose approval is asked for, with a card of two revisions. */
async function withCard() {
  const server = await reviewedPackages()
  const { ci } = server
  const made = await ci.call('CreateModelCard', asked)
  expect(made).toEqual({ status: 200, json: { ModelCardArn: arn } })
  const second = { ...content, business_details: { line_of_business: 'Cards' } }
  const updated = await ci.call('UpdateModelCard', { ...name, Content: JSON.stringify(second) })
  expect(updated).toEqual(made)
  const describe = async (members: object = name) =>
    (await ci.call('DescribeModelCard', members)).json
  return { ...server, second, describe }
}

test('a card is that of its package, and its versions are the revisions', async () => {
  const { ci, call, described, second, describe } = await withCard()
  const card = await describe()
  expect(card).toMatchObject({
    ...{ ModelCardArn: arn, ModelCardName: 'fraud/1', ModelCardVersion: 2 },
    ...{ ModelCardStatus: 'PendingReview', CreatedBy: { IamIdentity: { PrincipalId: 'ci' } } },
  })
  expect(JSON.parse(card.Content)).toEqual(second)
  expect((await described()).ModelCard.ModelCardContent).toBe(card.Content)
  const seen = await call(admin, 'GET', '/api/v1/models/fraud/versions/1/card')
  expect(seen.json).toMatchObject({ revision: 2, card: { intended_use: 'Payments' } })
  const first = await describe({ ModelCardName: arn, ModelCardVersion: 1 })
  expect([JSON.parse(first.Content), first.ModelCardStatus]).toEqual([content, 'Archived'])
  const overview = await describe({ ...name, IncludedData: 'MetadataOnly' })
  expect(JSON.parse(overview.Content)).toEqual({
    model_overview: { model_name: 'fraud' },
    intended_uses: { risk_rating: 'High' },
  })
  const versions = await ci.call('ListModelCardVersions', name)
  expect(versions.json.ModelCardVersionSummaryList).toMatchObject([
    { ModelCardVersion: 1, ModelCardStatus: 'Archived', ModelCardArn: arn },
    { ModelCardVersion: 2, ModelCardStatus: 'PendingReview', ModelCardName: 'fraud/1' },
  ])
})

test.each([
  [{ SortOrder: 'Descending' }, [2, 1]],
  [{ ModelCardStatus: 'PendingReview' }, [2]],
  [{ ModelCardStatus: 'Archived' }, [1]],
  [{ ModelCardStatus: 'Approved' }, []],
  [{ CreationTimeAfter: 4_000_000_000 }, []],
  [{ CreationTimeBefore: 4_000_000_000 }, [1, 2]],
])('versions of a card by %j are %j, page by page', async (members, expected) => {
  const { ci } = await withCard()
  const found: number[] = []
  let NextToken: string | undefined
  do {
    const { status, json } = await ci.call('ListModelCardVersions', {
      ...{ ...name, ...members, MaxResults: 1, NextToken },
    })
    expect(status, JSON.stringify(json)).toBe(200)
    for (const one of json.ModelCardVersionSummaryList) found.push(one.ModelCardVersion)
    NextToken = json.NextToken
  } while (NextToken)
  expect(found).toEqual(expected)
})

test('a status is that of the package: it is not sent by itself', async () => {
  const { ci, rita, approve, describe } = await withCard()
  const refused = await ci.call('UpdateModelCard', { ...name, ModelCardStatus: 'Approved' })
  expect(refused.json).toMatchObject({
    __type: 'ConflictException',
    message: expect.stringContaining('follows the package'),
  })
  const same = await ci.call('UpdateModelCard', { ...name, ModelCardStatus: 'PendingReview' })
  expect(same.status).toBe(200)
  expect((await describe()).ModelCardVersion).toBe(2)
  await approve(rita)
  expect((await describe()).ModelCardStatus).toBe('Approved')
  const both = await ci.call('UpdateModelCard', { ...name, Content, ModelCardStatus: 'Approved' })
  expect(both.json.message).toContain('one call changes one of them')
})

test('cards are listed by name, status and time, each one once', async () => {
  const { ci, rita, approve } = await withCard()
  for (const number of [2, 3]) {
    await ci.call('CreateModelPackage', {
      ...{ ModelPackageGroupName: 'fraud', SourceUri: `s3://b/${number}` },
    })
    await ci.call('CreateModelCard', { ...asked, ModelCardName: `fraud/${number}` })
  }
  await approve(rita)
  await ci.call('CreateModelPackage', { ModelPackageGroupName: 'fraud', SourceUri: 's3://b/4' })
  const list = async (members: object) => {
    const { status, json } = await ci.call('ListModelCards', members)
    expect(status, JSON.stringify(json)).toBe(200)
    return {
      names: json.ModelCardSummaries.map((one: { ModelCardName: string }) => one.ModelCardName),
      next: json.NextToken,
      json,
    }
  }
  expect((await list({})).json.ModelCardSummaries[0]).toMatchObject({
    ...{ ModelCardName: 'fraud/1', ModelCardArn: arn, ModelCardStatus: 'Approved' },
  })
  for (const [members, expected] of [
    [{ SortBy: 'Name', SortOrder: 'Descending' }, ['fraud/3', 'fraud/2', 'fraud/1']],
    [{ ModelCardStatus: 'Approved' }, ['fraud/1']],
    [{ ModelCardStatus: 'PendingReview' }, ['fraud/2', 'fraud/3']],
    [{ ModelCardStatus: 'Draft' }, []],
    [{ NameContains: 'fraud/3' }, ['fraud/3']],
    [{ CreationTimeAfter: 4_000_000_000 }, []],
  ] as const) {
    expect((await list(members)).names).toEqual(expected)
  }
  const first = await list({ MaxResults: 2 })
  expect([...first.names, ...(await list({ MaxResults: 2, NextToken: first.next })).names]).toEqual(
    [...['fraud/1', 'fraud/2', 'fraud/3']],
  )
})

test('a card is made once, also by sixteen at a time', async () => {
  const { ci } = await reviewedPackages()
  const made = await Promise.all(
    Array.from({ length: 16 }, () => ci.call('CreateModelCard', asked)),
  )
  expect(made.filter(({ status }) => status === 200)).toHaveLength(1)
  for (const { status, json } of made.filter((one) => one.status !== 200)) {
    expect([status, json.__type]).toEqual([400, 'ConflictException'])
  }
  const { json } = await ci.call('CreateModelCard', asked)
  expect(json.message).toContain("Model card 'fraud/1' already exists")
  expect(
    (await ci.call('ListModelCardVersions', name)).json.ModelCardVersionSummaryList,
  ).toHaveLength(1)
})

test.each([
  ['DescribeModelCard', name],
  ['UpdateModelCard', { ...name, Content }],
  ['ListModelCardVersions', name],
  ['DescribeModelCard', { ModelCardName: 'nobody/1' }],
  ['CreateModelCard', { ...draft, ModelCardName: 'fraud/9' }],
] as const)('%s of what is not there is a ResourceNotFound', async (action, members) => {
  const { ci } = await reviewedPackages()
  const { status, json } = await ci.call(action, members)
  expect([status, json.__type]).toEqual([400, 'ResourceNotFound'])
  expect(json.message).toMatch(/does not exist\.$/)
})

test('an earlier revision that is not there is a ResourceNotFound', async () => {
  const { ci } = await withCard()
  const { json } = await ci.call('DescribeModelCard', { ...name, ModelCardVersion: 3 })
  expect(json.__type).toBe('ResourceNotFound')
})

test.each([
  ['CreateModelCard', { ...draft, Content: '[]' }, /JSON object/],
  ['CreateModelCard', { ...draft, ModelCardStatus: 'Wrong' }, /ModelCardStatus/],
  [
    'CreateModelCard',
    { ...draft, ModelCardName: 'fraud-card' },
    /Invalid model card.*<group>\/<version>/,
  ],
  ['CreateModelCard', { ...draft, Tags: [{ Key: 'k', Value: 'v' }] }, /no tags/],
  ['CreateModelCard', { ...draft, SecurityConfig: { KmsKeyId: 'k' } }, /no key/],
  ['CreateModelCard', name, /Content/],
  ['UpdateModelCard', name, /either Content or ModelCardStatus/],
  ['DescribeModelCard', { ...name, ModelCardVersion: 0 }, /ModelCardVersion/],
  ['DescribeModelCard', { ...name, ModelCardVersion: 2 ** 53 - 1 }, /ModelCardVersion/],
  [
    'DescribeModelCard',
    { ModelCardName: arn.replace('model-card', 'model-package') },
    /Invalid ARN/,
  ],
  ['ListModelCards', { NextToken: 'wrong' }, /token/],
  ['ListModelCards', { Colour: 'red' }, /Colour/],
] as const)('%s with %j is a ValidationException that says why', async (action, members, why) => {
  const { ci, call } = await reviewedPackages()
  const { status, json } = await ci.call(action, members)
  expect([status, json.__type]).toEqual([400, 'ValidationException'])
  expect(json.message).toMatch(why)
  const card = await call(admin, 'GET', '/api/v1/models/fraud/versions/1/card')
  expect(card.json.revision).toBe(0)
})

test('who may not read a model sees none of its cards, and who may not edit it writes none', async () => {
  const { mlflow, signedBy, user, ci, describe } = await withCard()
  const eve = await signedBy(await user('eve'))
  const grant = (permission: string) =>
    mlflow(admin, 'POST', 'registered-models/permissions/create', {
      ...{ name: 'fraud', username: 'eve', permission },
    })
  const calls = [
    ['DescribeModelCard', name],
    ['ListModelCardVersions', name],
    ['CreateModelCard', asked],
    ['UpdateModelCard', { ...name, Content }],
  ] as const
  const codes = async () =>
    Promise.all(
      calls.map(async ([action, members]) => (await eve.call(action, members)).json.__type),
    )
  expect((await codes()).slice(2)).toEqual(['AccessDeniedException', 'AccessDeniedException'])
  await grant('NO_PERMISSIONS')
  expect(await codes()).toEqual(Array(4).fill('AccessDeniedException'))
  expect((await eve.call('ListModelCards', {})).json.ModelCardSummaries).toEqual([])
  expect((await ci.call('ListModelCards', {})).json.ModelCardSummaries).toHaveLength(1)
  expect((await describe()).ModelCardVersion).toBe(2)
})

test('a card follows its model to another name, and goes with its version', async () => {
  const { ci, mlflow, describe } = await withCard()
  await mlflow(admin, 'POST', 'registered-models/rename', { name: 'fraud', new_name: 'scam' })
  expect((await describe()).__type).toBe('ResourceNotFound')
  expect((await describe({ ModelCardName: 'scam/1' })).ModelCardVersion).toBe(2)
  const gone = await mlflow(admin, 'DELETE', 'model-versions/delete', {
    name: 'scam',
    version: '1',
  })
  expect(gone.status, gone.text).toBe(200)
  expect((await ci.call('ListModelCards', {})).json.ModelCardSummaries).toEqual([])
  expect((await describe({ ModelCardName: 'scam/1' })).__type).toBe('ResourceNotFound')
})

test('each write of a card is on the audit log', async () => {
  const { call } = await withCard()
  const { json } = await call(
    admin,
    'GET',
    '/api/v1/audit?model=fraud&action=model_version.card_changed',
  )
  expect(json.items.map((one: { actor: { name: string } }) => one.actor.name)).toEqual(['ci', 'ci'])
})

test('a server without models has no cards', async () => {
  const { signedBy } = await sageMakerServer()
  const { json } = await (await signedBy(admin)).call('ListModelCards')
  expect(json).toEqual({ ModelCardSummaries: [] })
})
