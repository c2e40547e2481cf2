import { expect, test } from 'vitest'
import { guardedModel } from '../support/guarded-model.ts'

const skip = { rollback: { skip_approvals: true } }

/** Production is guarded, and ann asks for version 1 to enter it. */
async function asked(more: object = {}) {
  const server = await guardedModel()
  const { policy, move, ann, admin } = server
  await policy('p', { stage: 'Production' }, more)
  expect((await move(ann, '1', 'Production')).status).toBe(403)
  const request = async (id = '1') => (await admin.call('GET', `/api/v1/promotions/${id}`)).json
  return { ...server, request }
}

test('a request closes by itself when its version is deleted, or its model', async () => {
  const { ann, move, request, entries, approve } = await asked()
  await move(ann, '2', 'Production')
  await ann.del('model-versions/delete', { name: 'fraud', version: '1' })
  expect(await request()).toMatchObject({
    status: 'superseded',
    closed_because: 'the version was deleted',
    decided_by: { name: 'ann' },
  })
  const [entry] = await entries('promotion.superseded')
  expect(entry?.after).toEqual({
    promotion: '1',
    to: { stage: 'Production' },
    because: 'the version was deleted',
  })
  const late = await approve('1')
  expect([late.status, late.json.message]).toEqual([
    409,
    expect.stringContaining('superseded (the version was deleted)'),
  ])
  expect(await request('2')).toMatchObject({ status: 'open' })
  await ann.del('registered-models/delete', { name: 'fraud' })
  expect(await request('2')).toMatchObject({ status: 'superseded' })
  expect(await entries('promotion.superseded')).toHaveLength(2)
})

test('a request closes by itself when its version comes there by a rollback', async () => {
  const { ann, signedOff, move, request } = await asked(skip)
  await signedOff('1', 'Production')
  await signedOff('2', 'Production', true)
  expect((await move(ann, '1', 'Production')).status).toBe(403)
  expect(await request('3')).toMatchObject({ status: 'open' })
  const back = await ann.call('POST', '/api/v1/models/fraud/rollback', {
    stage: 'Production',
    reason: 'incident',
  })
  expect(back.status).toBe(200)
  expect(await request('3')).toMatchObject({
    status: 'superseded',
    closed_because: 'the version came there another way',
  })
  const found = await ann.call('GET', '/api/v1/models/fraud/versions/1')
  expect(found.json).toMatchObject({
    approval_status: 'Approved',
    approval: { by: { name: 'rita' } },
  })
})

test('a request closes by itself when its policy goes, or guards something else, and not when another stays', async () => {
  const { admin, policy, request } = await asked()
  await policy('q', { models: 'f*', stage: 'Production' })
  await admin.call('DELETE', '/api/v1/policies/q')
  await policy('p', { stage: 'Production' }, { auto_promote: true })
  expect(await request()).toMatchObject({ status: 'open' })
  await policy('p', { stage: 'Staging' })
  expect(await request()).toMatchObject({
    status: 'superseded',
    closed_because: 'the policy that guarded its target does so no longer',
  })
  const other = await asked()
  await other.admin.call('DELETE', '/api/v1/policies/p')
  expect(await other.request()).toMatchObject({ status: 'superseded' })
})

test('a request closes by itself when its stage is removed', async () => {
  const { admin, policy, move, ann, request } = await asked()
  const { items } = (await admin.call('GET', '/api/v1/stages')).json
  await admin.call('PUT', '/api/v1/stages', { items: [...items, { name: 'Canary' }] })
  await policy('q', { stage: 'Canary' })
  expect((await move(ann, '1', 'Canary')).status).toBe(403)
  expect((await admin.call('PUT', '/api/v1/stages', { items })).status).toBe(200)
  expect(await request('2')).toMatchObject({
    status: 'superseded',
    closed_because: 'the stage was removed',
  })
  expect(await request()).toMatchObject({ status: 'open' })
})

test("a request goes by its model's present name, and is judged by the policies of that", async () => {
  const { admin, ann, approve, request, policy } = await asked()
  await policy(
    'strict',
    { models: 'prod-*', stage: 'Production' },
    {
      approvals: { required: 2, from: ['group:reviewers'] },
    },
  )
  await approve('1')
  expect((await request()).can_merge).toBe(true)
  await ann.post('registered-models/rename', { name: 'fraud', new_name: 'prod-fraud' })
  expect(await request()).toMatchObject({ model: 'prod-fraud', status: 'open', can_merge: false })
  expect((await request()).policies).toEqual(['strict'])
  const listed = await admin.call('GET', '/api/v1/promotions?model=prod-fraud')
  expect(listed.json.items).toHaveLength(1)
  expect((await ann.call('POST', '/api/v1/promotions/1/merge')).status).toBe(403)
})

test('a version in the stage may ask for the others to be archived', async () => {
  const { ann, admin, signedOff, move, request } = await asked()
  await signedOff('1', 'Production')
  await signedOff('2', 'Production')
  expect((await move(ann, '1', 'Production', true)).status).toBe(403)
  await move(ann, '3', 'Staging')
  expect(await request('3')).toMatchObject({ status: 'open' })
  expect((await admin.call('POST', '/api/v1/promotions/3/close')).status).toBe(200)
})
