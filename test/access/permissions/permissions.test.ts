import { beforeEach, describe, expect, test } from 'vitest'
import { type Member, type Team, team } from '../../support/team.ts'

let on: Team
let ada: Member
let bob: Member

beforeEach(async () => {
  on = await team()
  ada = await on.member('ada')
  bob = await on.member('bob')
})

const remove = (by: Member, path: string, body: unknown) =>
  by.call('DELETE', `/api/3.0/mlflow/${path}`, body)
const change = (by: Member, path: string, body: unknown) =>
  by.call('PATCH', `/api/3.0/mlflow/${path}`, body)
const read3 = (by: Member, path: string) => by.call('GET', `/api/3.0/mlflow/${path}`)
const permissionOf = async (username: string, type: string, id: string) => {
  const query = new URLSearchParams({ username, resource_type: type, resource_id: id })
  const res = await read3(on.admin, `users/permissions/get?${query}`)
  return res.json.permission ?? res.text
}
const grant = (
  by: Member,
  username: string,
  {
    type,
    id,
    permission,
  }: { readonly type: string; readonly id: string; readonly permission: string },
) =>
  by.post3('users/permissions/grant', {
    ...{ username, resource_type: type, resource_id: id, permission },
  })
const revoke = (by: Member, username: string, type: string, id: string) =>
  by.post3('users/permissions/revoke', { username, resource_type: type, resource_id: id })
const tag = (by: Member, id: string) =>
  by.post('experiments/set-experiment-tag', { experiment_id: id, key: 'k', value: 'v' })

async function experiment(by: Member, name = 'mine'): Promise<string> {
  return (await by.post('experiments/create', { name })).json.experiment_id
}

async function role(name: string, ...permissions: [string, string, string][]): Promise<number> {
  const made = await on.admin.post3('roles/create', { name, workspace: 'default' })
  const id = made.json.role.id
  for (const [resource_type, resource_pattern, permission] of permissions) {
    const body = { role_id: id, resource_type, resource_pattern, permission }
    const res = await on.admin.post3('roles/permissions/add', body)
    expect(res.status, res.text).toBe(200)
  }
  return id
}

describe('who makes a thing', () => {
  test('gets MANAGE on it, by the making and its entry alone', async () => {
    const id = await experiment(ada)
    await ada.post('registered-models/create', { name: 'm' })
    expect(await permissionOf('ada', 'experiment', id)).toBe('MANAGE')
    expect(await permissionOf('ada', 'registered_model', 'm')).toBe('MANAGE')
    expect((await tag(bob, id)).status).toBe(403)
    expect(await on.entries('registered_model.created')).toHaveLength(1)
    expect(await on.entries('permission.granted')).toEqual([])
  })

  test('may let others in, and take it back', async () => {
    const id = await experiment(ada)
    expect((await grant(bob, 'bob', { type: 'experiment', id, permission: 'EDIT' })).status).toBe(
      403,
    )
    expect((await grant(ada, 'bob', { type: 'experiment', id, permission: 'EDIT' })).status).toBe(
      200,
    )
    expect((await tag(bob, id)).status).toBe(200)
    expect((await grant(bob, 'bob', { type: 'experiment', id, permission: 'MANAGE' })).status).toBe(
      403,
    )
    const again = await grant(ada, 'bob', { type: 'experiment', id, permission: 'READ' })
    expect(again.json.error_code).toBe('RESOURCE_ALREADY_EXISTS')
    expect((await revoke(ada, 'bob', 'experiment', id)).status).toBe(200)
    expect((await tag(bob, id)).status).toBe(403)
    expect((await revoke(ada, 'bob', 'experiment', id)).status).toBe(404)
    expect(await on.entries('permission.revoked')).toMatchObject([
      { before: { username: 'bob', permission: 'EDIT' } },
    ])
  })

  test('keeps the rights when a model is renamed; a model of the old name gives none', async () => {
    await ada.post('registered-models/create', { name: 'old' })
    await grant(ada, 'bob', { type: 'registered_model', id: 'old', permission: 'EDIT' })
    await ada.post('registered-models/rename', { name: 'old', new_name: 'new' })
    expect(await permissionOf('bob', 'registered_model', 'new')).toBe('EDIT')
    await on.admin.post('registered-models/create', { name: 'old' })
    expect(await permissionOf('bob', 'registered_model', 'old')).toBe('READ')
    const mine = await read3(bob, 'users/current/permissions')
    expect(mine.json.permissions).toMatchObject([{ resource_pattern: 'new', permission: 'EDIT' }])
  })

  test('leaves nothing behind: a model made again under its name inherits no rights', async () => {
    await ada.post('registered-models/create', { name: 'm' })
    await grant(ada, 'bob', { type: 'registered_model', id: 'm', permission: 'MANAGE' })
    const deleted = await ada.call('DELETE', '/api/2.0/mlflow/registered-models/delete', {
      name: 'm',
    })
    expect(deleted.status).toBe(200)
    await on.admin.post('registered-models/create', { name: 'm' })
    expect(await permissionOf('bob', 'registered_model', 'm')).toBe('READ')
    expect((await read3(bob, 'users/current/permissions')).json.permissions).toEqual([])
  })
})

describe('what several grants come to', () => {
  test('the highest of what a user and its roles have counts, on one or on all of a type', async () => {
    const id = await experiment(on.admin)
    await grant(on.admin, 'bob', { type: 'experiment', id, permission: 'READ' })
    const editors = await role('editors', ['experiment', '*', 'EDIT'])
    await on.admin.post3('roles/assign', { username: 'bob', role_id: editors })
    expect(await permissionOf('bob', 'experiment', id)).toBe('EDIT')
    expect((await tag(bob, id)).status).toBe(200)
    await remove(on.admin, 'roles/unassign', { username: 'bob', role_id: editors })
    expect((await tag(bob, id)).status).toBe(403)
  })

  test('DENY wins over all else, and over the default', async () => {
    const id = await experiment(ada)
    const none = await role('none', ['experiment', id, 'DENY'])
    await on.admin.post3('roles/assign', { username: 'ada', role_id: none })
    expect((await tag(ada, id)).status).toBe(403)
    expect((await ada.get(`experiments/get?experiment_id=${id}`)).status).toBe(403)
    const search = await ada.post('experiments/search', { max_results: 10 })
    expect(search.text).not.toContain('"mine"')
  })

  test('DENY of all experiments keeps one from making its own', async () => {
    const none = await role('none', ['experiment', '*', 'DENY'], ['prompt', '*', 'DENY'])
    await on.admin.post3('roles/assign', { username: 'ada', role_id: none })
    expect((await ada.post('experiments/create', { name: 'x' })).status).toBe(403)
    expect((await ada.post('registered-models/create', { name: 'm' })).status).toBe(200)
    const prompt = { name: 'p', tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] }
    expect((await ada.post('registered-models/create', prompt)).status).toBe(403)
  })

  test('the default is the least that a grant gives', async () => {
    on = await team({ defaultPermission: 'EDIT' })
    bob = await on.member('bob')
    const id = await experiment(on.admin)
    await grant(on.admin, 'bob', { type: 'experiment', id, permission: 'READ' })
    expect(await permissionOf('bob', 'experiment', id)).toBe('EDIT')
  })

  test('what is granted on all runs decides about runs, but not past the experiment', async () => {
    const id = await experiment(ada)
    const made = await ada.post('runs/create', { experiment_id: id })
    const run = made.json.run.info.run_id
    const setTag = () => bob.post('runs/set-tag', { run_id: run, key: 'k', value: 'v' })
    expect((await setTag()).status).toBe(403)
    const runners = await role('runners', ['run', '*', 'EDIT'])
    await on.admin.post3('roles/assign', { username: 'bob', role_id: runners })
    expect((await setTag()).status).toBe(200)
    expect((await bob.post('runs/create', { experiment_id: id })).status).toBe(403)
    await grant(on.admin, 'bob', { type: 'experiment', id, permission: 'DENY' })
    expect((await setTag()).status).toBe(403)
  })

  test('DENY on all runs or versions hides them in searches and in what shows their model', async () => {
    const id = await experiment(ada)
    await ada.post('runs/create', { experiment_id: id })
    await ada.post('registered-models/create', { name: 'm' })
    await ada.post('model-versions/create', { name: 'm', source: 's3://b/m' })
    const blind = await role(
      'blind',
      ...(['run', 'logged_model', 'registered_model_version'] as const).map(
        (type): [string, string, string] => [type, '*', 'DENY'],
      ),
    )
    await on.admin.post3('roles/assign', { username: 'bob', role_id: blind })
    expect((await bob.post('runs/search', { experiment_ids: [id] })).json).toEqual({})
    expect((await bob.get('model-versions/search')).json).toEqual({})
    const model = await bob.get('registered-models/get?name=m')
    expect(model.status).toBe(200)
    expect(model.json.registered_model.latest_versions).toBeUndefined()
    expect((await bob.get('registered-models/search')).text).not.toContain('latest_versions')
    expect((await bob.get('model-versions/get?name=m&version=1')).status).toBe(403)
  })

  test('a prompt goes by what is granted on prompts', async () => {
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
    await on.admin.post('registered-models/create', { name: 'p', tags })
    const editors = await role('editors', ['registered_model', '*', 'EDIT'])
    await on.admin.post3('roles/assign', { username: 'bob', role_id: editors })
    const update = () =>
      bob.call('PATCH', '/api/2.0/mlflow/registered-models/update', { name: 'p', description: 'd' })
    expect((await update()).status).toBe(403)
    await grant(on.admin, 'bob', { type: 'prompt', id: '*', permission: 'EDIT' })
    expect((await update()).status).toBe(200)
  })

  test('MANAGE on the workspace is everything but what administrators alone may', async () => {
    const id = await experiment(ada)
    const chiefs = await role('chiefs', ['workspace', '*', 'MANAGE'], ['experiment', id, 'DENY'])
    await on.admin.post3('roles/assign', { username: 'bob', role_id: chiefs })
    expect((await tag(bob, id)).status).toBe(200)
    expect((await bob.post('experiments/search', { max_results: 10 })).text).toContain('"mine"')
    expect((await bob.post3('roles/create', { name: 'x', workspace: 'default' })).status).toBe(200)
    expect((await bob.call('GET', '/api/v1/grants')).status).toBe(403)
    expect((await read3(bob, 'roles/list')).status).toBe(403)
  })
})

describe('roles', () => {
  test('answer as MLflow 3.17.2 does', async () => {
    const made = await on.admin.post3('roles/create', {
      ...{ name: 'r', workspace: 'default', description: 'd' },
    })
    const id = made.json.role.id
    const shown = { id, name: 'r', workspace: 'default', description: 'd', permissions: [] }
    expect(made.json).toEqual({ role: shown })
    const added = await on.admin.post3('roles/permissions/add', {
      ...{ role_id: id, resource_type: 'experiment', resource_pattern: '0', permission: 'EDIT' },
    })
    const permission = {
      ...{ id: added.json.role_permission.id, role_id: id, permission: 'EDIT' },
      ...{ resource_type: 'experiment', resource_pattern: '0' },
    }
    expect(added.json).toEqual({ role_permission: permission })
    const assigned = await on.admin.post3('roles/assign', { username: 'bob', role_id: String(id) })
    expect(assigned.json.assignment).toMatchObject({
      role_id: id,
      user_id: bob.principal.accountId,
    })
    expect((await read3(bob, `roles/get?role_id=${id}`)).json.role.permissions).toEqual([
      permission,
    ])
    expect((await read3(ada, `roles/get?role_id=${id}`)).status).toBe(403)
    expect((await read3(bob, 'roles/list?workspace=default')).json.roles).toHaveLength(1)
    expect((await read3(ada, 'roles/list?workspace=default')).status).toBe(403)
    const users = await read3(on.admin, `roles/users/list?role_id=${id}`)
    expect(users.json.assignments).toEqual([assigned.json.assignment])
    const held = await read3(bob, 'users/current/permissions')
    expect(held.json).toEqual({
      is_admin: false,
      permissions: [
        {
          ...{ permission: 'EDIT', resource_pattern: '0', resource_type: 'experiment' },
          ...{ role_id: id, role_name: 'r', workspace: 'default' },
        },
      ],
    })
    expect((await read3(bob, 'users/roles/list?username=bob')).json.roles).toHaveLength(1)
    const renamed = await change(on.admin, 'roles/update', { role_id: id, name: 's' })
    expect(renamed.json.role).toMatchObject({ name: 's', description: 'd' })
    expect((await remove(on.admin, 'roles/delete', { role_id: id })).status).toBe(200)
    expect((await read3(bob, 'users/current/permissions')).json.permissions).toEqual([])
    expect((await read3(on.admin, `roles/get?role_id=${id}`)).status).toBe(404)
  })

  test('leave an entry for each change', async () => {
    const id = await role('r', ['experiment', '*', 'READ'])
    await on.admin.post3('roles/assign', { username: 'bob', role_id: id })
    const { json } = await read3(on.admin, `roles/permissions/list?role_id=${id}`)
    const permission = { role_permission_id: json.role_permissions[0].id }
    await change(on.admin, 'roles/permissions/update', { ...permission, permission: 'EDIT' })
    await remove(on.admin, 'roles/permissions/remove', permission)
    await change(on.admin, 'roles/update', { role_id: id, description: 'new' })
    await remove(on.admin, 'roles/unassign', { username: 'bob', role_id: id })
    await remove(on.admin, 'roles/delete', { role_id: id })
    const said = { role_id: id, name: 'r', description: null }
    expect(await on.entries('role.created')).toMatchObject([{ after: said }])
    expect(await on.entries('role.assigned')).toMatchObject([{ after: { username: 'bob' } }])
    expect(await on.entries('permission.granted')).toMatchObject([
      { after: { role_id: id, role: 'r', resource_id: '*', permission: 'READ' } },
      { before: { permission: 'READ' }, after: { permission: 'EDIT' } },
    ])
    expect(await on.entries('permission.revoked')).toMatchObject([{ before: { role: 'r' } }])
    expect(await on.entries('role.updated')).toMatchObject([
      { before: said, after: { ...said, description: 'new' } },
    ])
    expect(await on.entries('role.unassigned')).toMatchObject([{ before: { username: 'bob' } }])
    expect(await on.entries('role.deleted')).toMatchObject([
      { before: { name: 'r', permissions: [], holders: [] } },
    ])
  })

  test.each<[string, object, number]>([
    ['roles/create', { name: '', workspace: 'default' }, 400],
    ['roles/create', { name: ' ', workspace: 'default' }, 400],
    ['roles/create', { name: '__user_1__', workspace: 'default' }, 400],
    ['roles/create', { name: 'r' }, 400],
    ['roles/create', { name: 'r', workspace: ' ' }, 400],
    ['roles/create', { name: 'r'.repeat(300), workspace: 'default' }, 400],
    ['roles/assign', { username: 'nobody', role_id: 1 }, 404],
    ['roles/assign', { username: 'bob', role_id: 999 }, 404],
    ['roles/assign', { username: 'bob', role_id: 'x' }, 400],
    ['roles/assign', { username: 'bob', role_id: '9223372036854775807' }, 404],
    ...(
      [
        [999, 'experiment', '*', 'READ', 404],
        [0, 'experiment', 'x'.repeat(501), 'READ', 400],
        [0, 'registered_model', 'x'.repeat(501), 'READ', 400],
        [0, 'run', '1', 'READ', 400],
        [0, 'workspace', 'x', 'MANAGE', 400],
        [0, 'workspace', '*', 'READ', 400],
        [0, 'experiment', '*', 'NO_PERMISSIONS', 400],
        [0, 'experiment', '*', 'read', 400],
        [0, 'scorer', '*', 'READ', 400],
        [0, 'bogus', '*', 'READ', 400],
      ] as const
    ).map(
      ([role_id, resource_type, resource_pattern, permission, status]): [
        string,
        object,
        number,
      ] => [
        'roles/permissions/add',
        { role_id, resource_type, resource_pattern, permission },
        status,
      ],
    ),
  ])('%s of %j is refused', async (path, body, status) => {
    const id = await role('known')
    const given = 'role_id' in body && body.role_id === 0 ? { ...body, role_id: id } : body
    const res = await on.admin.post3(path, given)
    expect(res.status, res.text).toBe(status)
    expect(res.text).not.toMatch(/SQL|select|constraint/i)
  })

  test('of the same name there is one, of sixteen who make it at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 16 }, () =>
        on.admin.post3('roles/create', { name: 'r', workspace: 'default' }),
      ),
    )
    expect(made.map(({ status }) => status).sort()).toEqual([200, ...Array(15).fill(400)])
  })

  test('that belong to one user are changed through the user alone', async () => {
    await grant(on.admin, 'bob', { type: 'experiment', id: '0', permission: 'EDIT' })
    const own = (await read3(bob, 'users/current/permissions')).json.permissions[0].role_id
    expect((await change(on.admin, 'roles/update', { role_id: own, name: 'x' })).status).toBe(400)
    expect((await remove(on.admin, 'roles/delete', { role_id: own })).status).toBe(400)
    expect((await on.admin.post3('roles/assign', { username: 'ada', role_id: own })).status).toBe(
      400,
    )
    const taken = await remove(on.admin, 'roles/unassign', { username: 'bob', role_id: own })
    expect(taken.status).toBe(404)
  })
})

describe('sixteen who grant the same at once', () => {
  test('grant it once', async () => {
    const granted = await Promise.all(
      Array.from({ length: 16 }, () =>
        grant(on.admin, 'bob', { type: 'experiment', id: '0', permission: 'EDIT' }),
      ),
    )
    expect(granted.map(({ status }) => status).sort()).toEqual([200, ...Array(15).fill(400)])
    expect(await on.entries('permission.granted')).toHaveLength(1)
  })
})

describe('the calls of clients before 3.13', () => {
  test('create, get, update and delete a permission', async () => {
    const id = await experiment(ada)
    const who = { experiment_id: id, username: 'bob' }
    const created = await ada.post('experiments/permissions/create', { ...who, permission: 'EDIT' })
    const user = bob.principal.accountId
    expect(created.json).toEqual({
      experiment_permission: { experiment_id: id, user_id: user, permission: 'EDIT' },
    })
    const path = '/api/2.0/mlflow/experiments/permissions'
    const query = new URLSearchParams(who)
    expect((await ada.call('GET', `${path}/get?${query}`)).json).toEqual(created.json)
    const updated = await ada.call('PATCH', `${path}/update`, {
      ...who,
      permission: 'NO_PERMISSIONS',
    })
    expect(updated.status).toBe(200)
    expect((await bob.get(`experiments/get?experiment_id=${id}`)).status).toBe(403)
    expect((await ada.call('DELETE', `${path}/delete`, who)).status).toBe(200)
    expect((await ada.call('DELETE', `${path}/delete`, who)).status).toBe(404)
    expect((await bob.get(`experiments/get?experiment_id=${id}`)).status).toBe(200)
  })

  test('a model that is called * is one model', async () => {
    await bob.post('registered-models/create', { name: '*' })
    await ada.post('registered-models/create', { name: 'm' })
    const res = await bob.post('registered-models/permissions/create', {
      ...{ name: '*', username: 'bob2', permission: 'MANAGE' },
    })
    expect(res.status).toBe(404)
    await on.member('carol')
    await bob.post('registered-models/permissions/create', {
      ...{ name: '*', username: 'carol', permission: 'MANAGE' },
    })
    expect(await permissionOf('carol', 'registered_model', 'm')).toBe('READ')
    expect(
      (await grant(bob, 'bob', { type: 'registered_model', id: '*', permission: 'MANAGE' })).status,
    ).toBe(403)
  })
})

describe('who has no account here', () => {
  test('has the default, and nothing that it makes is its own', async () => {
    const machine = on.stranger('service:ci')
    const id = await experiment(machine)
    expect((await machine.get(`experiments/get?experiment_id=${id}`)).status).toBe(200)
    expect((await tag(machine, id)).status).toBe(403)
    expect((await read3(machine, 'users/current/permissions')).json.permissions).toEqual([])
    expect((await machine.post('experiments/search', { max_results: 9 })).text).toContain('mine')
  })
})
