import { expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { testServer } from '../support/server.ts'
import { markupIn, pagesOf, rowsOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

const page = '/models/fraud-detector/access'

async function world() {
  const made = await askedWorld()
  return { ...made, as: (who: string) => pagesOf(made.app, who) }
}

test('who has MANAGE sees who has what on the model, and by what', async () => {
  const { as, ann, call } = await world()
  const role = await call(admin, 'POST', '/api/3.0/mlflow/roles/create', {
    ...{ workspace: 'default', name: '<img src=x>' },
  })
  const added = await call(admin, 'POST', '/api/3.0/mlflow/roles/permissions/add', {
    ...{ role_id: role.json.role.id, resource_type: 'registered_model', resource_pattern: '*' },
    permission: 'EDIT',
  })
  expect(added.status).toBe(200)
  await call(admin, 'POST', '/api/v1/grants', {
    ...{ principal: 'user:rita', action: 'promote', models: 'fraud-*', stage: 'Production' },
  })
  const { html } = await as(ann).get(page)
  expect(textOf(html)).toContain('You have MANAGE. Everybody to whom nothing was given has')
  expect(rowsOf(html).map((row) => row.replace(/ Take .*| where .*/, ''))).toEqual(
    expect.arrayContaining([
      'ann MANAGE this model',
      'eve NO_PERMISSIONS this model',
      'otto EDIT this model',
    ]),
  )
  expect(textOf(html)).toContain('role <img src=x> EDIT all models')
  expect(textOf(html)).not.toContain('user:rita')
  const forAdmin = await as(admin).get(page)
  expect(textOf(forAdmin.html)).toContain('user:rita promote fraud-* Production')
  expect(textOf(forAdmin.html)).toContain('all rights, as an administrator')
  expect(markupIn(forAdmin.html)).toEqual([])
})

test('the API answers what the page shows, to each as much as there', async () => {
  const { ann, rita, eve, call } = await world()
  const path = '/api/v1/models/fraud-detector/access'
  await call(admin, 'POST', '/api/v1/grants', {
    ...{ principal: 'user:rita', action: 'promote', models: 'fraud-*', stage: 'Production' },
  })
  const { json } = await call(ann, 'GET', path)
  expect(json).toMatchObject({
    access_control: true,
    level: 'MANAGE',
    is_admin: false,
    more: false,
  })
  expect(json.permissions).toContainEqual({
    ...{ permission: 'NO_PERMISSIONS', resource_type: 'registered_model', on_all: false },
    username: 'eve',
  })
  expect([json.grants, json.needed]).toEqual([undefined, undefined])
  const forAdmin = (await call(admin, 'GET', path)).json
  expect(forAdmin.grants).toMatchObject([{ principal: 'user:rita', stage: 'Production' }])
  const cut = (await call(ann, 'GET', `${path}?max_results=1`)).json
  expect([cut.permissions.length, cut.more]).toEqual([1, true])
  const forReader = (await call(rita, 'GET', path)).json
  expect(forReader.permissions).toBeUndefined()
  expect(forReader.needed).toContain('MANAGE on registered model')
  expect((await call(eve, 'GET', path)).status).toBe(403)
  expect((await call(admin, 'GET', '/api/v1/models/none/access')).status).toBe(404)
  expect((await call(ann, 'GET', `${path}?max_result=1`)).status).toBe(400)
})

test('others see what they have, and why not more', async () => {
  const { as, rita, otto, eve } = await world()
  for (const who of [rita, otto]) {
    const { html, status } = await as(who).get(page)
    expect(status).toBe(200)
    expect(textOf(html)).toMatch(/You have \w+\. .*MANAGE on registered model/)
    expect(html).not.toMatch(/eve|NO_PERMISSIONS|<form method="post" action="\/models/)
  }
  expect((await as(eve).get(page)).status).toBe(403)
  expect((await as(rita).get('/models/none/access')).status).toBe(404)
})

test('permissions are given, replaced and taken away, by who may', async () => {
  const { as, ann, rita, eve, call } = await world()
  const give = (who: string, username: string, permission: string) =>
    as(who).post(page, { username, permission })
  expect((await give(rita, 'rita', 'MANAGE')).status).toBe(403)
  expect((await give(eve, 'eve', 'MANAGE')).status).toBe(403)
  expect((await give(ann, 'rita', 'EDIT')).location).toBe(page)
  expect((await give(ann, 'rita', 'MANAGE')).status).toBe(303)
  expect(rowsOf((await as(rita).get(page)).html).join()).toContain('rita MANAGE this model')
  for (const [username, permission, status] of [
    ['nobody', 'READ', 404],
    ['rita', 'EVERYTHING', 400],
    ['', 'READ', 400],
  ] as const) {
    const { status: answered, html } = await give(ann, username, permission)
    expect([answered, username], username).toEqual([status, username])
    expect(html).toContain('class="problem"')
  }
  expect((await as(ann).post(`${page}/remove`, { username: 'rita' })).status).toBe(303)
  expect((await as(ann).post(`${page}/remove`, { username: 'rita' })).status).toBe(404)
  expect((await as(rita).post(`${page}/remove`, { username: 'ann' })).status).toBe(403)
  const { json } = await call(
    admin,
    'GET',
    '/api/v1/audit?action=permission.granted&model=fraud-detector',
  )
  expect(json.items.length).toBeGreaterThanOrEqual(4)
  const refused = await call(admin, 'GET', '/api/v1/audit?action=request.refused')
  expect(refused.text).toContain('createRegisteredModelPermission')
})

test('without access control the page says that everybody may do everything', async () => {
  const { app, call } = await testServer()
  await call('POST', '/api/2.0/mlflow/registered-models/create', { name: 'fraud' })
  const { html } = await pagesOf(app).get('/models/fraud/access')
  expect(textOf(html)).toContain('Access control is off')
  const { json } = await call('GET', '/api/v1/models/fraud/access')
  expect(json).toMatchObject({ access_control: false, more: false, permissions: [], grants: [] })
  expect(json.level).toBeUndefined()
})
