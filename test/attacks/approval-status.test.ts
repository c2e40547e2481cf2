import { expect, test } from 'vitest'
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
