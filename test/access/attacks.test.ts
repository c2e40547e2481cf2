import { expect, test } from 'vitest'
import { appOf } from '../support/app.ts'
import { admin, authServer, password } from '../support/auth-server.ts'
import { basic, client } from '../support/client.ts'

test('the last administrator can be neither deleted nor demoted, and by sixteen at once not either', async () => {
  const { mlflow, user } = await authServer()
  const second = await user('second')
  await mlflow(admin, 'PATCH', 'users/update-admin', { username: 'second', is_admin: true })
  const statuses = await Promise.all(
    Array.from({ length: 16 }, (_, i) =>
      i % 2 === 0
        ? mlflow(admin, 'PATCH', 'users/update-admin', { username: 'second', is_admin: false })
        : mlflow(second, 'PATCH', 'users/update-admin', { username: 'admin', is_admin: false }),
    ),
  )
  expect(statuses.some(({ status }) => status >= 500)).toBe(false)
  const left = []
  for (const who of [admin, second]) {
    if ((await mlflow(who, 'GET', 'users/get?username=admin')).json?.user?.is_admin)
      left.push('admin')
    if ((await mlflow(who, 'GET', 'users/get?username=second')).json?.user?.is_admin)
      left.push('second')
  }
  expect(new Set(left).size).toBeGreaterThan(0)
  const last = left[0] === 'admin' ? admin : second
  const name = left[0] === 'admin' ? 'admin' : 'second'
  for (const [method, path, body] of [
    ['PATCH', 'users/update-admin', { username: name, is_admin: false }],
    ['DELETE', 'users/delete', { username: name }],
  ] as const) {
    expect((await mlflow(last, method, path, body)).status).toBeGreaterThanOrEqual(400)
  }
})

test('what one process revokes, deletes or demotes holds at once in another on the same database', async () => {
  const { call, mlflow, platform, token, user } = await authServer()
  const rita = await user('rita')
  await mlflow(admin, 'PATCH', 'users/update-admin', { username: 'rita', is_admin: true })
  const { id, bearer } = await token(rita)
  // Another process: it remembers by itself, and what it remembers must not outlive the change.
  const other = appOf(() => ({ ...platform }))
  const there = async (authorization: string, path = '/api/v1/grants') =>
    (await other.request(path, { headers: { authorization } })).status
  expect([await there(bearer), await there(rita)]).toEqual([200, 200])
  await mlflow(admin, 'PATCH', 'users/update-admin', { username: 'rita', is_admin: false })
  expect([await there(bearer), await there(rita)]).toEqual([403, 403])
  await call(admin, 'DELETE', `/api/v1/tokens/${id}`)
  expect(await there(bearer, '/api/v1/whoami')).toBe(401)
  await mlflow(admin, 'DELETE', 'users/delete', { username: 'rita' })
  expect(await there(rita, '/api/v1/whoami')).toBe(401)
})

test('a permission that is taken back is gone with the next request, here and elsewhere', async () => {
  const { mlflow, platform, user } = await authServer()
  const rita = await user('rita')
  await mlflow(admin, 'POST', 'registered-models/create', { name: 'm' })
  const grant = { name: 'm', username: 'rita', permission: 'EDIT' }
  await mlflow(admin, 'POST', 'registered-models/permissions/create', grant)
  const other = client(
    appOf(() => ({ ...platform })),
    { authorization: rita },
  )
  const edit = async () =>
    (await other.patch('registered-models/update', { name: 'm', description: 'd' })).status
  expect(await edit()).toBe(200)
  await mlflow(admin, 'DELETE', 'registered-models/permissions/delete', {
    name: 'm',
    username: 'rita',
  })
  expect(await edit()).toBe(403)
})

test.each([
  ['a colon', 'rita:x'],
  ['a line feed', 'rita\nx'],
  ['a NUL', 'rita\0'],
  ['an escape', 'rita\u001b[2J'],
  ['DEL', 'rita\u007f'],
  ['C1', 'rita\u0085'],
  ['an override of direction', '\u202eatir'],
  ['nothing visible', 'rita\u200b'],
  ['a lone surrogate', 'rita\ud800'],
  ['a blank in front', ' rita'],
  ['nothing', ''],
  ['more than fits', 'x'.repeat(300)],
])('a user name with %s is refused', async (_, username) => {
  const { mlflow } = await authServer()
  const { status, json } = await mlflow(admin, 'POST', 'users/create', { username, password })
  expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
})

test('an unknown user and a wrong password cost the same derivation of a key', async () => {
  const { whoami } = await authServer()
  await whoami(admin)
  const derive = crypto.subtle.deriveBits
  let derived = 0
  crypto.subtle.deriveBits = (...args: Parameters<typeof derive>) => {
    derived++
    return derive.apply(crypto.subtle, args)
  }
  try {
    const costs = []
    for (const [user, pass] of [
      ['admin', 'a wrong password'],
      ['nobody', 'a wrong password'],
      ['admin', 'short'],
      ['nobody', 'short'],
    ] as const) {
      derived = 0
      expect((await whoami(basic(user, pass))).status).toBe(401)
      costs.push(derived)
    }
    expect(new Set(costs)).toEqual(new Set([1]))
  } finally {
    crypto.subtle.deriveBits = derive
  }
})

test('ambiguous requests are judged on the value that is used', async () => {
  const { call, mlflow, user } = await authServer()
  const rita = await user('rita')
  await mlflow(rita, 'POST', 'registered-models/create', { name: 'mine' })
  await mlflow(admin, 'POST', 'registered-models/create', { name: 'theirs' })
  const attempts = [
    call(rita, 'DELETE', '/api/2.0/mlflow/registered-models/delete?name=mine', { name: 'theirs' }),
    call(rita, 'DELETE', '/api/2.0/mlflow/registered-models/delete', {
      name: 'theirs',
      Name: 'mine',
    }),
  ]
  for (const { status } of await Promise.all(attempts)) expect(status).toBe(403)
  const run = await mlflow(admin, 'POST', 'runs/create', { experiment_id: '0' })
  const own = await mlflow(rita, 'POST', 'experiments/create', { name: 'own' })
  const ownRun = await mlflow(rita, 'POST', 'runs/create', {
    experiment_id: own.json.experiment_id,
  })
  const [theirs, mine] = [run.json.run.info.run_id, ownRun.json.run.info.run_id]
  for (const body of [
    { run_id: theirs, run_uuid: mine },
    { run_uuid: theirs, run_id: mine },
  ]) {
    const { status } = await mlflow(rita, 'POST', 'runs/set-tag', { ...body, key: 'k', value: 'v' })
    const after = await mlflow(admin, 'GET', `runs/get?run_id=${theirs}`)
    expect(JSON.stringify(after.json.run.data.tags ?? [])).not.toContain('"k"')
    expect([200, 400, 403]).toContain(status)
  }
})

test('names that objects have anyway are users like others', async () => {
  const { mlflow, user, whoami } = await authServer()
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const signedIn = await user(name)
    expect((await whoami(signedIn)).json.name).toBe(name)
    expect(
      (await mlflow(signedIn, 'POST', 'users/create', { username: 'x', password })).status,
    ).toBe(403)
  }
})

test('who holds no role is shown none', async () => {
  const { call, user } = await authServer()
  const rita = await user('rita')
  const made = await call(admin, 'POST', '/api/3.0/mlflow/roles/create', {
    name: 'r',
    workspace: 'default',
  })
  const path = `/api/3.0/mlflow/roles/get?role_id=${made.json.role.id}`
  expect((await call(rita, 'GET', path)).status).toBe(403)
})
