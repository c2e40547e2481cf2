import { expect, test } from 'vitest'
import { admin, authServer } from '../../support/auth-server.ts'

/** A model `fraud` with a version, and everybody may read. */
async function registry() {
  const server = await authServer()
  const { call, mlflow } = server
  const ours = (who: string, method: string, path: string, body?: unknown) =>
    call(who, method, `/api/v1/${path}`, body)
  const newVersion = async () => {
    const source = { name: 'fraud', source: 's3://bucket/model' }
    const made = await mlflow(admin, 'POST', 'model-versions/create', source)
    return String(made.json.model_version.version)
  }
  await mlflow(admin, 'POST', 'registered-models/create', { name: 'fraud' })
  await server.user('release')
  return {
    ...server,
    ours,
    newVersion,
    grant: async (principal: string, action: string, more: object = {}) => {
      const made = await ours(admin, 'POST', 'grants', { principal, action, ...more })
      expect(made.status, made.text).toBe(201)
    },
    permit: (username: string, permission: string) =>
      mlflow(admin, 'POST', 'registered-models/permissions/create', {
        name: 'fraud',
        username,
        permission,
      }),
    move: (who: string, version: string, stage: string) =>
      mlflow(who, 'POST', 'model-versions/transition-stage', { name: 'fraud', version, stage }),
    open: (who: string, version: string, stage = 'Production') =>
      ours(who, 'POST', 'promotions', { model: 'fraud', version, to: { stage } }),
  }
}

test('a request is no way around a grant: neither opened nor merged without it', async () => {
  const { grant, newVersion, open, ours, permit, user } = await registry()
  const [rita, omar] = [await user('rita'), await user('omar')]
  await permit('omar', 'EDIT')
  const version = await newVersion()
  expect((await open(rita, version)).status, 'READ').toBe(403)
  const opened = await open(omar, version)
  expect(opened.status, opened.text).toBe(201)
  await grant('user:release', 'promote', { models: 'fraud*', stage: 'Production' })
  for (const path of ['merge', 'break-glass']) {
    const { status } = await ours(omar, 'POST', `promotions/${opened.json.id}/${path}`, {
      ...(path === 'break-glass' ? { reason: 'r' } : {}),
    })
    expect(status, path).toBe(403)
  }
  expect((await open(omar, await newVersion())).status).toBe(403)
  expect((await open(omar, await newVersion(), 'Staging')).status).toBe(201)
})

test('a rollback takes the right for the stage, and for where the version comes from', async () => {
  const { grant, move, newVersion, ours, permit, user } = await registry()
  const omar = await user('omar')
  await permit('omar', 'EDIT')
  const [first, second] = [await newVersion(), await newVersion()]
  await move(admin, first, 'Production')
  await move(admin, second, 'Production')
  await move(admin, first, 'Staging')
  const back = () =>
    ours(omar, 'POST', 'models/fraud/rollback', { stage: 'production', reason: 'wrong' })
  await grant('user:release', 'promote', { models: 'fraud', stage: 'Staging' })
  expect((await back()).status, 'out of Staging').toBe(403)
  await grant('user:omar', 'promote', { models: 'fraud', stage: 'Staging' })
  await grant('user:release', 'promote', { models: 'fraud', stage: 'Production' })
  expect((await back()).status, 'into Production').toBe(403)
  await grant('user:omar', 'promote', { models: 'fraud', stage: 'Production' })
  const done = await back()
  expect(done.status, done.text).toBe(200)
})

test("as soon as a grant of 'approve' names a model, only its holders decide", async () => {
  const { grant, newVersion, open, ours, user } = await registry()
  const [rita, omar] = [await user('rita'), await user('omar')]
  await ours(admin, 'PUT', 'policies/p', {
    applies_to: { models: 'fraud', stage: 'Production' },
    approvals: { required: 2, from: ['user:rita', 'user:omar'], author_may_approve: true },
  })
  const { id } = (await open(admin, await newVersion())).json
  const review = (who: string, decision: string) =>
    ours(who, 'POST', `promotions/${id}/reviews`, { decision })
  const awaiting = async (who: string) =>
    (await ours(who, 'GET', 'promotions?awaiting=me')).json.items.length
  expect((await review(omar, 'approve')).status).toBe(200)
  expect(await awaiting(rita)).toBe(1)
  await user('risk')
  await grant('user:risk', 'approve', { models: 'fraud*' })
  expect(await awaiting(rita)).toBe(0)
  for (const decision of ['approve', 'reject']) {
    expect((await review(rita, decision)).status).toBe(403)
  }
  expect((await review(rita, 'comment')).status).toBe(200)
  await grant('user:rita', 'approve', { models: 'fraud' })
  expect((await review(rita, 'approve')).status).toBe(200)
})

test('who manages the policies of some models neither takes over nor deletes those of others', async () => {
  const { grant, ours, user } = await registry()
  const rita = await user('rita')
  await grant('user:rita', 'manage_policies', { models: 'churn-*' })
  const policy = (models: string) => ({ applies_to: { models, stage: 'Production' } })
  const put = (name: string, models: string) =>
    ours(rita, 'PUT', `policies/${name}`, policy(models))
  await ours(admin, 'PUT', 'policies/fraud', policy('fraud*'))
  expect((await put('churn', 'churn-*')).status).toBe(200)
  expect((await put('churn', 'churn-eu')).status).toBe(200)
  expect((await put('churn', '*')).status).toBe(403)
  expect((await put('fraud', 'churn-*')).status).toBe(403)
  expect((await ours(rita, 'DELETE', 'policies/fraud')).status).toBe(403)
  expect((await ours(rita, 'DELETE', 'policies/none')).status).toBe(403)
  expect((await ours(rita, 'DELETE', 'policies/churn')).status).toBe(200)
  await ours(admin, 'DELETE', 'policies/fraud')
  expect((await put('fraud', 'churn-*')).status, 'once it is deleted').toBe(403)
})

test('requests about a model are shown to its readers alone, by each way', async () => {
  const { newVersion, open, ours, permit, user } = await registry()
  const rita = await user('rita')
  const { id } = (await open(admin, await newVersion())).json
  const items = async () => (await ours(rita, 'GET', 'promotions')).json.items
  expect(await items()).toHaveLength(1)
  await permit('rita', 'NO_PERMISSIONS')
  expect(await items()).toEqual([])
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['POST', '/reviews', { decision: 'comment', comment: 'c' }],
    ['POST', '/checks', { name: 'ci', status: 'passed' }],
    ['POST', '/close', {}],
    ['POST', '/follow-up', {}],
  ] as const) {
    expect((await ours(rita, method, `promotions/${id}${path}`, body)).status, path).toBe(403)
  }
  const question = { model: 'fraud', version: '1', to: { stage: 'Production' } }
  expect((await ours(rita, 'POST', 'policies/evaluate', question)).status).toBe(403)
})
