import { describe, expect, test } from 'vitest'
import { person } from '../../support/accounts.ts'
import { governedServer } from '../../support/governed-server.ts'

const ann = person('ann')
const rita = person('rita', { groups: ['reviewers'] })
const rob = person('rob', { groups: ['reviewers'] })

const signOff = {
  approvals: { required: 1, from: ['group:reviewers'] },
  gates: [
    { name: 'accurate', type: 'expression', expression: 'candidate.metrics.accuracy >= 0.9' },
  ],
}

async function waiting(
  metrics: Record<string, number> = { accuracy: 0.95 },
  more: object = signOff,
) {
  const server = await governedServer()
  await server.policy('sign-off', more)
  const asAnn = server.as(ann)
  const { version, runId } = await server.version(asAnn, 'fraud', metrics)
  const move = (stage = 'Production') =>
    server.mlflow(asAnn).post('model-versions/transition-stage', {
      name: 'fraud',
      version,
      stage,
      archive_existing_versions: true,
    })
  const stage = async () => {
    const got = await server.mlflow(asAnn).get(`model-versions/get?name=fraud&version=${version}`)
    return got.json.model_version.current_stage
  }
  return { ...server, asAnn, version, runId, move, stage }
}

describe('an unchanged client under a policy', () => {
  test('is told of the request that was opened, and nothing moves; after sign-off the same call succeeds', async () => {
    const { as, move, stage } = await waiting()
    const refused = await move()
    expect(refused.status).toBe(403)
    expect(refused.json.message).toBe(
      'Promotion request #1 is open for fraud version 1 -> Production: needs 1 approval (group:reviewers). Review it at http://localhost/promotions/1',
    )
    expect(await stage()).toBe('None')
    expect((await move()).json.message).toContain('#1')
    const approved = await as(rita)('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
    expect(approved.json).toMatchObject({ status: 'open', can_merge: true, blocked_by: [] })
    expect((await move()).json.model_version.current_stage).toBe('Production')
    const merged = await as(rita)('GET', '/api/v1/promotions/1')
    expect(merged.json).toMatchObject({
      status: 'merged',
      policy_revisions: [{ name: 'sign-off', revision: 1 }],
      gates: [
        { status: 'passed', detail: expect.stringContaining('candidate.metrics.accuracy = 0.95') },
      ],
      approvals: { required: 1, given: 1, missing: [] },
    })
  })

  test('moves as MLflow lets it where no policy matches', async () => {
    const { move, stage } = await waiting()
    expect((await move('Staging')).status).toBe(200)
    expect(await stage()).toBe('Staging')
  })

  test('is told which gate failed and by which value', async () => {
    const { as, move } = await waiting({ accuracy: 0.5 })
    await move()
    await as(rita)('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
    const refused = await move()
    expect(refused.status).toBe(403)
    expect(refused.json.message).toContain("gate 'accurate' failed")
    expect(refused.json.message).toContain('candidate.metrics.accuracy = 0.5')
  })
})

describe('who may approve', () => {
  test('is neither the requester, nor the author, nor anybody outside the list', async () => {
    const { as, asAnn, move } = await waiting()
    await move()
    const review = { decision: 'approve' }
    const own = await asAnn('POST', '/api/v1/promotions/1/reviews', review)
    expect([own.status, own.json.message]).toEqual([
      403,
      "'ann' may not review this request: the requester may not approve",
    ])
    const outside = await as(person('eve'))('POST', '/api/v1/promotions/1/reviews', review)
    expect(outside.json.message).toContain('only group:reviewers may approve')
    const claimed = await as({ ...rita, verified: false })(
      'POST',
      '/api/v1/promotions/1/reviews',
      review,
    )
    expect(claimed.status).toBe(403)
  })

  test('rejects too, which ends the request', async () => {
    const { as, move, stage } = await waiting()
    await move()
    const rejected = await as(rita)('POST', '/api/v1/promotions/1/reviews', {
      decision: 'reject',
      comment: 'no',
    })
    expect(rejected.json).toMatchObject({ status: 'rejected' })
    const late = await as(rob)('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
    expect(late.status).toBe(409)
    expect(await stage()).toBe('None')
    expect((await move()).json.message).toContain('#2')
  })

  test('counts in one rule only', async () => {
    const { as, move } = await waiting(
      { accuracy: 1 },
      {
        approvals: {
          rules: [
            { required: 2, from: ['group:risk'] },
            { required: 1, from: ['group:leads'] },
          ],
        },
      },
    )
    await move()
    const approve = (name: string, groups: string[]) =>
      as(person(name, { groups }))('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
    await approve('both', ['risk', 'leads'])
    const two = await approve('r1', ['risk'])
    expect(two.json.approvals).toMatchObject({ required: 3, given: 2 })
    const three = await approve('r2', ['risk'])
    expect(three.json).toMatchObject({ approvals: { given: 3, missing: [] }, can_merge: true })
  })
})

test('an approval is dismissed when the policy it was given under changes', async () => {
  const { as, move, policy } = await waiting()
  await move()
  await as(rita)('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  await policy('sign-off', {
    ...signOff,
    approvals: { ...signOff.approvals, expire_after_hours: 5 },
  })
  const now = await as(rita)('GET', '/api/v1/promotions/1')
  expect(now.json).toMatchObject({
    can_merge: false,
    blocked_by: ['1 approval'],
    reviews: [{ dismissed: 'a policy changed since' }],
  })
})

test('of sixteen mergers at once one merges', async () => {
  const { as, move, asAnn, stage } = await waiting()
  await move()
  await as(rita)('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  const merges = await Promise.all(
    Array.from({ length: 16 }, () => asAnn('POST', '/api/v1/promotions/1/merge')),
  )
  expect(merges.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1)
  expect(await stage()).toBe('Production')
})

test('a version that holds a guarded stage is neither deleted nor renamed away, nor is its model', async () => {
  const { as, move, mlflow, asAnn, version } = await waiting()
  await move()
  await as(rita)('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
  await move()
  const { del, post } = mlflow(asAnn)
  const attempts = [
    await del('model-versions/delete', { name: 'fraud', version }),
    await del('registered-models/delete', { name: 'fraud' }),
    await post('registered-models/rename', { name: 'fraud', new_name: 'other' }),
  ]
  expect(attempts.map(({ status }) => status)).toEqual([403, 403, 403])
})
