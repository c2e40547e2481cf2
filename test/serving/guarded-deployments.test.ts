import { describe, expect, test, vi } from 'vitest'
import { person } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { type Call, client } from '../support/client.ts'
import { governedServer } from '../support/governed-server.ts'
import { watchedDatabase } from '../support/watched-database.ts'

const guarded = {
  applies_to: { models: 'fraud*', deployment: 'fraud-*' },
  approvals: { required: 0, from: ['user:olga'] },
  break_glass: { from: ['user:otto'] },
}
const path = '/api/v1/deployments/fraud-ab'

/** Ann made models `fraud` and `churn`; a policy lets Olga alone change deployments `fraud-*` of `fraud*`. */
async function world() {
  const server = await governedServer()
  const [ann, olga, otto] = ['ann', 'olga', 'otto'].map((name) => server.as(person(name)))
  if (!ann || !olga || !otto) throw new Error('three were named')
  const { post } = server.mlflow(ann)
  for (const name of ['fraud', 'churn']) {
    await post('registered-models/create', { name })
    for (const username of ['olga', 'otto']) {
      await server.as(person(username))('GET', '/api/v1/whoami')
      const grant = { username, resource_type: 'registered_model', resource_id: name }
      await server.admin('POST', '/api/3.0/mlflow/users/permissions/grant', {
        ...grant,
        permission: 'MANAGE',
      })
    }
  }
  const policy = (more: object = {}) => server.policy('weights', { ...guarded, ...more })
  expect((await policy()).status).toBe(200)
  const put = (call: Call, more: object = {}, at = path) =>
    call('PUT', at, {
      model: 'fraud',
      variants: [{ name: 'a', uri: 'models:/fraud/1', weight: 1 }],
      ...more,
    })
  const entries = async (action: string) =>
    (await server.admin('GET', `/api/v1/audit?action=${action}`)).json.items as object[]
  return { ...server, ann, olga, otto, policy, put, entries }
}

const refused = (status = 403) => [status, expect.anything(), 'PERMISSION_DENIED']
const told = ({ status, text, json }: Awaited<ReturnType<Call>>) => [status, text, json.error_code]

describe('a policy on deployments', () => {
  test('lets those whom it names make, change and delete them, and nobody else', async () => {
    const { ann, olga, admin, put, entries } = await world()
    const denied = await put(ann)
    expect(told(denied)).toEqual(refused())
    expect(denied.json.message).toBe(
      "The deployment 'fraud-ab' of 'fraud' is guarded by the policy 'weights', which lets only user:olga change it",
    )
    expect(told(await put(admin))).toEqual(refused())
    expect((await put(olga)).status).toBe(200)
    expect(told(await put(ann, { revision: 1 }))).toEqual(refused())
    expect(told(await ann('DELETE', path))).toEqual(refused())
    expect(await entries('deployment.set')).toHaveLength(1)
    expect(await entries('request.refused')).toHaveLength(3)
    // Deleted by those who may, it is not made again by others, in no spelling.
    expect((await olga('DELETE', path)).status).toBe(200)
    expect(told(await put(ann))).toEqual(refused())
    expect(told(await put(ann, {}, '/api/v1/deployments/FRAUD-AB'))).toEqual(refused())
  })

  test('leaves deployments of other names and other models alone, and stages too', async () => {
    const { ann, put, mlflow, version } = await world()
    expect((await put(ann, {}, '/api/v1/deployments/try')).status).toBe(200)
    const churn = [{ name: 'a', uri: 'models:/churn/1', weight: 1 }]
    expect((await put(ann, { model: 'churn', variants: churn })).status).toBe(200)
    const made = await version(ann, 'fraud')
    const moved = await mlflow(ann).post('model-versions/transition-stage', {
      name: 'fraud',
      version: made.version,
      stage: 'Production',
    })
    expect(moved.status).toBe(200)
  })

  test('keeps the model of a guarded one from being renamed and deleted, and others from a name under it', async () => {
    const { ann, olga, put, mlflow } = await world()
    const { post, del } = mlflow(ann)
    await put(olga)
    const rename = (name: string, new_name: string) =>
      post('registered-models/rename', { name, new_name })
    const out = await rename('fraud', 'scam')
    expect(told(out)).toEqual(refused())
    expect(out.json.message).toContain("guards its deployment 'fraud-ab'; delete that first")
    expect(told(await del('registered-models/delete', { name: 'fraud' }))).toEqual(refused())
    const churn = [{ name: 'a', uri: 'models:/churn/1', weight: 1 }]
    await put(ann, { model: 'churn', variants: churn }, '/api/v1/deployments/fraud-of-churn')
    expect(told(await rename('churn', 'fraud-2'))).toEqual(refused())
    await olga('DELETE', path)
    expect((await rename('fraud', 'scam')).status).toBe(200)
  })

  test('lets those break the glass whom it names for that, with a reason that the audit log has', async () => {
    const { ann, otto, put, entries } = await world()
    const reason = 'version 1 fails on every request'
    expect(told(await put(otto))).toEqual(refused())
    expect(told(await put(ann, { break_glass: true, reason }))).toEqual(refused())
    expect((await put(otto, { break_glass: true, reason: 'now' })).status).toBe(400)
    expect((await put(otto, { break_glass: true, reason })).status).toBe(200)
    expect(await entries('deployment.set')).toMatchObject([
      { reason, actor: { name: 'otto' }, after: { break_glass: true } },
    ])
  })

  test('does not count as broken where it lets the caller', async () => {
    const { olga, put, entries } = await world()
    await put(olga, { break_glass: true, reason: 'less for the challenger' })
    const [entry] = await entries('deployment.set')
    expect(entry).toMatchObject({ reason: 'less for the challenger' })
    expect(entry).not.toHaveProperty('after.break_glass')
  })

  test('is judged at the moment of writing', async () => {
    const { put, policy, admin, platform } = await world()
    await admin('DELETE', '/api/v1/policies/weights')
    const before = vi.fn(async () => {
      if (before.mock.calls.length === 1) await policy()
    })
    const db = watchedDatabase(platform.db, { tables: 'deployments', before })
    const root = person('root', { isAdmin: true })
    const { call } = client(appOf(() => ({ ...platform, db }), root))
    expect(told(await put(call))).toEqual(refused())
    expect(before).toHaveBeenCalledOnce()
    expect((await admin('GET', path)).status).toBe(404)
  })

  test.each([
    ['nobody', { approvals: {} }],
    ['how many approve', { approvals: { required: 1, from: ['user:olga'] } }],
    ['a gate', { gates: [{ name: 'g', type: 'integrity' }] }],
    ['that requests merge', { auto_promote: true }],
    ['how versions come back', { rollback: { skip_approvals: true } }],
    ['a stage too', { applies_to: { models: '*', deployment: '*', stage: 'Production' } }],
  ])('that says %s is refused', async (_, more) => {
    const { policy } = await world()
    const { status, json } = await policy(more)
    expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })
})
