import { describe, expect, test } from 'vitest'
import { sweepPromotions } from '../../../src/governance/upkeep/sweep.ts'
import { person } from '../../support/accounts.ts'
import { governedServer } from '../../support/governed-server.ts'

const ann = person('ann')
const rita = person('rita', { groups: ['reviewers'] })
const hourMs = 3_600_000

/** A server with a policy, and a request of ann's for version 1 of `fraud`. */
async function requested(policy: object, metrics: Record<string, number> = {}) {
  const server = await governedServer()
  await server.policy('p', policy)
  const asAnn = server.as(ann)
  const { version, runId } = await server.version(asAnn, 'fraud', metrics)
  const opened = await asAnn('POST', '/api/v1/promotions', {
    model: 'fraud',
    version,
    to: { stage: 'production' },
    reason: 'better',
  })
  const stage = async () => {
    const got = await server.mlflow(asAnn).get(`model-versions/get?name=fraud&version=${version}`)
    return got.json.model_version.current_stage
  }
  return { ...server, asAnn, asRita: server.as(rita), version, runId, opened, stage }
}

const oneReviewer = { approvals: { required: 1, from: ['group:reviewers'] } }

test('a request is answered whole, and a second one for the same move is refused by its number', async () => {
  const { opened, asAnn, version } = await requested(oneReviewer)
  expect(opened.status).toBe(201)
  expect(opened.json).toMatchObject({
    id: '1',
    model: 'fraud',
    version: '1',
    from: { stage: 'None' },
    to: { stage: 'Production' },
    status: 'open',
    requested_by: { name: 'ann', kind: 'user', verified: true },
    reason: 'better',
    policies: ['p'],
    approvals: { required: 1, given: 0, missing: ['group:reviewers'] },
    can_merge: false,
    blocked_by: ['1 approval'],
    url: 'http://localhost/promotions/1',
  })
  const again = await asAnn('POST', '/api/v1/promotions', {
    model: 'fraud',
    version,
    to: { stage: 'Production' },
  })
  expect([again.status, again.json.error_code]).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
  expect(again.json.message).toContain('#1')
})

test('requests can be listed by what they wait for', async () => {
  const { asAnn, asRita } = await requested(oneReviewer)
  const awaiting = async (call: typeof asAnn) =>
    (await call('GET', '/api/v1/promotions?awaiting=me')).json.items.length
  expect([await awaiting(asAnn), await awaiting(asRita)]).toEqual([0, 1])
  await asRita('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  expect(await awaiting(asRita)).toBe(0)
  const open = await asAnn('GET', '/api/v1/promotions?status=open&requested_by=ann&model=fraud')
  expect(open.json.items).toHaveLength(1)
})

test('what merges by itself merges with the approval that was missing', async () => {
  const { asRita, stage } = await requested({ ...oneReviewer, auto_promote: true })
  const approved = await asRita('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  expect(approved.json).toMatchObject({ status: 'merged', decided_by: { name: 'gatehouse' } })
  expect(await stage()).toBe('Production')
})

test('what merges by itself merges when a check arrives, and when a soak ends', async () => {
  const checked = await requested({
    auto_promote: true,
    gates: [{ name: 'ci', type: 'check', check: 'tests' }],
  })
  expect(checked.opened.json.blocked_by).toEqual([
    "gate 'ci' waits: check 'tests' has no result yet",
  ])
  const asCi = checked.as(person('service:ci', { isAdmin: true }))
  const posted = await asCi('POST', '/api/v1/promotions/1/checks', {
    name: 'tests',
    status: 'passed',
    url: 'https://ci.example.com/1',
  })
  expect(posted.json).toMatchObject({ status: 'merged', checks: [{ name: 'tests' }] })

  const soaking = await requested({
    auto_promote: true,
    gates: [{ name: 'soak', type: 'soak', stage: 'None', hours: 2 }],
  })
  await sweepPromotions(soaking.platform)
  expect(await soaking.stage()).toBe('None')
  soaking.pass(2 * hourMs)
  await sweepPromotions(soaking.platform)
  expect(await soaking.stage()).toBe('Production')
})

test('a request expires, and can then be neither approved nor merged', async () => {
  const { asRita, asAnn, pass, platform } = await requested({
    approvals: { ...oneReviewer.approvals, expire_after_hours: 1 },
  })
  pass(hourMs)
  const late = await asRita('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  expect(late.status).toBe(409)
  await sweepPromotions(platform)
  const expired = await asAnn('GET', '/api/v1/promotions/1')
  expect(expired.json.status).toBe('expired')
})

test('a metric that changes after the approval is judged as it is at the merge', async () => {
  const { asRita, asAnn, mlflow, runId, stage } = await requested(
    {
      ...oneReviewer,
      gates: [{ name: 'm', type: 'metric', metric: 'accuracy', min: 0.9 }],
    },
    { accuracy: 0.95 },
  )
  await asRita('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  await mlflow(asAnn).post('runs/log-metric', {
    run_id: runId,
    key: 'accuracy',
    value: 0.1,
    timestamp: 2,
    step: 1,
  })
  const merged = await asAnn('POST', '/api/v1/promotions/1/merge')
  expect([merged.status, merged.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
  expect(merged.json.message).toContain("gate 'm' failed: accuracy 0.1 < 0.9")
  expect(await stage()).toBe('None')
})

describe('break-glass', () => {
  const policy = { ...oneReviewer, break_glass: { from: ['group:on-call'] } }

  test('is for those whom the policy names, with a reason, and leaves a review open', async () => {
    const { as, asAnn, asRita, stage } = await requested(policy)
    const reason = { reason: 'production is down' }
    expect((await asAnn('POST', '/api/v1/promotions/1/break-glass', reason)).status).toBe(403)
    const oncall = as(person('otto', { groups: ['on-call'] }))
    expect((await oncall('POST', '/api/v1/promotions/1/break-glass', {})).status).toBe(400)
    const merged = await oncall('POST', '/api/v1/promotions/1/break-glass', reason)
    expect(merged.json).toMatchObject({
      status: 'merged',
      break_glass: true,
      blocked_by: ['1 approval'],
    })
    expect(await stage()).toBe('Production')
    expect((await oncall('POST', '/api/v1/promotions/1/follow-up', {})).status).toBe(403)
    const followed = await asRita('POST', '/api/v1/promotions/1/follow-up', { comment: 'right' })
    expect(followed.json.followed_up_by).toBe('rita')
    expect((await asRita('POST', '/api/v1/promotions/1/follow-up', {})).status).toBe(409)
  })
})

describe('a version shows its approval status', () => {
  test('which searches find', async () => {
    const { asAnn, asRita, mlflow } = await requested(oneReviewer)
    const found = async (status: string) => {
      const filter = encodeURIComponent(`approval_status = '${status}'`)
      const res = await mlflow(asAnn).get(`model-versions/search?filter=${filter}`)
      return (res.json.model_versions ?? []).length
    }
    expect(await found('PendingManualApproval')).toBe(1)
    await asRita('POST', '/api/v1/promotions/1/reviews', { decision: 'reject', comment: 'no' })
    expect([await found('PendingManualApproval'), await found('Rejected')]).toEqual([0, 1])
  })

  test('and which a request that decided nothing leaves as it was', async () => {
    const { asAnn, asRita, version, pass, platform } = await requested({
      approvals: { ...oneReviewer.approvals, expire_after_hours: 1 },
    })
    const status = async () => {
      const { json } = await asAnn('GET', `/api/v1/models/fraud/versions/${version}`)
      return [json.approval_status, json.approval?.by.name, json.approval?.reason]
    }
    const ask = (body: object) => asAnn('POST', '/api/v1/promotions', { ...body })
    const move = { model: 'fraud', version, to: { stage: 'Production' } }
    expect((await status())[0]).toBe('PendingManualApproval')
    await asAnn('POST', '/api/v1/promotions/1/close', {})
    expect((await status())[0]).toBeUndefined()
    await ask(move)
    await asRita('POST', '/api/v1/promotions/2/reviews', { decision: 'reject', comment: 'no' })
    await ask({ ...move, reason: 'again' })
    expect(await status()).toEqual(['PendingManualApproval', 'ann', 'again'])
    pass(hourMs)
    await sweepPromotions(platform)
    expect(await status()).toEqual(['Rejected', 'rita', 'no'])
  })
})

test('requests are listed in pages, the newest first, of at most 100', async () => {
  const { asAnn, version } = await requested(oneReviewer)
  for (const stage of ['Staging', 'Archived']) {
    await asAnn('POST', '/api/v1/promotions', { model: 'fraud', version, to: { stage } })
  }
  const list = (query: string) => asAnn('GET', `/api/v1/promotions?${query}`)
  const ids = ({ json }: Awaited<ReturnType<typeof list>>) =>
    json.items.map(({ id }: { id: string }) => id)
  const first = await list('max_results=2')
  expect(ids(first)).toEqual(['3', '2'])
  const second = await list(`max_results=2&page_token=${first.json.next_page_token}`)
  expect([ids(second), second.json.next_page_token]).toEqual([['1'], undefined])
  expect((await list('max_results=101')).status).toBe(400)
})

test('what is there already cannot be asked for', async () => {
  const { asAnn, asRita, version } = await requested(oneReviewer)
  await asRita('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  await asAnn('POST', '/api/v1/promotions/1/merge')
  const again = await asAnn('POST', '/api/v1/promotions', {
    model: 'fraud',
    version,
    to: { stage: 'Production' },
  })
  expect([again.status, again.json.message]).toEqual([
    400,
    "Version 1 of 'fraud' is in Production already; there is nothing to ask for",
  ])
})

test('a draft can be judged on a version and on past requests, and changes nothing', async () => {
  const { admin, asAnn, version } = await requested(oneReviewer, { accuracy: 0.5 })
  const policy = {
    applies_to: { models: 'fr*', stage: 'Production' },
    gates: [{ name: 'm', type: 'metric', metric: 'accuracy', min: 0.9 }],
  }
  const asked = { model: 'fraud', version, to: { stage: 'Production' } }
  const now = await asAnn('POST', '/api/v1/policies/evaluate', asked)
  expect(now.json).toMatchObject({ policies: ['p'], blocked_by: ['1 approval'] })
  const draft = await asAnn('POST', '/api/v1/policies/evaluate', { ...asked, policy })
  expect(draft.json).toMatchObject({
    can_merge: false,
    gates: [{ policy: 'draft', status: 'failed', detail: 'accuracy 0.5 < 0.9' }],
  })
  const replayed = await admin('POST', '/api/v1/policies/p/replay', policy)
  expect(replayed.json.items).toMatchObject([{ promotion_id: '1', was: 'open', can_merge: false }])
  expect((await asAnn('GET', '/api/v1/policies/p')).json.revision).toBe(1)
})

test('what a policy would do is foreseen, and only the revision that was read is replaced', async () => {
  const { admin, asRita, version } = await requested(oneReviewer)
  await asRita('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  const policy = {
    applies_to: { models: 'fraud', stage: 'Production' },
    approvals: { required: 1, from: ['user:rita'] },
  }
  const touched = { promotion_id: '1', model: 'fraud', version }
  const changed = await admin('POST', '/api/v1/policies/p/effects', { policy })
  expect(changed.json).toMatchObject({
    requests: [{ ...touched, closes: false, approvals_lost: 1 }],
    more_requests: 0,
  })
  const gone = await admin('POST', '/api/v1/policies/p/effects', {})
  expect(gone.json).toMatchObject({
    unguarded: { place: 'Production', models: ['fraud'] },
    requests: [{ ...touched, closes: true }],
  })
  expect((await admin('GET', '/api/v1/policies/p')).json.revision).toBe(1)
  const put = (revision: number) => admin('PUT', `/api/v1/policies/p?revision=${revision}`, policy)
  expect([(await put(0)).status, (await put(1)).json.revision, (await put(1)).status]).toEqual([
    409, 2, 409,
  ])
  expect((await admin('DELETE', '/api/v1/policies/p?revision=1')).status).toBe(409)
  expect((await admin('DELETE', '/api/v1/policies/p?revision=2')).status).toBe(200)
})
