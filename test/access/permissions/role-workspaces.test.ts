import { beforeEach, describe, expect, test } from 'vitest'
import type { Client } from '../../support/client.ts'
import { type Member, type Team, team } from '../../support/team.ts'

let on: Team
let ada: Member
let bob: Member
beforeEach(async () => {
  on = await team({ defaultPermission: 'NO_PERMISSIONS' })
  ada = await on.member('ada')
  bob = await on.member('bob')
})

const path3 = '/api/3.0/mlflow'
const read3 = (who: Client, path: string) => who.call('GET', `${path3}/${path}`)

async function makeRole(workspace: string, permission: string, holder?: string): Promise<number> {
  const { json } = await on.admin.post3('roles/create', { name: `of ${permission}`, workspace })
  await on.admin.post3('roles/permissions/add', {
    ...{ role_id: json.role.id, permission, resource_type: 'workspace', resource_pattern: '*' },
  })
  if (holder) await on.admin.post3('roles/assign', { username: holder, role_id: json.role.id })
  return json.role.id
}

const namesIn = (workspaces: readonly string[]) => workspaces.map((workspace) => ({ workspace }))

describe('a role for another workspace than the caller is in', () => {
  test('is made, for any name but a blank one', async () => {
    const made = await on.admin.post3('roles/create', { name: 'r', workspace: 'Team X' })
    expect(made.json.role).toMatchObject({ name: 'r', workspace: 'Team X' })
    const again = await on.admin.post3('roles/create', { name: 'r', workspace: 'team-y' })
    expect(again.status).toBe(200)
    const twice = await on.admin.post3('roles/create', { name: 'r', workspace: 'team-y' })
    expect(twice.json).toMatchObject({
      error_code: 'RESOURCE_ALREADY_EXISTS',
      message: 'Role (name=r, workspace=team-y) already exists.',
    })
    for (const workspace of ['', ' ']) {
      expect((await on.admin.post3('roles/create', { name: 'q', workspace })).status).toBe(400)
    }
  })

  test('permits nothing here, whatever it permits there', async () => {
    await makeRole('team-a', 'MANAGE', 'ada')
    await on.admin.post('registered-models/create', { name: 'm' })
    expect((await ada.get('registered-models/get?name=m')).status).toBe(403)
    expect((await ada.get('registered-models/search')).json).toEqual({})
    expect((await ada.get('experiments/get?experiment_id=0')).status).toBe(403)
    expect((await ada.get('experiments/search?max_results=9')).json).toEqual({})
    expect((await ada.post3('roles/create', { name: 'x', workspace: 'default' })).status).toBe(403)
    const level = await read3(
      ada,
      'users/permissions/get?username=ada&resource_type=experiment&resource_id=0',
    )
    expect(level.json).toEqual({ allowed: false, permission: 'NO_PERMISSIONS' })
  })

  test('lets its holder manage roles there and nowhere else', async () => {
    await makeRole('team-a', 'MANAGE', 'ada')
    const other = await makeRole('team-b', 'USE')
    const own = await ada.post3('roles/create', { name: 'mine', workspace: 'team-a' })
    const id = own.json.role.id
    const added = await ada.post3('roles/permissions/add', {
      ...{ role_id: id, permission: 'USE', resource_type: 'workspace', resource_pattern: '*' },
    })
    expect(added.status).toBe(200)
    expect((await ada.post3('roles/assign', { username: 'bob', role_id: id })).status).toBe(200)
    expect((await read3(ada, `roles/users/list?role_id=${id}`)).json.assignments).toHaveLength(1)
    for (const refused of [
      await ada.post3('roles/create', { name: 'x', workspace: 'team-b' }),
      await ada.post3('roles/assign', { username: 'bob', role_id: other }),
      await ada.call('DELETE', `${path3}/roles/delete`, { role_id: other }),
      await read3(ada, `roles/get?role_id=${other}`),
      // A role that is not there is refused like one that is: ids tell nothing.
      await read3(ada, 'roles/get?role_id=4711'),
      await ada.call('DELETE', `${path3}/roles/permissions/remove`, { role_permission_id: 4711 }),
    ]) {
      expect(refused.status, refused.text).toBe(403)
    }
    const gone = await ada.call('DELETE', `${path3}/roles/delete`, { role_id: id })
    expect(gone.status).toBe(200)
  })

  test('is listed for those who have one there, and the whole list for an administrator', async () => {
    await makeRole('team-a', 'MANAGE', 'ada')
    await makeRole('team-b', 'USE', 'bob')
    const all = await read3(on.admin, 'roles/list')
    expect(all.json.roles).toMatchObject(namesIn(['team-a', 'team-b']))
    const both = 'roles/list?workspace=team-a&workspace=team-b'
    expect((await read3(on.admin, both)).json.roles).toHaveLength(2)
    expect((await read3(ada, both)).status).toBe(403)
    expect((await read3(ada, 'roles/list?workspace=team-a')).json.roles).toHaveLength(1)
    expect((await read3(bob, 'roles/list?workspace=team-a')).status).toBe(403)
  })

  test('shows its manager what others have there, and not what they have elsewhere', async () => {
    await makeRole('team-a', 'MANAGE', 'ada')
    await makeRole('team-a', 'USE', 'bob')
    await makeRole('team-b', 'USE', 'bob')
    const seen = async (who: Member) => ({
      roles: (await read3(who, 'users/roles/list?username=bob')).json.roles,
      permissions: (await read3(who, 'users/permissions/list?username=bob')).json.permissions,
    })
    const both = namesIn(['team-a', 'team-b'])
    expect(await seen(bob)).toMatchObject({ roles: both, permissions: both })
    expect(await seen(on.admin)).toMatchObject({ roles: both, permissions: both })
    const one = namesIn(['team-a'])
    expect(await seen(ada)).toMatchObject({ roles: one, permissions: one })
    expect((await read3(bob, 'users/roles/list?username=ada')).status).toBe(403)
  })
})
