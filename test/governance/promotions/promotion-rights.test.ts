import { expect, test } from 'vitest'
import { admin, authServer } from '../../support/auth-server.ts'

const promotions = '/api/v1/promotions'
const request = { model: 'fraud', version: '1', to: { stage: 'Production' } }

/** ann has a model with version 1; bob may read it, and eve may not. Nothing is under a policy. */
async function owned() {
  const server = await authServer()
  const { mlflow, user, call } = server
  const [ann, bob, eve] = [await user('ann'), await user('bob'), await user('eve')]
  await mlflow(ann, 'POST', 'registered-models/create', { name: 'fraud' })
  await mlflow(ann, 'POST', 'model-versions/create', { name: 'fraud', source: 's3://b/m' })
  const none = { name: 'fraud', username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'registered-models/permissions/create', none)
  return { call, ann, bob, eve }
}

test('only who may move a version may ask for the move, and make it', async () => {
  const { call, ann, bob, eve } = await owned()
  for (const stranger of [bob, eve]) {
    expect((await call(stranger, 'POST', promotions, request)).status).toBe(403)
  }
  const alias = { ...request, to: { alias: 'champion' } }
  expect((await call(bob, 'POST', promotions, alias)).status).toBe(403)
  expect((await call(ann, 'POST', promotions, request)).status).toBe(201)
  expect((await call(bob, 'POST', `${promotions}/1/merge`)).status).toBe(403)
  const check = { name: 'ci', status: 'passed' }
  expect((await call(bob, 'POST', `${promotions}/1/checks`, check)).status).toBe(403)
  expect((await call(ann, 'POST', `${promotions}/1/merge`)).json.status).toBe('merged')
})

test('a request is seen by those who may read its model', async () => {
  const { call, ann, bob, eve } = await owned()
  await call(ann, 'POST', promotions, request)
  const seen = async (who: string) => [
    (await call(who, 'GET', `${promotions}/1`)).status,
    (await call(who, 'GET', promotions)).json.items.length,
  ]
  expect(await seen(bob)).toEqual([200, 1])
  expect(await seen(eve)).toEqual([403, 0])
  const comment = { decision: 'comment', comment: 'hm' }
  expect((await call(eve, 'POST', `${promotions}/1/reviews`, comment)).status).toBe(403)
  expect((await call(bob, 'POST', `${promotions}/1/reviews`, comment)).status).toBe(200)
})

test('neither a rollback nor a dry run goes past the rights on the model', async () => {
  const { call, ann, bob, eve } = await owned()
  const evaluate = (who: string) => call(who, 'POST', '/api/v1/policies/evaluate', request)
  expect([(await evaluate(bob)).status, (await evaluate(eve)).status]).toEqual([200, 403])
  const grant = { principal: 'user:bob', action: 'promote', models: '*', stage: 'Production' }
  await call(admin, 'POST', '/api/v1/grants', grant)
  const back = { stage: 'production', reason: 'worse' }
  const refused = await call(ann, 'POST', '/api/v1/models/fraud/rollback', back)
  expect([refused.status, refused.json.message]).toEqual([403, expect.stringContaining('promote')])
})

test('under policies that ask for no approval, a decision takes the right to make the move', async () => {
  const { call, ann, bob } = await owned()
  const applies_to = { models: 'fraud', stage: 'Production' }
  const gates = [{ name: 'tested', type: 'check', check: 'tests' }]
  await call(admin, 'PUT', '/api/v1/policies/gates', { applies_to, gates })
  await call(ann, 'POST', promotions, request)
  const review = (who: string, decision: string) =>
    call(who, 'POST', `${promotions}/1/reviews`, { decision })
  for (const decision of ['approve', 'reject']) {
    const refused = await review(bob, decision)
    expect([refused.status, refused.json.message]).toEqual([403, expect.stringContaining('EDIT')])
  }
  const approvals = { required: 1, from: ['user:bob'] }
  await call(admin, 'PUT', '/api/v1/policies/approvals', { applies_to, approvals })
  const awaiting = async (who: string) =>
    (await call(who, 'GET', `${promotions}?awaiting=me`)).json.items.length
  expect([await awaiting(ann), await awaiting(bob)]).toEqual([0, 1])
  expect((await review(ann, 'reject')).status).toBe(403)
  expect((await review(bob, 'reject')).json.status).toBe('rejected')
})
