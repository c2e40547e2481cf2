import { expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { reviewedPackages } from './server.ts'

test('a package waits, its author cannot approve it, and a reviewer does', async () => {
  const { ci, rita, approve, described, stage, requests } = await reviewedPackages()
  expect((await described()).ModelApprovalStatus).toBe('PendingManualApproval')
  expect(await requests()).toMatchObject([{ status: 'open', requested_by: { name: 'ci' } }])
  const own = await approve(ci)
  expect(own).toMatchObject({ status: 400, json: { __type: 'ConflictException' } })
  expect(own.json.message).toMatch(/Promotion request #1 .*1 approval.*requester may not approve/)
  expect(await stage()).toBe('None')

  expect((await approve(rita, 'risk ok')).status).toBe(200)
  expect(await described()).toMatchObject({
    ModelApprovalStatus: 'Approved',
    ApprovalDescription: 'risk ok',
    LastModifiedBy: { IamIdentity: { PrincipalId: 'rita' } },
    ModelLifeCycle: { Stage: 'Production', StageStatus: 'Approved', StageDescription: 'risk ok' },
  })
  expect(await stage()).toBe('Production')
  expect(await requests()).toMatchObject([{ status: 'merged' }])
})

test('an approved package that is rejected leaves Production, and both decisions are in the audit log', async () => {
  const { rita, approve, reject, described, stage, call } = await reviewedPackages()
  await approve(rita, 'risk ok')
  expect((await reject(rita, 'drift')).status).toBe(200)
  expect(await described()).toMatchObject({
    ModelApprovalStatus: 'Rejected',
    ApprovalDescription: 'drift',
  })
  expect(await stage()).toBe('Archived')
  const { json } = await call(admin, 'GET', '/api/v1/audit?model=fraud')
  const told = json.items.map((entry: { action: string; reason?: string; actor: object }) => [
    entry.action,
    entry.reason,
    entry.actor,
  ])
  const by = expect.objectContaining({ name: 'rita' })
  expect(told).toContainEqual(['promotion.rejected', 'drift', by])
  expect(told).toContainEqual(['model_version.transitioned', 'drift', by])
  expect(JSON.stringify(json.items)).toContain('risk ok')
})

test('a decision that was made already may be sent again and changes nothing', async () => {
  const { rita, approve, reject, requests } = await reviewedPackages()
  for (const decide of [approve, approve, reject, reject]) {
    expect((await decide(rita, 'x')).status).toBe(200)
  }
  expect(await requests()).toHaveLength(2)
})

test('two who approve at once both succeed, and the package moves once', async () => {
  const { rita, approve, described, call } = await reviewedPackages()
  const both = await Promise.all([approve(rita, 'a'), approve(rita, 'b')])
  expect(both.map(({ status }) => status)).toEqual([200, 200])
  expect((await described()).ModelApprovalStatus).toBe('Approved')
  const { json } = await call(admin, 'GET', '/api/v1/audit?model=fraud')
  const moves = json.items.filter(
    ({ action }: { action: string }) => action === 'model_version.transitioned',
  )
  expect(moves).toHaveLength(1)
})

test('an approval and a rejection at once end as one after the other, or one of them is told', async () => {
  const { rita, approve, reject, described, stage } = await reviewedPackages()
  const [yes, no] = await Promise.all([approve(rita, 'yes'), reject(rita, 'no')])
  const { ModelApprovalStatus: status } = await described()
  expect((status === 'Approved' ? yes : no).status).toBe(200)
  // An approval that finds the request closed asks anew, and who asks may not approve.
  if (status === 'PendingManualApproval') expect(yes.json.__type).toBe('ConflictException')
  expect((await stage()) === 'Production').toBe(status === 'Approved')
})

test('an approval after the rejection is a new request, which somebody else has to approve', async () => {
  const { rita, approve, reject, described, stage, requests } = await reviewedPackages()
  expect((await reject(rita, 'no')).status).toBe(200)
  const yes = await approve(rita, 'yes')
  expect(yes).toMatchObject({ status: 400, json: { __type: 'ConflictException' } })
  expect(yes.json.message).toContain('Promotion request #2')
  expect((await described()).ModelApprovalStatus).toBe('PendingManualApproval')
  expect(await requests()).toHaveLength(2)
  expect(await stage()).toBe('None')
})

test('who may not approve does not, whatever they may move', async () => {
  const { mallory, approve, reject, described, stage } = await reviewedPackages()
  const refused = await approve(mallory)
  expect(refused).toMatchObject({ status: 400, json: { __type: 'ConflictException' } })
  expect(refused.json.message).toContain('only group:reviewers may approve')
  const no = await reject(mallory)
  expect(no).toMatchObject({ status: 400, json: { __type: 'AccessDeniedException' } })
  expect((await described()).ModelApprovalStatus).toBe('PendingManualApproval')
  expect(await stage()).toBe('None')
})

test('who may only read neither asks nor decides', async () => {
  const { user, signedBy, update, described, requests } = await reviewedPackages()
  const reader = await signedBy(await user('reader'))
  for (const members of [
    { ModelApprovalStatus: 'Approved' },
    { ModelApprovalStatus: 'Rejected' },
    { CustomerMetadataProperties: { a: 'b' } },
    { CustomerMetadataPropertiesToRemove: ['auc'] },
    { ModelLifeCycle: { Stage: 'Staging', StageStatus: 'Approved' } },
    { ModelLifeCycle: { Stage: 'Staging', StageStatus: 'PendingApproval' } },
    { ModelLifeCycle: { Stage: 'Archived', StageStatus: 'Retired' } },
  ]) {
    const refused = await update(reader, members)
    expect(refused, JSON.stringify(members)).toMatchObject({
      status: 400,
      json: { __type: 'AccessDeniedException' },
    })
  }
  expect(await requests()).toHaveLength(1)
  expect((await described()).CustomerMetadataProperties).toEqual({ auc: '0.91' })
})

test('an approval stands while something else is missing, and the answer says what', async () => {
  const { rita, approve, described, stage, requests } = await reviewedPackages({
    approvals: { required: 1, from: ['group:reviewers'] },
    gates: [{ name: 'ticket', type: 'tag', key: 'ticket', value: 'yes' }],
  })
  const waits = await approve(rita, 'ok')
  expect(waits).toMatchObject({ status: 400, json: { __type: 'ConflictException' } })
  expect(waits.json.message).toMatch(/gate .*ticket/)
  expect((await described()).ModelApprovalStatus).toBe('PendingManualApproval')
  expect(await stage()).toBe('None')
  const [{ reviews }] = await requests()
  expect(reviews).toMatchObject([{ decision: 'approve', comment: 'ok' }])
})

test('what stands beside a decision is changed with it, or not at all', async () => {
  const { ci, rita, update, described } = await reviewedPackages()
  const members = {
    ModelApprovalStatus: 'Approved',
    CustomerMetadataProperties: { by: 'pipeline' },
  }
  expect((await update(ci, members)).status).toBe(400)
  expect((await described()).CustomerMetadataProperties).toEqual({ auc: '0.91' })
  expect((await update(rita, members)).status).toBe(200)
  expect((await described()).CustomerMetadataProperties).toEqual({ auc: '0.91', by: 'pipeline' })
})

test.each([
  { CustomerMetadataProperties: { ['k'.repeat(300)]: 'v' } },
  { CustomerMetadataProperties: { k: 'v'.repeat(100_001) } },
  { CustomerMetadataProperties: manyTags(0), CustomerMetadataPropertiesToRemove: ['auc'] },
  { SourceUri: 'file:///etc' },
  { SourceUri: 's3://b/other' },
  { InferenceSpecification: { Containers: [], More: 'x'.repeat(300_000) } },
])('a member that is refused keeps the decision beside it from being made: %#', async (members) => {
  const { ci, rita, update, described, requests, stage } = await reviewedPackages()
  // With what each of these adds the tags are more than an object may have.
  for (let i = 1; i < 6; i++) await update(ci, { CustomerMetadataProperties: manyTags(i) })
  const before = await described()
  for (const decision of [
    { ModelApprovalStatus: 'Approved' },
    { ModelApprovalStatus: 'Rejected' },
    { ModelLifeCycle: { Stage: 'Production', StageStatus: 'Approved' } },
    { ModelLifeCycle: { Stage: 'Archived', StageStatus: 'Retired' } },
  ]) {
    const refused = await update(rita, { ...members, ...decision })
    expect(refused.status).toBe(400)
    expect(refused.json.message).not.toContain('kept changing')
    expect(await described()).toEqual(before)
    expect((await requests())[0].reviews).toEqual([])
    expect(await stage()).toBe('None')
  }
})

test('a source stands beside the question for an approval, and the same one beside an approval', async () => {
  const { rita, update, described } = await reviewedPackages(null)
  const moved = { SourceUri: 's3://b/new', ModelApprovalStatus: 'PendingManualApproval' }
  expect((await update(rita, moved)).status).toBe(200)
  expect(await described()).toMatchObject(moved)
  const approved = { SourceUri: 's3://b/new', ModelApprovalStatus: 'Approved' }
  expect((await update(rita, approved)).status).toBe(200)
  expect(await described()).toMatchObject(approved)
})

/** Ten of a hundred thousand characters. */
function manyTags(from: number) {
  const names = Array.from({ length: 9 }, (_, i) => [`${from}-${i}`, 'v'.repeat(100_000)])
  return Object.fromEntries(names)
}

test('without a policy whoever may move a version approves and rejects it', async () => {
  const { ci, approve, reject, described, stage, requests, update } = await reviewedPackages(null)
  expect(await requests()).toEqual([])
  await update(ci, { ModelApprovalStatus: 'PendingManualApproval' })
  expect(await requests()).toEqual([])
  expect((await reject(ci, 'not yet')).status).toBe(200)
  expect(await described()).toMatchObject({
    ModelApprovalStatus: 'Rejected',
    ApprovalDescription: 'not yet',
  })
  expect((await approve(ci, 'now')).status).toBe(200)
  expect(await described()).toMatchObject({
    ModelApprovalStatus: 'Approved',
    ApprovalDescription: 'now',
  })
  expect(await stage()).toBe('Production')
  expect((await reject(ci, 'gone')).status).toBe(200)
  expect((await approve(ci, 'back')).status).toBe(200)
  expect(await described()).toMatchObject({ ApprovalDescription: 'back' })
})

test('a package may be created as approved where nobody has to be asked, and not elsewhere', async () => {
  const free = await reviewedPackages(null)
  const members = {
    ...{ ModelPackageGroupName: 'fraud', SourceUri: 's3://b/m' },
    ModelApprovalStatus: 'Approved',
  }
  const made = await free.ci.call('CreateModelPackage', members)
  const seen = await free.ci.call('DescribeModelPackage', {
    ModelPackageName: made.json.ModelPackageArn,
  })
  expect(seen.json).toMatchObject({ ModelApprovalStatus: 'Approved', ModelPackageVersion: 2 })
  const guarded = await reviewedPackages()
  const refused = await guarded.ci.call('CreateModelPackage', members)
  expect(refused).toMatchObject({ status: 400, json: { __type: 'ConflictException' } })
  const { json } = await guarded.ci.call('ListModelPackages', { ModelPackageGroupName: 'fraud' })
  expect(json.ModelPackageSummaryList).toHaveLength(1)
})

test('a list by status has what Describe says, the newest first in one row', async () => {
  const { ci, rita, approve, arn, clock } = await reviewedPackages()
  const create = () =>
    ci.call('CreateModelPackage', { ModelPackageGroupName: 'fraud', SourceUri: 's3://b/m' })
  clock.pass(1000)
  await create()
  await approve(rita)
  const listed = async (status: string) => {
    const { json } = await ci.call('ListModelPackages', {
      ...{ ModelPackageGroupName: 'fraud', ModelApprovalStatus: status },
      ...{ SortBy: 'CreationTime', SortOrder: 'Descending', MaxResults: 1 },
    })
    return json.ModelPackageSummaryList.map(
      (one: { ModelPackageArn: string }) => one.ModelPackageArn,
    )
  }
  expect(await listed('Approved')).toEqual([arn])
  expect(await listed('PendingManualApproval')).toEqual([arn.replace(/1$/, '2')])
  expect(await listed('Rejected')).toEqual([])
})

test('life cycles open requests, move, retire, and keep words of their own until the package moves', async () => {
  const { ci, rita, update, described, stage, requests } = await reviewedPackages()
  const cycle = (sm: typeof ci, Stage: string, StageStatus: string) =>
    update(sm, { ModelLifeCycle: { Stage, StageStatus, StageDescription: 'why' } })
  expect((await described()).ModelLifeCycle).toMatchObject({ StageStatus: 'PendingApproval' })
  expect((await cycle(rita, 'Production', 'Rejected')).status).toBe(200)
  expect((await cycle(ci, 'Staging', 'InProgress')).status).toBe(200)
  expect((await described()).ModelLifeCycle).toEqual({
    ...{ Stage: 'Staging', StageStatus: 'InProgress', StageDescription: 'why' },
  })
  expect((await cycle(ci, 'Staging', 'Approved')).status).toBe(200)
  expect(await stage()).toBe('Staging')
  expect((await described()).ModelLifeCycle).toMatchObject({ StageStatus: 'Approved' })
  expect((await cycle(ci, 'Production', 'PendingApproval')).status).toBe(200)
  expect((await requests()).map((one: { status: string }) => one.status)).toContain('open')
  expect((await cycle(ci, 'Archived', 'Retired')).status).toBe(200)
  expect(await described()).toMatchObject({ ModelApprovalStatus: 'Rejected' })
  for (const [to, status, why] of [
    ['Nowhere', 'Approved', /Nowhere/],
    ['Staging', 'Retired', /do not go together/],
    ['None', 'Approved', /do not go together/],
  ] as const) {
    const refused = await cycle(ci, to, status)
    expect(refused).toMatchObject({ status: 400, json: { __type: 'ValidationException' } })
    expect(refused.json.message).toMatch(why)
  }
})

test('members are changed and removed together, and a removed key that is not there is no error', async () => {
  const { ci, update, described, call } = await reviewedPackages()
  const specification = { Containers: [{ Image: 'new' }] }
  const changed = await update(ci, {
    CustomerMetadataProperties: { auc: '0.92', stage: 'a' },
    CustomerMetadataPropertiesToRemove: ['absent'],
    InferenceSpecification: specification,
    AdditionalInferenceSpecificationsToAdd: [{ Name: 'gpu', Containers: [] }],
  })
  expect(changed.status, JSON.stringify(changed.json)).toBe(200)
  await update(ci, {
    CustomerMetadataPropertiesToRemove: ['stage'],
    AdditionalInferenceSpecificationsToAdd: [{ Name: 'gpu', Containers: [{ Image: 'i' }] }],
  })
  expect(await described()).toMatchObject({
    CustomerMetadataProperties: { auc: '0.92' },
    InferenceSpecification: specification,
    AdditionalInferenceSpecifications: [{ Name: 'gpu', Containers: [{ Image: 'i' }] }],
  })
  const { json } = await call(admin, 'GET', '/api/v1/audit?model=fraud')
  const actions = json.items.map(({ action }: { action: string }) => action)
  for (const action of ['tag_set', 'tag_deleted', 'updated']) {
    expect(actions).toContain(`model_version.${action}`)
  }
})

test('sixteen changes of members at once are all kept', async () => {
  const { ci, update, described } = await reviewedPackages()
  const names = Array.from({ length: 16 }, (_, i) => `n${i}`)
  const all = await Promise.all(
    names.map((Name) => update(ci, { AdditionalInferenceSpecificationsToAdd: [{ Name }] })),
  )
  const kept = ((await described()).AdditionalInferenceSpecifications ?? []).map(
    ({ Name }: { Name: string }) => Name,
  )
  const told = names.filter((_, i) => all[i]?.status === 200)
  expect(kept.toSorted()).toEqual(told.toSorted())
  expect(told.length).toBeGreaterThan(0)
})

test.each([
  [{ ModelApprovalStatus: 'Maybe' }, /ModelApprovalStatus/],
  [{ ApprovalDescription: 'alone' }, /ApprovalDescription/],
  [{ SourceUri: 'file:///etc' }, /source/i],
  [{ Nonsense: 1 }, /Nonsense/],
  [{ ModelApprovalStatus: 'Approved', ApprovalDescription: 'x'.repeat(1025) }, /1024/],
  [{ CustomerMetadataProperties: { ['k'.repeat(300)]: 'v' } }, /k+/],
  [
    {
      ModelApprovalStatus: 'Approved',
      ModelLifeCycle: { Stage: 'Production', StageStatus: 'Approved' },
    },
    /one at a time/,
  ],
] as const)('an update with %j is a ValidationException that says why', async (members, why) => {
  const { rita, update, described } = await reviewedPackages()
  const refused = await update(rita, members)
  expect(refused).toMatchObject({ status: 400, json: { __type: 'ValidationException' } })
  expect(refused.json.message).toMatch(why)
  expect((await described()).ModelApprovalStatus).toBe('PendingManualApproval')
})

test('a package whose files lie elsewhere gets another place there, until somebody reviews it', async () => {
  const { ci, rita, update, approve, described, user, signedBy, arn } = await reviewedPackages()
  const reader = await signedBy(await user('reader'))
  expect((await update(reader, { SourceUri: 's3://b/x' })).json.__type).toBe(
    'AccessDeniedException',
  )
  for (const SourceUri of ['s3://b/m', 's3://b/new', 's3://b/new']) {
    expect((await update(ci, { SourceUri })).status).toBe(200)
  }
  expect(await described()).toMatchObject({
    SourceUri: 's3://b/new',
    InferenceSpecification: { Containers: [{ ModelDataUrl: 's3://b/new' }] },
  })
  const copy = await update(ci, { SourceUri: arn })
  expect(copy).toMatchObject({ status: 400, json: { __type: 'ConflictException' } })
  await approve(rita)
  const late = await update(ci, {
    SourceUri: 's3://b/late',
    CustomerMetadataProperties: { a: 'b' },
  })
  expect(late).toMatchObject({ status: 400, json: { __type: 'ConflictException' } })
  expect(late.json.message).toContain('keeps its source')
  expect(await described()).toMatchObject({
    SourceUri: 's3://b/new',
    CustomerMetadataProperties: { auc: '0.91' },
  })
})

test('a review and another source at once come in one order', async () => {
  const { ci, rita, update, described, requests } = await reviewedPackages({
    approvals: { required: 2, from: ['group:reviewers'] },
  })
  const [reviewed, moved] = await Promise.all([
    update(rita, { ModelApprovalStatus: 'Approved' }),
    update(ci, { SourceUri: 's3://b/new' }),
  ])
  // Either the source came first and was reviewed, or the review did and the source stays.
  expect(reviewed.json.__type).toBe('ConflictException')
  expect((await requests())[0].reviews).toHaveLength(1)
  expect((await described()).SourceUri).toBe(moved.status === 200 ? 's3://b/new' : 's3://b/m')
})

test('a creation that is sent again neither asks nor fails after somebody decided', async () => {
  const { ci, rita, requests } = await reviewedPackages()
  const create = () =>
    ci.call('CreateModelPackage', {
      ...{ ModelPackageGroupName: 'fraud', SourceUri: 's3://b/m', ClientToken: 'once' },
    })
  const { ModelPackageArn } = (await create()).json
  for (const ModelApprovalStatus of ['Rejected', 'Approved']) {
    const decided = await rita.call('UpdateModelPackage', { ModelPackageArn, ModelApprovalStatus })
    if (ModelApprovalStatus === 'Rejected') expect(decided.status).toBe(200)
    const before = await requests()
    expect((await create()).json).toEqual({ ModelPackageArn })
    expect(await requests()).toHaveLength(before.length)
  }
})

test('a package is made from another by its ARN', async () => {
  const { ci, arn } = await reviewedPackages()
  const made = await ci.call('CreateModelPackage', {
    ModelPackageGroupName: 'fraud',
    SourceUri: arn,
  })
  expect(made.json.ModelPackageArn).toMatch(/fraud\/2$/)
  const seen = await ci.call('DescribeModelPackage', { ModelPackageName: 'fraud/2' })
  expect(seen.json.SourceUri).toBe('models:/fraud/1')
})

test('a package is made from what a run or a logged model holds, by who may read it', async () => {
  const { ci, mallory, mlflow, call, people } = await reviewedPackages()
  const made = await mlflow(people.ci, 'POST', 'experiments/create', { name: 'risk' })
  const experiment_id: string = made.json.experiment_id
  const closed = { experiment_id, username: 'mallory', permission: 'NO_PERMISSIONS' }
  await mlflow(people.ci, 'POST', 'experiments/permissions/create', closed)
  const started = await mlflow(people.ci, 'POST', 'runs/create', { experiment_id })
  const { run_id, artifact_uri } = started.json.run.info
  const model = { experiment_id, name: 'm', source_run_id: run_id }
  const logged = await mlflow(people.ci, 'POST', 'logged-models', model)
  const { model_id, artifact_uri: root } = logged.json.model.info
  const folders = [
    [`models:/${model_id}`, root],
    [`runs:/${run_id}/own`, `${artifact_uri}/own`],
  ]
  for (const [SourceUri, folder] of folders) {
    const file = `${folder}/MLmodel`.replace('mlflow-artifacts:/', '')
    const to = `/api/2.0/mlflow-artifacts/artifacts/${file}`
    expect((await call(people.ci, 'PUT', to, SourceUri)).status).toBe(200)
    const asked = { ModelPackageGroupName: 'fraud', SourceUri }
    const refused = await mallory.call('CreateModelPackage', asked)
    expect(refused.json.__type).toBe('AccessDeniedException')
    const { json } = await ci.call('CreateModelPackage', asked)
    const version = json.ModelPackageArn.split('/').at(-1)
    const seen = await mlflow(people.ci, 'GET', `model-versions/get?name=fraud&version=${version}`)
    expect(seen.json.model_version).toMatchObject({ source: SourceUri, run_id })
    const files = await call(people.ci, 'GET', `/api/v1/models/fraud/versions/${version}/files`)
    expect(files.json).toMatchObject({ sealed: true, items: [{ path: 'MLmodel' }] })
    const stored = { ModelPackageGroupName: 'fraud', SourceUri: folder }
    const elsewhere = await ci.call('CreateModelPackage', stored)
    expect(elsewhere.json).toMatchObject({
      __type: 'ValidationException',
      message: expect.stringContaining('name it as runs:/<run id>/<path> or models:/<model id>'),
    })
  }
})

test('a package goes when it is in no guarded place, and its group when it is empty', async () => {
  const { ci, rita, approve, reject, arn } = await reviewedPackages()
  const group = { ModelPackageGroupName: 'fraud' }
  await approve(rita)
  const held = await ci.call('DeleteModelPackage', { ModelPackageName: arn })
  expect(held.status).toBe(400)
  expect(held.json.message).toContain('Production')
  const full = await ci.call('DeleteModelPackageGroup', group)
  expect(full).toMatchObject({ status: 400, json: { __type: 'ConflictException' } })
  await reject(rita)
  expect(await ci.call('DeleteModelPackage', { ModelPackageName: arn })).toEqual({ status: 200 })
  const gone = await ci.call('DeleteModelPackage', { ModelPackageName: arn })
  expect(gone.json).toMatchObject({ message: expect.stringMatching(/does not exist\.$/) })
  const denied = await rita.call('DeleteModelPackageGroup', group)
  expect(denied.json.__type).toBe('AccessDeniedException')
  expect(await ci.call('DeleteModelPackageGroup', group)).toEqual({ status: 200 })
  expect((await ci.call('DescribeModelPackageGroup', group)).status).toBe(400)
})
