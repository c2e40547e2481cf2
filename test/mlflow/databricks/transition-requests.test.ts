import { expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { databricksServer, toProduction, version } from './world.ts'

const create = 'transition-requests/create'
const approve = 'transition-requests/approve'
const reject = 'transition-requests/reject'
const remove = 'transition-requests/delete'
const list = 'transition-requests/list'
const noArchiving = { ...toProduction, archive_existing_versions: false }

test('a request is the promotion request, with what each caller may do about it', async () => {
  const { ada, rita, omar, policy, call } = await databricksServer()
  await policy({ required: 1, from: ['user:rita'] })
  const made = await ada('POST', create, { ...toProduction, stage: 'PRODUCTION', comment: 'ready' })
  expect(made.status).toBe(200)
  expect(made.json.request).toMatchObject({
    user_id: 'ada',
    to_stage: 'Production',
    comment: 'ready',
    available_actions: ['CANCEL_TRANSITION_REQUEST'],
  })
  const seen = async (who: typeof ada) => (await who('GET', list, version)).json.requests[0]
  expect((await seen(rita)).available_actions).toEqual([
    'APPROVE_TRANSITION_REQUEST',
    'REJECT_TRANSITION_REQUEST',
  ])
  const { available_actions } = await seen(omar)
  expect(available_actions ?? []).toEqual([])
  expect(await seen(ada)).toMatchObject({
    activity_type: 'REQUESTED_TRANSITION',
    from_stage: 'None',
    creation_timestamp: expect.any(Number),
  })
  const { json } = await call(admin, 'GET', `/api/v1/promotions/${made.json.request.id}`)
  expect(json).toMatchObject({ status: 'open', reason: 'ready', to: { stage: 'Production' } })
})

test('who may not move the version may not ask for the move, which the server might then make', async () => {
  const { omar, policy, stage } = await databricksServer()
  const refused = await omar('POST', create, toProduction)
  expect([refused.status, refused.json.message]).toEqual([403, expect.stringContaining('EDIT')])
  await policy({ required: 0 }, { auto_promote: true })
  expect((await omar('POST', create, toProduction)).status).toBe(403)
  expect((await omar('GET', list, version)).json).toEqual({})
  expect(await stage()).toBe('None')
})

test('a request that its policy has the server merge at once is answered without anything to do', async () => {
  const { ada, policy, stage } = await databricksServer()
  await policy({ required: 0 }, { auto_promote: true })
  const { json } = await ada('POST', create, { ...toProduction, comment: 'ready' })
  expect(json.request).toMatchObject({ to_stage: 'Production', comment: 'ready' })
  expect(json.request.available_actions ?? []).toEqual([])
  expect(await stage()).toBe('Production')
  expect((await ada('GET', list, version)).json).toEqual({})
})

test('a second request for the same stage is refused', async () => {
  const { ada, rita } = await databricksServer()
  await ada('POST', create, toProduction)
  const again = await rita('POST', create, toProduction)
  expect([again.status, again.json.error_code]).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
})

test('who may not approve is refused, and the approval that completes moves the version', async () => {
  const { ada, rita, omar, allow, policy, stage } = await databricksServer()
  await policy({ required: 2, from: ['user:rita', 'user:omar'] })
  await ada('POST', create, toProduction)
  expect((await ada('POST', approve, noArchiving)).status).toBe(403)
  const first = await rita('POST', approve, { ...noArchiving, comment: 'fine' })
  expect(first.json.activity).toMatchObject({
    activity_type: 'APPROVED_REQUEST',
    user_id: 'rita',
    comment: 'fine',
    system_comment: expect.stringContaining('1 approval'),
  })
  expect(await stage()).toBe('None')
  const powerless = await omar('POST', approve, noArchiving)
  expect(powerless.json.activity).toMatchObject({
    activity_type: 'APPROVED_REQUEST',
    system_comment: expect.stringContaining('EDIT'),
  })
  expect(await stage()).toBe('None')
  await allow('omar', 'EDIT')
  const second = await omar('POST', approve, noArchiving)
  expect(second.json.activity.activity_type).toBe('APPLIED_TRANSITION')
  expect(await stage()).toBe('Production')
  expect((await omar('POST', approve, noArchiving)).status).toBe(404)
})

test('without a policy an approval takes the right that the transition takes', async () => {
  const { ada, rita, omar, stage } = await databricksServer()
  await ada('POST', create, toProduction)
  const listed = await omar('GET', list, version)
  expect(listed.json.requests[0].available_actions ?? []).toEqual([])
  for (const path of [approve, reject]) {
    expect((await omar('POST', path, noArchiving)).status, path).toBe(403)
  }
  expect(await stage()).toBe('None')
  const done = await rita('POST', approve, noArchiving)
  expect(done.json.activity.activity_type).toBe('APPLIED_TRANSITION')
  expect(await stage()).toBe('Production')
})

test('a request of /api/v1 is no way around the right either', async () => {
  const { ada, call, user, stage } = await databricksServer()
  const eve = await user('eve')
  const made = await ada('POST', create, toProduction)
  const path = `/api/v1/promotions/${made.json.request.id}`
  expect((await call(eve, 'POST', `${path}/merge`, {})).status).toBe(403)
  const broken = await call(eve, 'POST', `${path}/break-glass`, { reason: 'now' })
  expect(broken.status).toBe(403)
  expect(await stage()).toBe('None')
})

test('an approval has others archived only where nobody else approved that they stay', async () => {
  const { root, ada, rita, omar, allow, policy } = await databricksServer()
  await allow('omar', 'EDIT')
  await root('POST', 'model-versions/create', { name: 'fraud', source: 's3://b/m' })
  await root('POST', 'model-versions/transition-stage', noArchiving)
  await policy({ required: 2, from: ['user:rita', 'user:omar'] })
  const second = { ...noArchiving, version: '2' }
  await ada('POST', create, second)
  await rita('POST', approve, second)
  const archiving = { ...second, archive_existing_versions: true }
  expect((await omar('POST', approve, archiving)).status).toBe(409)
  await omar('POST', approve, second)
  const stages = await Promise.all(
    ['1', '2'].map(async (v) => {
      const got = await root('GET', 'model-versions/get', { name: 'fraud', version: v })
      return got.json.model_version.current_stage
    }),
  )
  expect(stages).toEqual(['Production', 'Production'])
})

test('versions in None and Archived are not archived by an approval', async () => {
  const { ada, rita } = await databricksServer()
  const toNone = { ...version, stage: 'Archived' }
  await ada('POST', create, toNone)
  const answer = await rita('POST', approve, { ...toNone, archive_existing_versions: true })
  expect([answer.status, answer.json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
})

test('sixteen approvals at once move the version once', async () => {
  const { ada, rita, policy, call } = await databricksServer()
  await policy({ required: 1, from: ['user:rita'] })
  await ada('POST', create, toProduction)
  const answers = await Promise.all(
    Array.from({ length: 16 }, () => rita('POST', approve, noArchiving)),
  )
  expect(answers.map(({ status }) => status).filter((s) => s >= 500)).toEqual([])
  expect(answers.some(({ json }) => json.activity?.activity_type === 'APPLIED_TRANSITION')).toBe(
    true,
  )
  const { json } = await call(admin, 'GET', '/api/v1/audit?action=model_version.transitioned')
  expect(json.items).toHaveLength(1)
})

test('a rejection ends a request, and names who and why', async () => {
  const { ada, rita, policy, call } = await databricksServer()
  await policy({ required: 1, from: ['user:rita'] })
  const { json: opened } = await ada('POST', create, toProduction)
  const done = await rita('POST', reject, { ...toProduction, comment: 'too early' })
  expect(done.json.activity).toMatchObject({ activity_type: 'REJECTED_REQUEST', user_id: 'rita' })
  const { json } = await call(admin, 'GET', `/api/v1/promotions/${opened.request.id}`)
  expect(json.status).toBe('rejected')
  expect((await rita('GET', list, version)).json).toEqual({})
})

test('a request is cancelled by its requester alone, whom the call must name', async () => {
  const { ada, rita } = await databricksServer()
  await ada('POST', create, toProduction)
  const ofAda = { ...toProduction, creator: 'ada' }
  expect((await ada('DELETE', remove, { ...ofAda, creator: 'rita' })).status).toBe(404)
  expect((await ada('DELETE', remove, toProduction)).status).toBe(400)
  expect((await rita('DELETE', remove, ofAda)).status).toBe(403)
  const done = await ada('DELETE', remove, { ...ofAda, comment: 'no need' })
  expect(done.json.activity).toMatchObject({
    activity_type: 'CANCELLED_REQUEST',
    comment: 'no need',
  })
  expect((await ada('DELETE', remove, ofAda)).status).toBe(404)
})

test.each([
  ['stage', { stage: 'Nowhere' }, 400],
  ['stage', { stage: '' }, 400],
  ['version', { version: 'one' }, 400],
  ['version', { version: '99' }, 404],
  ['name', { name: 'nothing' }, 404],
  ['comment', { comment: 'x'.repeat(10_001) }, 400],
  ['comment', { comment: 7 }, 400],
])('a request with a bad %s is refused: %o', async (_field, bad, status) => {
  const { ada } = await databricksServer()
  expect((await ada('POST', create, { ...toProduction, ...bad })).status).toBe(status)
})

test('what a caller may not read is not there for any of the calls', async () => {
  const { omar, root } = await databricksServer()
  await root('POST', 'registered-models/permissions/create', {
    name: 'fraud',
    username: 'omar',
    permission: 'NO_PERMISSIONS',
  })
  const answers = [
    await omar('POST', create, toProduction),
    await omar('GET', list, version),
    await omar('POST', approve, noArchiving),
    await omar('POST', 'comments/create', { ...version, comment: 'x' }),
    await omar('GET', 'databricks/registered-models/get', { name: 'fraud' }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403])
})
