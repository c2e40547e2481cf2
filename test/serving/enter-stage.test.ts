import { expect, test } from 'vitest'
import { sweepCanaries } from '../../src/serving/canary.ts'
import { Clock } from '../support/clock.ts'
import { type Member, team } from '../support/team.ts'

const path = '/api/v1/deployments/ab'
const variants = (then: object = { stage: 'Production' }) => [
  { name: 'old', uri: 'models:/fraud/1', weight: 1 },
  {
    ...{ name: 'new', uri: 'models:/fraud/2' },
    steps: [
      { weight: 10, minutes: 10 },
      { weight: 100, then },
    ],
  },
]

/** Ann and Bob may do everything with `fraud`, whose version 1 is in Production. */
async function world() {
  const clock = new Clock()
  const made = await team({ defaultPermission: 'NO_PERMISSIONS' }, { now: clock.now })
  const { admin, member, grant, platform } = made
  await admin.post('registered-models/create', { name: 'fraud' })
  for (const _ of [1, 2]) {
    await admin.post('model-versions/create', { name: 'fraud', source: 's3://bucket/m' })
  }
  await admin.post('model-versions/transition-stage', {
    ...{ name: 'fraud', version: '1', stage: 'Production', archive_existing_versions: false },
  })
  const [ann, bob] = [await member('ann'), await member('bob')]
  for (const name of ['ann', 'bob']) await grant(name, 'registered_model', 'fraud', 'MANAGE')
  return {
    ...made,
    ann,
    bob,
    put: (who: Member, then?: object) =>
      who.call('PUT', path, { model: 'fraud', variants: variants(then) }),
    guardProduction: () =>
      admin.call('PUT', '/api/v1/policies/prod', {
        applies_to: { models: 'fraud', stage: 'Production' },
        approvals: { required: 1, from: ['user:ann', 'user:bob'] },
      }),
    /** Let the steps pass, and two sweeps run at once. */
    pass: async () => {
      clock.pass(10 * 60_000)
      for (const _ of [1, 2, 3]) {
        await Promise.all([sweepCanaries(platform), sweepCanaries(platform)])
      }
    },
    stages: async () => {
      const { json } = await admin.get('model-versions/search?filter=name%3D%27fraud%27')
      return Object.fromEntries(
        json.model_versions.map((v: { version: string; current_stage: string }) => [
          v.version,
          v.current_stage,
        ]),
      )
    },
    told: async () => (await admin.call('GET', `${path}/history`)).json.items[0].reason,
  }
}

test('after its last step the version of a canary enters the stage, once', async () => {
  const { ann, put, pass, stages, told, admin, entries } = await world()
  expect((await put(ann)).status).toBe(200)
  await pass()
  expect(await stages()).toEqual({ 1: 'Archived', 2: 'Production' })
  expect(await told()).toBe('Version 2 of new is in Production')
  expect((await admin.call('GET', path)).json).not.toHaveProperty('canary')
  expect(await entries('model_version.transitioned')).toHaveLength(2)
})

test('a canary that followed a stage, which is left so, follows the one that was entered', async () => {
  const { ann, admin, pass } = await world()
  await admin.post('model-versions/transition-stage', {
    ...{ name: 'fraud', version: '2', stage: 'Staging', archive_existing_versions: false },
  })
  const [old, grown] = variants()
  const uri = 'models:/fraud/Staging'
  await ann.call('PUT', path, { model: 'fraud', variants: [old, { ...grown, uri }] })
  await pass()
  expect((await admin.call('GET', path)).json.variants).toEqual([
    { name: 'old', uri: 'models:/fraud/1', weight: 0 },
    { name: 'new', uri: 'models:/fraud/Production', weight: 100 },
  ])
})

test('no version enters the stage that came to the variant while the steps went on', async () => {
  const { admin, ann, bob, pass, stages, told } = await world()
  const point = (version: string) =>
    bob.post('registered-models/alias', { name: 'fraud', alias: 'next', version })
  const [old, grown] = variants()
  const split = { model: 'fraud', variants: [old, { ...grown, uri: 'models:/fraud@next' }] }
  expect((await ann.call('PUT', path, split)).status).toBe(404)
  await point('2')
  expect((await ann.call('PUT', path, split)).status).toBe(200)
  await admin.post('model-versions/create', { name: 'fraud', source: 's3://bucket/evil' })
  await point('3')
  await pass()
  expect(await stages()).toEqual({ 1: 'Production', 2: 'None', 3: 'None' })
  expect(await told()).toContain('it means version 3 now, and the steps began with 2')
})

test('under a policy that is a request of whoever wrote the steps, which others approve', async () => {
  const { ann, bob, put, pass, stages, told, guardProduction } = await world()
  expect((await guardProduction()).status).toBe(200)
  await put(ann)
  await pass()
  expect(await stages()).toEqual({ 1: 'Production', 2: 'None' })
  expect(await told()).toContain('new did not enter Production: ')
  const { items } = (await bob.call('GET', '/api/v1/promotions?status=open')).json
  expect(items).toMatchObject([{ version: '2', requested_by: { name: 'ann' } }])
  const review = (who: Member) =>
    who.call('POST', `/api/v1/promotions/${items[0].id}/reviews`, { decision: 'approve' })
  expect((await review(ann)).status).toBe(403)
  expect((await review(bob)).status).toBe(200)
})

test('whoever goes to the last step by hand makes the request', async () => {
  const { ann, bob, put, pass, guardProduction } = await world()
  await guardProduction()
  await put(ann)
  expect((await bob.call('POST', `${path}/promote`, { reason: 'now' })).status).toBe(200)
  await pass()
  const { items } = (await bob.call('GET', '/api/v1/promotions?status=open')).json
  expect(items).toMatchObject([{ version: '2', requested_by: { name: 'bob' } }])
})

test('nobody moves a version by steps who may not by hand, then or now', async () => {
  const { admin, ann, bob, put, pass, stages, told } = await world()
  await put(ann)
  await admin.call('POST', '/api/v1/grants', {
    ...{ principal: 'user:bob', action: 'promote', models: 'fraud', stage: 'Production' },
  })
  expect((await put(ann)).status).toBe(403)
  await pass()
  expect(await stages()).toEqual({ 1: 'Production', 2: 'None' })
  expect(await told()).toMatch(/^new did not enter Production: /)
  expect((await put(bob)).status).toBe(200)
  await admin.call('DELETE', '/api/2.0/mlflow/users/delete', { username: 'bob' })
  await pass()
  expect(await stages()).toEqual({ 1: 'Production', 2: 'None' })
  expect(await told()).toContain('the account of bob is gone')
})

test.each([
  ['a stage that there is not', { stage: 'Nowhere' }],
  ['no stage', {}],
])('then to %s is refused', async (_, then) => {
  const { ann, put } = await world()
  expect((await put(ann, then)).status).toBe(400)
})
