import { describe, expect, test } from 'vitest'
import { guardedModel } from '../../support/guarded-model.ts'

describe('a grant to approve for one stage', () => {
  test('is for its holders alone, and for no other stage', async () => {
    const { policy, move, admin, ann, rita } = await guardedModel()
    await policy('p', { stage: 'Production' })
    await policy('s', { stage: 'Staging' })
    const grant = (principal: string, place: object) =>
      admin.call('POST', '/api/v1/grants', {
        ...{ principal, action: 'approve', models: 'fraud' },
        ...place,
      })
    expect((await grant('user:ann', { stage: 'A', alias: 'b' })).status).toBe(400)
    const made = await grant('user:ann', { stage: 'prod*' })
    expect(made.status, made.text).toBe(201)
    await move(ann, '1', 'Production')
    await move(ann, '1', 'Staging')
    const approve = (id: string) =>
      rita.call('POST', `/api/v1/promotions/${id}/reviews`, { decision: 'approve' })
    const refused = await approve('1')
    expect(refused.status).toBe(403)
    expect(refused.text).toContain("grant of 'approve' for model 'fraud', stage 'Production'")
    expect((await approve('2')).status).toBe(200)

    const own = await grant('user:rita', { stage: 'Production' })
    expect((await approve('1')).json.approvals.given).toBe(1)
    // Taken away, it takes the approval along.
    await admin.call('DELETE', `/api/v1/grants/${own.json.id}`)
    const now = await ann.call('GET', '/api/v1/promotions/1')
    expect(now.json.approvals.given).toBe(0)
    expect((await move(ann, '1', 'Production')).status).toBe(403)
  })

  test('is no narrower than one for all places', async () => {
    const { policy, move, admin, ann, rita } = await guardedModel()
    await policy('p', { stage: 'Production' })
    const grant = (principal: string, place: object = {}) =>
      admin.call('POST', '/api/v1/grants', {
        ...{ principal, action: 'approve', models: 'fraud' },
        ...place,
      })
    await grant('user:ann', { alias: 'champion' })
    await grant('user:ann')
    await move(ann, '1', 'Production')
    const approve = () => rita.call('POST', '/api/v1/promotions/1/reviews', { decision: 'approve' })
    expect((await approve()).status).toBe(403)
    await grant('group:reviewers')
    expect((await approve()).status).toBe(200)
  })
})
