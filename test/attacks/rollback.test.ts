import { describe, expect, test } from 'vitest'
import { guardedModel } from '../support/guarded-model.ts'
import type { Member } from '../support/team.ts'

describe('a rollback without a new sign-off brings back what was signed off, and nothing else', () => {
  const skip = { rollback: { skip_approvals: true } }
  const back = (who: Member, to_version?: string, model = 'fraud') =>
    who.call('POST', `/api/v1/models/${model}/rollback`, {
      stage: 'Production',
      reason: 'incident',
      ...(to_version ? { to_version } : {}),
    })

  test('not what was in the stage before it was guarded', async () => {
    const { policy, move, signedOff, ann, places } = await guardedModel()
    await move(ann, '1', 'Production', true)
    await policy('p', { stage: 'Production' }, skip)
    await signedOff('2', 'Production', true)
    for (const to of ['1', undefined]) {
      const refused = await back(ann, to)
      expect([refused.status, refused.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
    }
    expect(await places()).toMatchObject({ 1: ['Archived'], 2: ['Production'] })
  })

  test('the version before is the last that was signed off', async () => {
    const { admin, policy, move, signedOff, ann, places } = await guardedModel()
    await policy('p', { stage: 'Production' }, skip)
    await signedOff('1', 'Production', true)
    await admin.call('DELETE', '/api/v1/policies/p')
    await move(ann, '2', 'Production', true)
    await policy('p', { stage: 'Production' }, skip)
    await signedOff('3', 'Production', true)
    expect((await back(ann)).status).toBe(200)
    expect(await places()).toMatchObject({ 1: ['Production'], 2: ['Archived'], 3: ['Archived'] })
  })

  test('not what came in under another name, by nobody or by a weaker policy', async () => {
    const { admin, policy, move, ann, places } = await guardedModel()
    await policy('p', { models: 'prod-*', stage: 'Production' }, skip)
    await policy('weak', { stage: 'Production' }, { approvals: {} })
    expect((await move(ann, '1', 'Production')).status).toBe(200)
    await admin.call('DELETE', '/api/v1/policies/weak')
    await move(ann, '2', 'Production', true)
    await move(ann, '2', 'None')
    const renamed = { name: 'fraud', new_name: 'prod-fraud' }
    expect((await ann.post('registered-models/rename', renamed)).status).toBe(200)
    for (const to of ['1', '2']) expect((await back(ann, to, 'prod-fraud')).status).toBe(403)
    await admin.post('registered-models/rename', { name: 'prod-fraud', new_name: 'fraud' })
    expect(await places()).toMatchObject({ 1: ['Archived'], 2: ['None'] })
  })

  test('not what a general policy let in, where a stricter one guards too', async () => {
    const { policy, move, signedOff, ann } = await guardedModel()
    await policy('general', { models: '*', stage: 'Production' }, skip)
    await policy('strict', { models: 'prod-*', stage: 'Production' }, skip)
    await signedOff('1', 'Production')
    await move(ann, '1', 'Archived')
    const renamed = { name: 'fraud', new_name: 'prod-fraud' }
    expect((await ann.post('registered-models/rename', renamed)).status).toBe(200)
    expect((await back(ann, '1', 'prod-fraud')).status).toBe(403)
  })

  test('what was signed off comes back under a new name of the model', async () => {
    const { policy, move, signedOff, ann } = await guardedModel()
    await policy('p', { models: '*', stage: 'Production' }, skip)
    await signedOff('1', 'Production', true)
    expect((await move(ann, '1', 'Archived')).status).toBe(200)
    await ann.post('registered-models/rename', { name: 'fraud', new_name: 'fraud-2' })
    expect((await back(ann, '1', 'fraud-2')).status).toBe(200)
  })

  test('not what broke the glass', async () => {
    const { admin, policy, move, signedOff, ann } = await guardedModel()
    const glass = { break_glass: { from: ['user:root'] } }
    await policy('p', { stage: 'Production' }, { ...skip, ...glass })
    await move(ann, '1', 'Production')
    const broken = await admin.call('POST', '/api/v1/promotions/1/break-glass', {
      reason: 'everything is down',
    })
    expect(broken.status).toBe(200)
    await signedOff('2', 'Production', true)
    expect((await back(ann, '1')).status).toBe(403)
  })

  test('nor throws out the others for a version that is in the stage already', async () => {
    const { policy, signedOff, approve, ann, places } = await guardedModel()
    await policy('p', { stage: 'Production' }, skip)
    for (const version of ['1', '2', '3']) await signedOff(version, 'Production')
    for (const to of ['1', undefined]) {
      const refused = await back(ann, to)
      expect([refused.status, refused.json.error_code]).toEqual([403, 'PERMISSION_DENIED'])
    }
    expect(await places()).toMatchObject({
      1: ['Production'],
      2: ['Production'],
      3: ['Production'],
    })
    // The request that was opened archives the others, once somebody signs that off.
    expect((await approve('4')).status).toBe(200)
    expect((await back(ann, '1')).status).toBe(200)
    expect(await places()).toMatchObject({ 1: ['Production'], 2: ['Archived'], 3: ['Archived'] })
  })

  test('the stage then names the request and the approvers by which the version came in', async () => {
    const { policy, signedOff, ann } = await guardedModel()
    await policy('p', { stage: 'Production' }, skip)
    const id = await signedOff('1', 'Production', true)
    await signedOff('2', 'Production', true)
    expect((await back(ann)).status).toBe(200)
    const held = await ann.call('GET', '/api/v1/models/fraud/stages/Production')
    expect(held.json.items).toMatchObject([
      {
        version: '1',
        since: { approved_by: ['rita'], promotion_id: id, requested_by: { name: 'ann' } },
      },
    ])
  })
})
