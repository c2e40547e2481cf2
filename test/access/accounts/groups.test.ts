import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { admin, authServer } from '../../support/auth-server.ts'
import { testServer } from '../../support/server.ts'

const groups = '/api/v1/groups'
const services = '/api/v1/service-accounts'

test('a group names users and service accounts, and whoami its members groups', async () => {
  const { call, user, token, whoami } = await authServer()
  const rita = await user('rita')
  expect((await call(admin, 'POST', services, { name: 'trainer' })).json).toMatchObject({
    name: 'trainer',
    principal: 'service:trainer',
  })
  const members = ['service:trainer', 'rita', 'rita']
  const set = await call(admin, 'PUT', `${groups}/ml-approvers`, { members })
  expect(set.json).toEqual({ name: 'ml-approvers', members: ['rita', 'service:trainer'] })
  await call(admin, 'PUT', `${groups}/a`, { members: ['rita'] })
  expect((await whoami(rita)).json.groups).toEqual(['a', 'ml-approvers'])
  const { bearer } = await token(admin, { for: 'service:trainer' })
  expect((await whoami(bearer)).json).toEqual({
    name: 'service:trainer',
    kind: 'service',
    verified: true,
    groups: ['ml-approvers'],
  })
  expect((await call(rita, 'GET', groups)).json.items).toHaveLength(2)
  expect((await call(rita, 'GET', `${groups}/a`)).json).toEqual({ name: 'a', members: ['rita'] })
})

test('who is taken out of a group is out with the next request', async () => {
  const { call, user, whoami } = await authServer()
  const rita = await user('rita')
  await call(admin, 'PUT', `${groups}/g`, { members: ['rita'] })
  expect((await whoami(rita)).json.groups).toEqual(['g'])
  await call(admin, 'PUT', `${groups}/g`, { members: [] })
  expect((await whoami(rita)).json.groups).toEqual([])
  await call(admin, 'PUT', `${groups}/g`, { members: ['rita'] })
  await call(admin, 'DELETE', `${groups}/g`)
  expect((await whoami(rita)).json.groups).toEqual([])
  expect((await call(admin, 'DELETE', `${groups}/g`)).status).toBe(404)
  expect((await call(admin, 'GET', `${groups}/g`)).status).toBe(404)
})

test.each([
  [`${groups}/g`, { members: ['nobody'] }],
  [`${groups}/g`, { members: 'rita' }],
  [`${groups}/g`, {}],
  [`${groups}/g`, { members: [], name: 'x' }],
  [`${groups}/a%3Ab`, { members: [] }],
  [`${groups}/a%0Ab`, { members: [] }],
  [`${groups}/${'x'.repeat(129)}`, { members: [] }],
])('PUT %s %j is a 400', async (path, body) => {
  const { call } = await authServer()
  expect((await call(admin, 'PUT', path, body)).status).toBe(400)
})

test('only administrators change groups and service accounts', async () => {
  const { call, user } = await authServer()
  const rita = await user('rita')
  expect((await call(rita, 'PUT', `${groups}/g`, { members: ['rita'] })).status).toBe(403)
  expect((await call(rita, 'DELETE', `${groups}/g`)).status).toBe(403)
  expect((await call(rita, 'POST', services, { name: 'x' })).status).toBe(403)
  expect((await call(rita, 'DELETE', `${services}/x`)).status).toBe(403)
})

test('with access control off nobody can plant an account, a group or a token', async () => {
  const { call, post } = await testServer()
  const answers = [
    await post('users/create', { username: 'eve', password: 'a long password' }),
    await call('PUT', `${groups}/g`, { members: [] }),
    await call('POST', services, { name: 'x' }),
    await call('POST', '/api/v1/tokens', { name: 'x' }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
  expect(answers[0]?.json.message).toContain('access control is off')
})

test('service accounts have names of their own, told apart from those that look alike', async () => {
  const { call } = await authServer()
  const make = async (name: unknown) => (await call(admin, 'POST', services, { name })).status
  expect(await make('trainer')).toBe(201)
  expect(await make('trainer')).toBe(400)
  expect(await make('trаiner')).toBe(400)
  expect(await make('service:x')).toBe(400)
  expect(await make('')).toBe(400)
  expect(await make('admin'), 'no user').toBe(201)
  const { json } = await call(admin, 'GET', `${services}?max_results=1`)
  expect(json.items.map(({ name }: { name: string }) => name)).toEqual(['admin'])
  const next = `${services}?page_token=${json.next_page_token}`
  expect((await call(admin, 'GET', next)).json.items).toHaveLength(1)
})

test('each change is in the audit log, with what was and what is, and no secret', async () => {
  const { call, mlflow, platform, token } = await authServer()
  await mlflow(admin, 'POST', 'users/create', { username: 'rita', password: 'a password of rita' })
  await call(admin, 'POST', services, { name: 'trainer' })
  await call(admin, 'PUT', `${groups}/g`, { members: ['rita'] })
  await call(admin, 'PUT', `${groups}/g`, { members: ['service:trainer', 'rita'] })
  const { id } = await token(admin, { for: 'rita', scopes: ['read'], expires_in_days: 1 })
  await call(admin, 'DELETE', `/api/v1/tokens/${id}`)
  await mlflow(admin, 'PATCH', 'users/update-admin', { username: 'rita', is_admin: true })
  await mlflow(admin, 'PATCH', 'users/update-admin', { username: 'rita', is_admin: true })
  const password = 'another long password'
  await mlflow(admin, 'PATCH', 'users/update-password', { username: 'rita', password })
  await call(admin, 'DELETE', `${groups}/g`)
  await call(admin, 'DELETE', `${services}/trainer`)
  await mlflow(admin, 'DELETE', 'users/delete', { username: 'rita' })
  const entries = await platform.db.all<{
    actor: string
    action: string
    before: string | null
    after: string | null
  }>(sql`select actor, action, before, after from audit_entries where seq > 1 order by seq`)
  const parsed = (text: string | null) => (text === null ? null : JSON.parse(text))
  const ritas = {
    ...{ id, name: 't', for: 'rita', scopes: ['read'], expires_at: 1_800_086_400_000 },
    aws_access_key_id: null,
  }
  expect(entries.map((e) => [e.action, parsed(e.before), parsed(e.after)])).toEqual([
    ['user.created', null, { name: 'rita', is_admin: false }],
    ['service_account.created', null, { name: 'service:trainer' }],
    ['group.set', null, { name: 'g', members: ['rita'] }],
    [
      'group.set',
      { name: 'g', members: ['rita'] },
      { name: 'g', members: ['rita', 'service:trainer'] },
    ],
    ['token.created', null, ritas],
    ['token.revoked', ritas, null],
    ['user.admin_changed', { name: 'rita', is_admin: false }, { name: 'rita', is_admin: true }],
    ['user.password_changed', null, { name: 'rita' }],
    ['group.deleted', { name: 'g', members: ['rita', 'service:trainer'] }, null],
    ['service_account.deleted', { name: 'service:trainer' }, null],
    ['user.deleted', { name: 'rita', is_admin: true }, null],
  ])
  for (const { actor } of entries) expect(JSON.parse(actor).name).toBe('admin')
})
