import { describe, expect, test } from 'vitest'
import { court } from '../support/court.ts'
import { guardedModel } from '../support/guarded-model.ts'

async function model() {
  const server = await guardedModel()
  const approval = async (version: string) => {
    const found = await server.ann.call('GET', `/api/v1/models/fraud/versions/${version}`)
    return found.json
  }
  return { ...server, approval }
}

test('a version is approved by who approved it, not by who merged', async () => {
  const { policy, signedOff, approval } = await model()
  await policy('p', { stage: 'Production' })
  await signedOff('1', 'Production')
  expect(await approval('1')).toMatchObject({
    approval_status: 'Approved',
    approval: { by: { name: 'rita' } },
  })
})

test('a request for a place that nobody guards approves nothing', async () => {
  const { ann, policy, approval, move, approve } = await model()
  await policy('p', { stage: 'Production' })
  const ask = (version: string, to: object) =>
    ann.call('POST', '/api/v1/promotions', { model: 'fraud', version, to })
  await ask('1', { alias: 'mine' })
  expect((await ann.call('POST', '/api/v1/promotions/1/merge')).json.status).toBe('merged')
  expect((await approval('1')).approval_status).toBeUndefined()
  // Nor does it take an approval away.
  await move(ann, '2', 'Production')
  await approve('2')
  await move(ann, '2', 'Production')
  await ask('2', { alias: 'mine' })
  await ann.call('POST', '/api/v1/promotions/3/merge')
  expect(await approval('2')).toMatchObject({
    approval_status: 'Approved',
    approval: { by: { name: 'rita' } },
  })
})

test('a merge by break-glass says so and approves nothing', async () => {
  const { admin, ann, policy, move, approval } = await model()
  await policy('p', { stage: 'Production' }, { break_glass: { from: ['user:root'] } })
  await move(ann, '1', 'Production')
  const reason = 'everything is down'
  const broken = await admin.call('POST', '/api/v1/promotions/1/break-glass', { reason })
  expect(broken.json.status).toBe('merged')
  expect(await approval('1')).toMatchObject({
    approval_status: 'PendingManualApproval',
    approval: { by: { name: 'root' }, reason: `merged by break-glass: ${reason}` },
  })
})

const by = (name: string) => expect.objectContaining({ name })

test('the later decision counts, also if the clock was set back between them', async () => {
  const c = await court()
  await c.approved()
  expect((await c.merge(c.ann, '1')).status).toBe(200)
  await c.mlflow(c.root, 'POST', 'model-versions/transition-stage', {
    ...{ name: 'fraud', version: '1', stage: 'None', archive_existing_versions: false },
  })
  c.clock.pass(-86_400_000)
  const again = await c.open(c.ann)
  expect((await c.review(c.carol, again, 'reject')).json.status).toBe('rejected')
  const { json } = await c.ours(c.root, 'GET', 'models/fraud/versions/1')
  expect(json.approval_status).toBe('Rejected')
})

/** Production and Staging are guarded, and version 1 was signed off for `stage`. */
async function signedOffFor(stage: string) {
  const server = await model()
  await server.policy('late', { stage: 'Production' })
  await server.policy('early', { stage: 'Staging' })
  await server.signedOff('1', stage)
  const found = async (filter: string) => {
    const all = await server.ann.get(`model-versions/search?filter=${encodeURIComponent(filter)}`)
    return (all.json.model_versions ?? []).map((v: { version: string }) => v.version)
  }
  return { ...server, found }
}

describe('an approval is of one place', () => {
  test('one for an early stage is none for the last guarded one', async () => {
    const { approval, found, move, ann } = await signedOffFor('Staging')
    const shown = await approval('1')
    expect(shown.approval_status).toBeUndefined()
    expect(shown.approvals).toEqual([
      expect.objectContaining({ to: { stage: 'Staging' }, status: 'Approved', by: by('rita') }),
    ])
    expect(await found("approval_status = 'Approved'")).toEqual([])
    await move(ann, '1', 'Production')
    expect((await approval('1')).approval_status).toBe('PendingManualApproval')
    expect(await found("approval_status = 'PendingManualApproval'")).toEqual(['1'])
  })

  test('a request for another place takes none away, even if it is rejected', async () => {
    const { approval, move, ann, rita, admin, policy, point } = await signedOffFor('Production')
    await policy('mine', { alias: 'mine' })
    await point(ann, '1', 'mine')
    await move(ann, '1', 'Staging')
    for (const id of ['2', '3']) {
      const decision = { decision: 'reject', comment: 'no' }
      expect((await rita.call('POST', `/api/v1/promotions/${id}/reviews`, decision)).status).toBe(
        200,
      )
    }
    const shown = await approval('1')
    expect(shown).toMatchObject({ approval_status: 'Approved', approval: { by: { name: 'rita' } } })
    const places = shown.approvals.map((a: { to: object; status: string }) => [a.to, a.status])
    expect(places).toEqual([
      [{ alias: 'mine' }, 'Rejected'],
      [{ stage: 'Production' }, 'Approved'],
      [{ stage: 'Staging' }, 'Rejected'],
    ])
    // With Production guarded no longer, Staging is the last guarded stage.
    await admin.call('DELETE', '/api/v1/policies/late')
    expect((await approval('1')).approval_status).toBe('Rejected')
    await policy('late', { stage: 'Production' })
    expect((await approval('1')).approval_status).toBe('Approved')
  })

  test('a stage and an alias of one name are one place', async () => {
    const { approval, point, ann, approve } = await signedOffFor('Production')
    await point(ann, '2', 'production')
    await approve('2')
    await point(ann, '2', 'production')
    expect((await approval('2')).approvals).toEqual([
      expect.objectContaining({ to: { alias: 'production' }, status: 'Approved' }),
    ])
    expect((await approval('2')).approval_status).toBe('Approved')
  })

  test('of aliases alone, the one decided last counts', async () => {
    const { approval, policy, point, ann, approve, rita } = await model()
    await policy('p', { alias: 'c*' })
    await point(ann, '1', 'champion')
    await approve('1')
    await point(ann, '1', 'champion')
    await point(ann, '1', 'canary')
    expect((await approval('1')).approval_status).toBe('Approved')
    await ann.call('POST', '/api/v1/promotions', {
      model: 'fraud',
      version: '1',
      to: { alias: 'mine' },
    })
    expect((await approval('1')).approval_status).toBe('Approved')
    await rita.call('POST', '/api/v1/promotions/2/reviews', { decision: 'reject' })
    expect((await approval('1')).approval_status).toBe('Rejected')
  })
})

test('an approval under weaker policies does not stand under the name that others guard', async () => {
  const { ann, admin, policy, move, approval, signedOff } = await model()
  await policy('weak', { stage: 'Production' })
  await policy('strict', { models: 'prod-*', stage: 'Production' })
  await signedOff('1', 'Production')
  await move(ann, '1', 'Archived')
  expect((await approval('1')).approval_status).toBe('Approved')
  const rename = (name: string, new_name: string) =>
    ann.post('registered-models/rename', { name, new_name })
  expect((await rename('fraud', 'prod-fraud')).status).toBe(200)
  const renamed = await ann.call('GET', '/api/v1/models/prod-fraud/versions/1')
  expect(renamed.json.approval_status).toBeUndefined()
  expect(renamed.json.approvals).toBeUndefined()
  const search = await ann.get("model-versions/search?filter=approval_status%3D'Approved'")
  expect(search.json.model_versions ?? []).toEqual([])
  expect((await rename('prod-fraud', 'fraud')).status).toBe(200)
  expect((await approval('1')).approval_status).toBe('Approved')
  // The same if the policy is changed to guard something else, and another guards the place.
  await policy('other', { stage: 'Production' })
  expect((await approval('1')).approval_status).toBe('Approved')
  await admin.call('DELETE', '/api/v1/policies/weak')
  expect((await approval('1')).approval_status).toBeUndefined()
})

test('an approval under a general policy does not stand where a stricter one guards too', async () => {
  const { ann, policy, move, signedOff, approval } = await model()
  await policy('general', { models: '*', stage: 'Production' })
  const two = { approvals: { required: 2, from: ['group:reviewers', 'user:root'] } }
  await policy('strict', { models: 'prod-*', stage: 'Production' }, two)
  await signedOff('1', 'Production')
  await move(ann, '1', 'Archived')
  expect((await approval('1')).approval_status).toBe('Approved')
  await ann.post('registered-models/rename', { name: 'fraud', new_name: 'prod-fraud' })
  const renamed = await ann.call('GET', '/api/v1/models/prod-fraud/versions/1')
  expect(renamed.json.approval_status).toBeUndefined()
  await ann.post('registered-models/rename', { name: 'prod-fraud', new_name: 'fraud' })
  // One that was made later asks for nothing of what was signed off before.
  await policy('later', { models: 'fraud', stage: 'Production' })
  expect((await approval('1')).approval_status).toBe('Approved')
})

test('a follow-up does not make an approval of a break-glass', async () => {
  const { admin, rita, ann, policy, move, approval } = await model()
  await policy('p', { stage: 'Production' }, { break_glass: { from: ['user:root'] } })
  await move(ann, '1', 'Production')
  const reason = 'everything is down'
  await admin.call('POST', '/api/v1/promotions/1/break-glass', { reason })
  const followed = await rita.call('POST', '/api/v1/promotions/1/follow-up', { comment: 'fine' })
  expect(followed.json.followed_up_by).toBe('rita')
  for (const other of [{ alias: 'mine' }, { stage: 'Staging' }]) {
    await ann.call('POST', '/api/v1/promotions', { model: 'fraud', version: '1', to: other })
  }
  const shown = await approval('1')
  expect(shown.approval_status).toBe('PendingManualApproval')
  expect(shown.approvals).toContainEqual(
    expect.objectContaining({
      to: { stage: 'Production' },
      status: 'PendingManualApproval',
      break_glass: true,
      reason: `merged by break-glass: ${reason}`,
    }),
  )
})

describe('an event says Approved', () => {
  const statuses = async (admin: Awaited<ReturnType<typeof model>>['admin']) => {
    const { items } = (await admin.call('GET', '/api/v1/events/history?max_results=1000')).json
    return items
      .filter(({ type }: { type: string }) => /transitioned|alias_set|rolled_back/.test(type))
      .map(({ after }: { after: Record<string, unknown> }) => after.approval_status)
  }

  test('only of a move to a place for which the version was signed off', async () => {
    const { admin, ann, policy, move, signedOff, point, approve } = await model()
    await move(ann, '1', 'Production')
    await policy('p', { stage: 'Production' }, { rollback: { skip_approvals: true } })
    await move(ann, '1', 'Staging')
    await signedOff('2', 'Production', true)
    await point(ann, '2', 'elsewhere')
    await point(ann, '3', 'production')
    await approve('2')
    await point(ann, '3', 'production')
    expect(await statuses(admin)).toEqual([
      ...[undefined, undefined, 'Approved', undefined, 'Approved'],
    ])
  })

  test('and of a break-glass that it is pending', async () => {
    const { admin, ann, policy, move } = await model()
    await policy('p', { stage: 'Production' }, { break_glass: { from: ['user:root'] } })
    await move(ann, '1', 'Production')
    const reason = { reason: 'everything is down' }
    await admin.call('POST', '/api/v1/promotions/1/break-glass', reason)
    expect(await statuses(admin)).toEqual(['PendingManualApproval'])
  })
})
