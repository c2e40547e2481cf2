import { beforeEach, expect, test } from 'vitest'
import type { Json } from '../../support/client.ts'
import { type Member, type Team, team } from '../../support/team.ts'

let on: Team
let ada: Member
let bob: Member
beforeEach(async () => {
  on = await team({ defaultPermission: 'NO_PERMISSIONS' })
  ada = await on.member('ada')
  bob = await on.member('bob')
})

async function role(name: string, holders: readonly string[], workspace = 'default') {
  const { json } = await on.admin.post3('roles/create', { name, workspace })
  const role_id: number = json.role.id
  for (const username of holders) await on.admin.post3('roles/assign', { username, role_id })
  return role_id
}

/** The names of the roles that somebody sees of each user. */
async function rolesSeenBy(who: Team['admin']) {
  const { users } = (await who.get('users/list')).json
  return Object.fromEntries(
    users.map(({ username, roles }: Json) => [username, roles.map(({ name }: Json) => name)]),
  )
}

test('the list of users has the roles of each for administrators, and for others their own', async () => {
  await role('shared', ['ada', 'bob'])
  await role('elsewhere', ['bob'], 'team-x')
  await on.admin.post3('users/permissions/grant', {
    ...{ username: 'ada', resource_type: 'experiment', resource_id: '0', permission: 'READ' },
  })
  const all = await rolesSeenBy(on.admin)
  expect(all.bob).toEqual(['shared', 'elsewhere'])
  expect(all.ada).toEqual(['shared', expect.stringMatching(/^__user_\d+__$/)])
  expect(await rolesSeenBy(bob)).toEqual({ root: [], ada: [], bob: ['shared', 'elsewhere'] })
  const { users } = (await ada.get('users/list')).json
  expect(users[1].roles[1].permissions).toMatchObject([{ resource_type: 'experiment' }])
})

test('who administers a workspace sees the roles of that workspace alone', async () => {
  const lead = await role('lead', ['ada'])
  await on.admin.post3('roles/permissions/add', {
    ...{ role_id: lead, resource_type: 'workspace', resource_pattern: '*', permission: 'MANAGE' },
  })
  await role('here', ['bob'])
  await role('elsewhere', ['bob'], 'team-x')
  expect(await rolesSeenBy(ada)).toEqual({ root: [], ada: ['lead'], bob: ['here'] })
})

test('refusals about users, roles and permissions begin with the phrases of MLflow', async () => {
  const role_id = await role('r', [])
  await role('q', [])
  const can = { resource_type: 'experiment', resource_pattern: '*', permission: 'READ' }
  const grant = { username: 'ada', resource_type: 'experiment', resource_id: '0' }
  const { post, post3, patch, call } = on.admin
  const path3 = '/api/3.0/mlflow'
  for (const [res, phrase] of [
    [await post3('roles/create', { name: '', workspace: 'default' }), 'Role name cannot be empty.'],
    [await post3('roles/create', { name: 'x', workspace: '' }), 'Workspace cannot be empty.'],
    [
      await post3('roles/create', { name: 'x' }),
      "Missing value for required parameter 'workspace'.",
    ],
    [
      await post3('roles/create', { name: '__user_1__', workspace: 'default' }),
      "Role name '__user_1__' uses the reserved '__user_' prefix",
    ],
    [
      await post3('roles/create', { name: 'q', workspace: 'default' }),
      'Role (name=q, workspace=default) already exists',
    ],
    [
      await call('PATCH', `${path3}/roles/update`, { role_id, name: 'q' }),
      'Role with name=q already exists in workspace=default',
    ],
    [
      await call('PATCH', `${path3}/roles/update`, { role_id }),
      "At least one of 'name' or 'description' must be provided",
    ],
    [
      await call('GET', `${path3}/roles/get?role_id=x`),
      "Parameter 'role_id' must be an integer. Got: 'x'",
    ],
    [
      await call('GET', `${path3}/roles/get?role_id=`),
      "Parameter 'role_id' must be an integer. Got: ''",
    ],
    [
      await call('GET', `${path3}/roles/list?workspace=`),
      "Parameter 'workspace' must be a non-empty string",
    ],
    [
      await post3('roles/permissions/add', { role_id, ...can, permission: '' }),
      "Invalid permission ''",
    ],
    [
      await post3('roles/permissions/add', { role_id, ...can, resource_type: 'x' }),
      "Invalid resource type 'x'",
    ],
    [
      await post3('users/permissions/grant', { ...grant, permission: 'BOGUS' }),
      "Invalid permission 'BOGUS'",
    ],
    [
      await post('users/create', { username: '', password: 'x' }),
      'Username and password cannot be empty',
    ],
    [
      await patch('users/update-password', { username: 'zz', password: 'long enough 1' }),
      'User with username=zz not found',
    ],
    [await call('GET', '/api/2.0/mlflow/users/get?username=zz'), 'User with username=zz not found'],
    [
      await bob.post('users/create', { username: 'x', password: 'long enough 1' }),
      "Permission denied. 'bob' may not do this",
    ],
    [await bob.get('experiments/get?experiment_id=0'), 'Permission denied'],
  ] as const) {
    expect(res.status, phrase).toBeGreaterThanOrEqual(400)
    expect(res.json.message.startsWith(phrase), `${res.json.message} | ${phrase}`).toBe(true)
  }
})
