import { expect, test } from 'vitest'
import { operations, readingPosts } from '../../../src/mlflow/surface.ts'
import { admin, adminPassword, authServer, password } from '../../support/auth-server.ts'
import { basic } from '../../support/client.ts'

test('users are made, shown and listed as MLflow does', async () => {
  const { mlflow } = await authServer()
  const create = (body: object) => mlflow(admin, 'POST', 'users/create', body)
  const made = await create({ username: 'bob', password: 'password1234' })
  // Clients before MLflow 3.13 look for these lists.
  const lists = {
    experiment_permissions: [],
    registered_model_permissions: [],
    scorer_permissions: [],
  }
  expect(made.json).toEqual({ user: { id: 2, is_admin: false, username: 'bob', ...lists } })
  const bob = basic('bob', 'password1234')
  expect((await mlflow(bob, 'GET', 'users/current')).json).toEqual({
    user: { id: 2, is_admin: false, username: 'bob' },
    is_basic_auth: true,
  })
  expect((await mlflow(bob, 'GET', 'users/list')).json).toEqual({
    users: [
      { id: 1, is_admin: true, roles: [], username: 'admin' },
      { id: 2, is_admin: false, roles: [], username: 'bob' },
    ],
  })
  expect((await mlflow(bob, 'GET', 'users/get?username=bob')).json).toEqual(made.json)
  expect((await mlflow(bob, 'GET', 'users/get?username=admin')).status).toBe(403)
  expect((await mlflow(admin, 'GET', 'users/get?username=bob')).json).toEqual(made.json)
  const unknown = await mlflow(admin, 'GET', 'users/get?username=zz')
  expect(unknown.status).toBe(404)
  expect(unknown.json.message).toBe('User with username=zz not found')
})

test.each([
  [{ username: 'bob' }, 'INVALID_PARAMETER_VALUE'],
  [{ username: 'bob', password: 'x' }, 'INVALID_PARAMETER_VALUE'],
  [{ username: '', password }, 'INVALID_PARAMETER_VALUE'],
  [{ username: 'a:b', password }, 'INVALID_PARAMETER_VALUE'],
  [{ username: 'a\u202eb', password }, 'INVALID_PARAMETER_VALUE'],
  [{ username: 7, password }, 'INVALID_PARAMETER_VALUE'],
  [{ username: 'admin', password }, 'RESOURCE_ALREADY_EXISTS'],
  [{ username: 'аdmin', password }, 'RESOURCE_ALREADY_EXISTS'],
  [{ username: 'ADMIN', password }, 'RESOURCE_ALREADY_EXISTS'],
])('the user %j is not made: %s', async (body, code) => {
  const { mlflow } = await authServer()
  const { status, json, text } = await mlflow(admin, 'POST', 'users/create', body)
  expect(status).toBe(400)
  expect(json.error_code).toBe(code)
  expect(text).not.toContain(password)
})

test('of sixteen who make one name at once, one does', async () => {
  const { mlflow } = await authServer()
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, i) =>
      mlflow(admin, 'POST', 'users/create', { username: i % 2 ? 'bob' : 'Bob', password }),
    ),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(15)
})

test('a user without rights over users gets 403', async () => {
  const { mlflow, user } = await authServer()
  const rita = await user('rita')
  const theo = { username: 'theo', password }
  await user('theo')
  const refused = [
    await mlflow(rita, 'POST', 'users/create', { username: 'eve', password }),
    await mlflow(rita, 'PATCH', 'users/update-admin', { username: 'rita', is_admin: true }),
    await mlflow(rita, 'PATCH', 'users/update-password', theo),
    await mlflow(rita, 'DELETE', 'users/delete', { username: 'theo' }),
    await mlflow(rita, 'DELETE', 'users/delete', { username: 'rita' }),
  ]
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403])
})

test('whoever changes their own password gives the current one', async () => {
  const { mlflow, user, whoami } = await authServer()
  const rita = await user('rita')
  const change = (body: object) =>
    mlflow(rita, 'PATCH', 'users/update-password', { username: 'rita', ...body })
  const fresh = 'another long password'
  expect((await change({ password: fresh })).json.message).toBe(
    'Current password is required: give current_password',
  )
  expect((await change({ password: fresh, current_password: 'x' })).json.message).toBe(
    'Current password does not match.',
  )
  expect((await change({ password, current_password: password })).json.message).toBe(
    'New password must differ from the current password.',
  )
  const done = await change({ password: fresh, current_password: password })
  expect([done.status, done.json]).toEqual([200, {}])
  expect((await whoami(rita)).status).toBe(401)
  expect((await whoami(basic('rita', fresh))).status).toBe(200)
})

test('guesses of the current password are throttled too', async () => {
  const { mlflow, token, user } = await authServer()
  const { bearer } = await token(await user('rita'))
  const statuses = []
  for (let i = 0; i < 11; i++) {
    const body = { username: 'rita', password: 'another long password', current_password: `${i}` }
    statuses.push((await mlflow(bearer, 'PATCH', 'users/update-password', body)).status)
  }
  expect(statuses).toEqual([...Array(10).fill(400), 429])
})

test('the rights of an administrator come and go at once', async () => {
  const { mlflow, user } = await authServer()
  const rita = await user('rita')
  const create = async (username: string) =>
    (await mlflow(rita, 'POST', 'users/create', { username, password })).status
  const set = (is_admin: boolean) =>
    mlflow(admin, 'PATCH', 'users/update-admin', { username: 'rita', is_admin })
  expect(await create('one')).toBe(403)
  expect((await set(true)).json).toEqual({})
  expect(await create('one')).toBe(200)
  expect((await set(false)).status).toBe(200)
  expect(await create('two')).toBe(403)
  expect((await mlflow(admin, 'PATCH', 'users/update-admin', { username: 'rita' })).status).toBe(
    400,
  )
})

test('the last administrator stays, whoever asks', async () => {
  const { mlflow, user } = await authServer()
  const remove = (username: string) => mlflow(admin, 'DELETE', 'users/delete', { username })
  const demote = { username: 'admin', is_admin: false }
  const refused = await mlflow(admin, 'PATCH', 'users/update-admin', demote)
  expect(refused.status).toBe(409)
  expect(refused.json.message).toContain('last administrator')
  expect((await remove('admin')).json.message).toContain('cannot delete their own account')
  const rita = await user('rita')
  await mlflow(admin, 'PATCH', 'users/update-admin', { username: 'rita', is_admin: true })
  const both = await Promise.all([
    mlflow(rita, 'DELETE', 'users/delete', { username: 'admin' }),
    remove('rita'),
  ])
  expect(both.filter(({ status }) => status === 200)).toHaveLength(1)
})

test('an unknown user cannot be changed or deleted', async () => {
  const { mlflow } = await authServer()
  const answers = [
    await mlflow(admin, 'DELETE', 'users/delete', { username: 'zz' }),
    await mlflow(admin, 'PATCH', 'users/update-admin', { username: 'zz', is_admin: true }),
    await mlflow(admin, 'PATCH', 'users/update-password', { username: 'zz', password }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
})

test('service accounts are no users', async () => {
  const { call, mlflow } = await authServer()
  await call(admin, 'POST', '/api/v1/service-accounts', { name: 'trainer' })
  const username = 'service:trainer'
  expect((await mlflow(admin, 'GET', `users/get?username=${username}`)).status).toBe(404)
  const answers = [
    await mlflow(admin, 'PATCH', 'users/update-admin', { username, is_admin: true }),
    await mlflow(admin, 'PATCH', 'users/update-password', { username, password: adminPassword }),
    await mlflow(admin, 'DELETE', 'users/delete', { username }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
})

test('nobody signs up by themselves', async () => {
  const { call } = await authServer()
  const form = { username: 'eve', password }
  for (const [method, path, body] of [
    ['GET', '/signup', undefined],
    ['POST', '/api/2.0/mlflow/users/create-ui', form],
  ] as const) {
    expect((await call(undefined, method, path, body)).status).toBe(401)
    expect((await call(admin, method, path, body)).status).toBe(501)
  }
})

test('whatever is asked by POST and sounds like reading is known to read', () => {
  const names = new Set(operations.map(({ name }) => name))
  expect([...readingPosts].filter((name) => !names.has(name))).toEqual([])
  const sounding = operations.filter(
    ({ name, routes }) =>
      routes.some(({ method }) => method === 'POST') &&
      /^(search|get|list|query|calculate|batchGet)/.test(name) &&
      !/OrCreate/.test(name),
  )
  expect(sounding.map(({ name }) => name).filter((name) => !readingPosts.has(name))).toEqual([])
})
