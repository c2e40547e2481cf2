import { expect, test } from 'vitest'
import { admin, authServer } from '../../support/auth-server.ts'

/** A server on which a thing takes a permission, with ada, who makes things, and bob. */
async function strictServer() {
  const server = await authServer()
  const { platform } = server
  Object.assign(platform, {
    settings: { ...platform.settings, defaultPermission: 'NO_PERMISSIONS' },
  })
  const ada = await server.user('ada')
  const bob = await server.user('bob')
  const grant = (who: string, type: string, id: string, permission = 'EDIT') =>
    server.as(who).post3('users/permissions/grant', {
      username: 'bob',
      resource_type: type,
      resource_id: id,
      permission,
    })
  const listed = async () => {
    const path = '/api/3.0/mlflow/users/permissions/list?username=bob'
    const { json } = await server.call(admin, 'GET', path)
    return json.permissions.map((p: Record<string, unknown>) => [
      p.resource_type,
      p.resource_pattern,
      p.permission,
      p.is_ahead ?? false,
    ])
  }
  return { ...server, ada, bob, grant, listed }
}

test('what an administrator gives on a model ahead is kept by name, shown as such, and holds once it is made', async () => {
  const { mlflow, ada, bob, grant, listed } = await strictServer()
  expect((await grant(admin, 'registered_model', 'fraud')).status).toBe(200)
  expect((await grant(admin, 'registered_model', 'other')).status).toBe(200)
  expect(await listed()).toEqual([
    ['registered_model', 'fraud', 'EDIT', true],
    ['registered_model', 'other', 'EDIT', true],
  ])
  await mlflow(ada, 'POST', 'registered-models/create', { name: 'fraud' })
  expect(await listed()).toEqual([
    ['registered_model', 'fraud', 'EDIT', false],
    ['registered_model', 'other', 'EDIT', true],
  ])
  const tag = { name: 'fraud', key: 'k', value: 'v' }
  expect((await mlflow(bob, 'POST', 'registered-models/set-tag', tag)).status).toBe(200)
  const renamed = { name: 'fraud', new_name: 'fraud-2' }
  expect((await mlflow(bob, 'POST', 'registered-models/rename', renamed)).status).toBe(403)
})

test('a permission that was given ahead can be read, changed and taken back by its name', async () => {
  const { mlflow, ada, bob, listed } = await strictServer()
  for (const [kind, on] of [
    ['registered-models', { name: 'fraud', username: 'bob' }],
    ['experiments', { experiment_id: 'b4d6fb3f6e5f', username: 'bob' }],
    ['experiments', { experiment_id: '77', username: 'bob' }],
  ] as const) {
    const call = (method: string, verb: string, more: object = {}) =>
      mlflow(admin, method, `${kind}/permissions/${verb}`, { ...on, ...more })
    expect((await call('POST', 'create', { permission: 'EDIT' })).status).toBe(200)
    expect((await call('POST', 'create', { permission: 'EDIT' })).json.error_code).toBe(
      'RESOURCE_ALREADY_EXISTS',
    )
    expect((await call('PATCH', 'update', { permission: 'MANAGE' })).status).toBe(200)
    const query = new URLSearchParams(Object.entries(on)).toString()
    const read = await mlflow(admin, 'GET', `${kind}/permissions/get?${query}`)
    expect(JSON.stringify(read.json)).toContain('"permission":"MANAGE"')
    expect((await call('DELETE', 'delete')).status).toBe(200)
  }
  expect(await listed()).toEqual([])
  await mlflow(ada, 'POST', 'registered-models/create', { name: 'fraud' })
  expect((await mlflow(bob, 'GET', 'registered-models/get?name=fraud')).status).toBe(403)
})

test('an experiment that is made later has what an administrator gave on its id', async () => {
  const { mlflow, ada, bob, grant } = await strictServer()
  const first = await mlflow(ada, 'POST', 'experiments/create', { name: 'one' })
  const next = String(Number(first.json.experiment_id) + 1)
  expect((await grant(admin, 'experiment', next, 'READ')).status).toBe(200)
  const second = await mlflow(ada, 'POST', 'experiments/create', { name: 'two' })
  expect(second.json.experiment_id).toBe(next)
  const get = async (id: string) =>
    (await mlflow(bob, 'GET', `experiments/get?experiment_id=${id}`)).status
  expect([await get(next), await get(first.json.experiment_id)]).toEqual([200, 403])
})

test('nobody but an administrator gives anything ahead, on any name, to anybody', async () => {
  const { mlflow, ada, bob, grant, listed } = await strictServer()
  for (const id of ['fraud', '?fraud', '0', '*', '77']) {
    for (const type of ['registered_model', 'prompt', 'experiment']) {
      const { status } = await grant(bob, type, id, 'MANAGE')
      expect([400, 403, 404]).toContain(status)
    }
  }
  const on = { name: 'fraud', username: 'bob', permission: 'MANAGE' }
  expect(
    (await mlflow(bob, 'POST', 'registered-models/permissions/create', on)).status,
  ).toBeGreaterThanOrEqual(403)
  await mlflow(ada, 'POST', 'registered-models/create', { name: 'fraud' })
  expect(await listed()).toEqual([])
  expect((await mlflow(bob, 'GET', 'registered-models/get?name=fraud')).status).toBe(403)
})

test('a model called as the mark of what is ahead gets nothing of another', async () => {
  const { mlflow, ada, bob, grant } = await strictServer()
  await grant(admin, 'registered_model', 'fraud')
  await mlflow(ada, 'POST', 'registered-models/create', { name: '?fraud' })
  expect((await mlflow(bob, 'GET', 'registered-models/get?name=%3Ffraud')).status).toBe(403)
  await mlflow(ada, 'POST', 'registered-models/create', { name: 'fraud' })
  expect((await mlflow(bob, 'GET', 'registered-models/get?name=fraud')).status).toBe(200)
})

test('what was given on a model goes with it, and the next of its name has none of it', async () => {
  const { mlflow, ada, bob, grant } = await strictServer()
  await grant(admin, 'registered_model', 'fraud')
  await mlflow(ada, 'POST', 'registered-models/create', { name: 'fraud' })
  await mlflow(ada, 'DELETE', 'registered-models/delete', { name: 'fraud' })
  await mlflow(ada, 'POST', 'registered-models/create', { name: 'fraud' })
  expect((await mlflow(bob, 'GET', 'registered-models/get?name=fraud')).status).toBe(403)
})

test('a call about an upload in parts is judged before it is read', async () => {
  const { mlflow, call, ada, bob } = await strictServer()
  const { json } = await mlflow(ada, 'POST', 'experiments/create', { name: 'one' })
  const folder = `${json.experiment_id}/x/artifacts`
  for (const verb of ['create', 'complete', 'abort']) {
    const path = `/api/2.0/mlflow-artifacts/mpu/${verb}/${folder}`
    expect((await call(bob, 'POST', path, {})).status).toBe(403)
    const own = await call(ada, 'POST', path, {})
    expect([own.status, own.json.message]).toEqual([
      400,
      "Missing value for required parameter 'path'.",
    ])
  }
})
