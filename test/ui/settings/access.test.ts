import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { createApp } from '../../../src/app.ts'
import { admin, authServer, password } from '../../support/auth-server.ts'
import { basic } from '../../support/client.ts'
import { testServer } from '../../support/server.ts'
import { fieldsIn, hiddenFields, markupIn, pagesOf, textOf } from '../page.ts'

async function world() {
  const server = await authServer()
  const ann = await server.user('ann')
  const as = (who: string) => pagesOf(server.app, who)
  return { ...server, ann, as, root: as(admin) }
}

const settings = '/settings'
const pages = ['users', 'groups', 'service-accounts', 'tokens', 'grants', 'identities', 'stages']
const another = 'another good password'

describe('the pages of accounts', () => {
  test('make a user, who signs in, an administrator of them, and delete them by their name', async () => {
    const { root, whoami } = await world()
    const rita = `${settings}/users/rita`
    const made = await root.post(`${settings}/users`, { name: 'rita', password })
    expect([made.status, made.location]).toEqual([303, `${settings}/users`])
    expect((await whoami(basic('rita', password))).json.name).toBe('rita')
    const seen = hiddenFields((await root.get(rita)).html, `${rita}/delete`)
    const send = (form: string, fields: Record<string, string>) =>
      root.post(`${rita}/${form}`, { ...seen, ...fields })
    expect((await send('admin', { is_admin: 'yes' })).status).toBe(303)
    expect(textOf((await root.get(`${settings}/users?q=RIT`)).html)).toContain('rita yes')
    expect((await send('password', { password: another })).status).toBe(303)
    expect((await whoami(basic('rita', password))).status).toBe(401)
    expect((await send('delete', { confirm: 'rit' })).status).toBe(400)
    expect((await send('delete', { confirm: 'rita' })).location).toBe(`${settings}/users`)
    expect((await whoami(basic('rita', another))).status).toBe(401)
  })

  test('never show a password that was typed, and keep the last administrator', async () => {
    const { root } = await world()
    const short = await root.post(`${settings}/users`, { name: 'rita', password: 'tooshort' })
    expect([short.status, fieldsIn(short.html).name]).toEqual([400, 'rita'])
    expect(short.html).not.toContain('tooshort')
    const path = `${settings}/users/admin`
    const last = await root.post(
      `${path}/admin`,
      hiddenFields((await root.get(path)).html, `${path}/admin`),
    )
    expect([last.status, textOf(last.html)]).toEqual([
      409,
      expect.stringContaining('last administrator'),
    ])
  })

  test('let users change their own password, with the old one alone', async () => {
    const { as, ann, whoami } = await world()
    const path = `${settings}/users/ann`
    expect(textOf((await as(ann).get(path)).html)).toContain('Present password')
    const seen = hiddenFields((await as(ann).get(path)).html, `${path}/password`)
    const send = (current: string) =>
      as(ann).post(`${path}/password`, { ...seen, password: another, current })
    const without = await send('wrong')
    expect(without.status).toBe(400)
    await send(password)
    expect((await whoami(basic('ann', another))).status).toBe(200)
  })

  test('do nothing to who was made again under the name since they were shown', async () => {
    const { root, call, user, whoami } = await world()
    const rita = `${settings}/users/rita`
    const machines = `${settings}/service-accounts`
    await user('rita')
    await call(admin, 'POST', '/api/v1/service-accounts', { name: 'ci' })
    const seen = hiddenFields((await root.get(rita)).html, `${rita}/delete`)
    const machine = hiddenFields((await root.get(machines)).html, `${machines}/delete`)
    await call(admin, 'DELETE', '/api/2.0/mlflow/users/delete', { username: 'rita' })
    await call(admin, 'DELETE', '/api/v1/service-accounts/ci')
    const again = await user('rita')
    await call(admin, 'POST', '/api/v1/service-accounts', { name: 'ci' })
    for (const [path, fields] of [
      [`${rita}/admin`, { ...seen, is_admin: 'yes' }],
      [`${rita}/password`, { ...seen, password: another }],
      [`${rita}/delete`, { ...seen, confirm: 'rita' }],
      [`${machines}/delete`, { ...machine, confirm: 'ci' }],
    ] as const) {
      const answer = await root.post(path, fields)
      expect([path, answer.status]).toEqual([path, 409])
      expect(textOf(answer.html)).toContain('made again meanwhile')
      const unsaid = Object.fromEntries(Object.entries(fields).filter(([key]) => key !== 'account'))
      expect((await root.post(path, unsaid)).status).toBe(400)
    }
    expect((await whoami(again)).json.name).toBe('rita')
    const { json } = await call(admin, 'GET', '/api/2.0/mlflow/users/get?username=rita')
    expect(json.user.is_admin).toBe(false)
    expect((await root.get(machines)).html).toContain('service:ci')
  })

  test('make groups, and save members where nobody else changed them meanwhile', async () => {
    const { root, call } = await world()
    const path = `${settings}/groups/${encodeURIComponent('ml/team')}`
    const made = await root.post(`${settings}/groups`, { name: 'ml/team', members: 'ann\r\n' })
    expect(made.status).toBe(303)
    expect((await root.post(`${settings}/groups`, { name: 'ml/team' })).status).toBe(400)
    const kept = fieldsIn((await root.get(path)).html)
    await call(admin, 'PUT', '/api/v1/groups/ml%2Fteam', { members: ['ann', 'admin'] })
    const late = await root.post(`${path}/members`, { ...kept, members: '' })
    expect([late.status, textOf(late.html)]).toEqual([409, expect.stringContaining('admin, ann')])
    const again = { ...fieldsIn(late.html), members: 'admin' }
    expect((await root.post(`${path}/members`, again)).status).toBe(303)
    expect((await call(admin, 'GET', '/api/v1/groups/ml%2Fteam')).json.members).toEqual(['admin'])
    const many = await root.post(`${path}/members`, {
      seen_members: 'admin',
      members: 'nobody\r\n'.repeat(40_000),
    })
    expect([many.status, textOf(many.html)]).toEqual([
      400,
      expect.stringContaining('at most 10000'),
    ])
    const unknown = await root.post(`${path}/members`, { seen_members: 'admin', members: 'nobody' })
    expect([unknown.status, fieldsIn(unknown.html).members]).toEqual([400, 'nobody'])
    expect((await root.post(`${path}/delete`, { confirm: 'ml/team' })).status).toBe(303)
  })

  test('make a service account and its token, which is shown this once', async () => {
    const { root, whoami } = await world()
    await root.post(`${settings}/service-accounts`, { name: 'ci' })
    const made = await root.post(`${settings}/tokens`, { name: 't', for: 'service:ci', days: '30' })
    const [, token] = /(gh_[0-9a-f]{64})<\/code>/.exec(made.html) ?? []
    expect((await whoami(`Bearer ${token}`)).json.name).toBe('service:ci')
    const { id = '' } = hiddenFields(made.html, `${settings}/tokens/revoke`)
    expect((await root.post(`${settings}/tokens/revoke`, { id })).status).toBe(303)
    expect((await whoami(`Bearer ${token}`)).status).toBe(401)
    const path = `${settings}/service-accounts`
    const seen = hiddenFields((await root.get(path)).html, `${path}/delete`)
    const gone = await root.post(`${path}/delete`, { ...seen, confirm: 'ci' })
    expect(gone.status).toBe(303)
    expect(textOf((await root.get(`${settings}/service-accounts`)).html)).toContain(
      'No service account',
    )
  })

  test('link somebody whom an issuer identifies, and unlink and admit them', async () => {
    const { root } = await world()
    const path = `${settings}/identities`
    const identity = { account: 'ann', issuer: 'https://issuer.example', subject: 'a-1' }
    expect((await root.post(path, identity)).status).toBe(303)
    expect((await root.post(path, identity)).status).toBe(409)
    const { id = '' } = hiddenFields((await root.get(path)).html, `${path}/unlink`)
    expect((await root.post(`${path}/unlink`, { id })).status).toBe(303)
    const barred = hiddenFields((await root.get(path)).html, `${path}/admit`)
    expect((await root.post(`${path}/admit`, { id: barred.id ?? '' })).status).toBe(303)
    expect(textOf((await root.get(path)).html)).not.toContain('Barred')
  })

  test('lead on from page to page of users, who keep their roles, and of barred identities', async () => {
    const { root, platform, call } = await world()
    const many = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 150)`
    await platform.db.batch({
      users: sql`insert into accounts (kind, name, name_key, is_admin, created_at_ms)
        ${many} select 'user', 'Many' || i, 'many' || i, 0, 0 from n`,
      barred: sql`insert into barred_identities (issuer, subject, account, barred_by, barred_at_ms)
        ${many} select 'https://issuer.example', 'sub' || i, 'was', 'admin', 0 from n`,
    })
    const roles = '/api/3.0/mlflow/roles'
    const role = { name: 'readers', workspace: 'default' }
    const role_id = (await call(admin, 'POST', `${roles}/create`, role)).json.role.id
    await call(admin, 'POST', `${roles}/assign`, { role_id, username: 'Many120' })
    const walk = async (path: string, link: string) => {
      const first = await root.get(path)
      const next = new RegExp(`href="([^"]+)"[^>]*>\\s*${link}`).exec(first.html)?.[1] ?? ''
      const second = await root.get(next.replaceAll('&amp;', '&').replace(/#.*/, ''))
      expect(second.html).not.toContain(link)
      return [textOf(first.html), textOf(second.html)] as const
    }
    const [first, second] = await walk(`${settings}/users?q=mANY`, 'Next users')
    expect([first.includes('Many100 no'), first.includes('Many101 no')]).toEqual([true, false])
    expect([second.includes('Many101 no'), second.includes('Many120 no readers')]).toEqual([
      true,
      true,
    ])
    const [barred, more] = await walk(`${settings}/identities`, 'Next barred identities')
    expect([barred.includes('sub100 '), barred.includes('sub101 ')]).toEqual([true, false])
    expect([more.includes('sub101 '), more.includes('sub150 ')]).toEqual([true, true])
  })
})

describe('the page of grants', () => {
  test('says what the first grant means before it is given, and shows who may what with a model', async () => {
    const { root, mlflow, ann } = await world()
    const path = `${settings}/grants`
    await mlflow(ann, 'POST', 'registered-models/create', { name: 'fraud-detector' })
    const grant = {
      ...{ principal: 'user:ann', action: 'promote', models: 'fraud-*' },
      ...{ place: 'stage', place_name: 'Production' },
    }
    const asked = await root.post(path, grant)
    expect(textOf(asked.html)).toContain('1 model now, fraud-detector')
    expect(textOf(asked.html)).toContain('only its holders move versions in or out of Production')
    const kept = { ...hiddenFields(asked.html, path), confirmed: 'yes' }
    expect((await root.post(path, kept)).location).toBe(path)
    const second = await root.post(path, { ...grant, principal: 'user:admin' })
    expect(textOf(second.html)).not.toContain('first grant')
    expect((await root.post(path, kept)).status).toBe(400)
    const matrix = textOf((await root.get(`${path}?model=fraud-detector`)).html)
    expect(matrix).toContain('Who promote to Production user:ann yes')
    expect(textOf((await root.get(`${path}?model=other`)).html)).toContain('No grant names it')
    const { id = '' } = hiddenFields((await root.get(path)).html, `${path}/delete`)
    expect((await root.post(`${path}/delete`, { id })).status).toBe(303)
    expect(textOf((await root.get(path)).html)).toContain('No grant yet')
  })

  test('keeps what was typed where a grant is refused', async () => {
    const { root } = await world()
    const wrong = { principal: 'user:nobody', action: 'register', models: 'a-*', confirmed: 'yes' }
    const { status, html } = await root.post(`${settings}/grants`, wrong)
    expect([status, fieldsIn(html).principal, fieldsIn(html).models]).toEqual([
      400,
      'user:nobody',
      'a-*',
    ])
  })
})

describe('the page of stages', () => {
  const path = `${settings}/stages`

  test('adds, moves and saves a stage, after the old list and the new one were shown', async () => {
    const { root, call } = await world()
    const start = fieldsIn((await root.get(path)).html)
    const added = await root.post(path, { ...start, new_name: 'Canary', do: 'add' })
    const moved = await root.post(path, { ...fieldsIn(added.html), new_name: '', do: 'up-4' })
    const draft = { ...fieldsIn(moved.html), exclusive_3: 'on', from_3: 'Staging' }
    const shown = await root.post(path, draft)
    expect(textOf(shown.html)).toContain('Canary – exclusive, from Staging')
    expect((await call(admin, 'GET', '/api/v1/stages')).json.items).toHaveLength(4)
    const kept = { ...hiddenFields(shown.html, path), confirmed: 'yes' }
    expect((await root.post(path, kept)).status).toBe(303)
    expect((await call(admin, 'GET', '/api/v1/stages')).json.items[3]).toEqual({
      name: 'Canary',
      exclusive: true,
      from: ['Staging'],
    })
    const late = await root.post(path, kept)
    expect([late.status, textOf(late.html)]).toEqual([409, expect.stringContaining('changed')])
  })

  test('keeps MLflow’s four, and names the version that stands in the way', async () => {
    const { root, mlflow, ann, call } = await world()
    const items = [...(await call(admin, 'GET', '/api/v1/stages')).json.items, { name: 'Canary' }]
    await call(admin, 'PUT', '/api/v1/stages', { items })
    await mlflow(ann, 'POST', 'registered-models/create', { name: 'm' })
    await mlflow(ann, 'POST', 'model-versions/create', { name: 'm', source: 's3://bucket/m' })
    const move = { name: 'm', version: '1', stage: 'Canary', archive_existing_versions: false }
    await mlflow(ann, 'POST', 'model-versions/transition-stage', move)
    const html = (await root.get(path)).html
    expect(html.match(/value="remove-\d+"/g)).toEqual(['value="remove-4"'])
    const without = await root.post(path, { ...fieldsIn(html), new_name: '', do: 'remove-4' })
    const shown = await root.post(path, { ...fieldsIn(without.html), new_name: '' })
    expect(textOf(shown.html)).toContain('Open requests for Canary are closed')
    const saved = await root.post(path, { ...hiddenFields(shown.html, path), confirmed: 'yes' })
    expect([saved.status, textOf(saved.html)]).toEqual([
      409,
      expect.stringContaining("version 1 of 'm' is in it"),
    ])
    const { name_3: _, ...three } = fieldsIn(html)
    expect((await root.post(path, { ...three, new_name: '' })).status).toBe(400)
  })
})

test('who is no administrator reads what the API lets them read, and changes nothing', async () => {
  const { as, ann, call } = await world()
  const { get, post } = as(ann)
  const read = await Promise.all(
    pages.map(async (page) => (await get(`${settings}/${page}`)).status),
  )
  expect(read).toEqual([200, 200, 200, 403, 403, 403, 200])
  await call(admin, 'PUT', '/api/v1/groups/team', { members: ['ann'] })
  for (const [path, fields] of [
    ['users', { name: 'x', password }],
    ['users/ann/admin', { is_admin: 'yes' }],
    ['users/admin/password', { password }],
    ['users/ann/delete', { confirm: 'ann' }],
    ['groups', { name: 'x' }],
    ['groups/team/members', { seen_members: 'ann', members: '' }],
    ['groups/team/delete', { confirm: 'team' }],
    ['service-accounts', { name: 'x' }],
    ['service-accounts/delete', { of: 'x', confirm: 'x' }],
    ['tokens', { name: 'x', for: 'admin' }],
    ['tokens/revoke', { id: '1' }],
    ['grants', { principal: 'user:ann', action: 'approve', models: '*', confirmed: 'yes' }],
    ['grants/delete', { id: '1' }],
    ['identities', { account: 'ann', issuer: 'i', subject: 's' }],
    ['identities/unlink', { id: '1' }],
    ['identities/admit', { id: '1' }],
    ['stages', { confirmed: 'yes' }],
  ] as const) {
    expect([path, (await post(`${settings}/${path}`, fields)).status]).toEqual([path, 403])
  }
  const { text } = await call(admin, 'GET', '/api/v1/audit?action=request.refused')
  for (const operation of ['createUser', 'putGroup', 'createGrant', 'replaceStages']) {
    expect(text).toContain(operation)
  }
})

test('hostile names are texts on all of these pages', async () => {
  const { root, call } = await world()
  const evil = '"><img src=x onerror=alert(1)>'
  await call(admin, 'PUT', `/api/v1/groups/${encodeURIComponent(evil)}`, { members: [] })
  const grant = { principal: `group:${evil}`, action: 'approve', models: `${evil}*` }
  await call(admin, 'POST', '/api/v1/grants', grant)
  await call(admin, 'POST', '/api/v1/identities', { account: 'ann', issuer: evil, subject: evil })
  const query = encodeURIComponent(evil)
  for (const page of [
    ...pages,
    `users?q=${query}`,
    `groups/${query}`,
    `grants?model=${query}`,
    `tokens?for=${query}`,
  ]) {
    const { status, html } = await root.get(`${settings}/${page}`)
    expect([page, status, markupIn(html)]).toEqual([page, 200, []])
  }
  const asked = await root.post(`${settings}/grants`, grant)
  expect([asked.status, markupIn(asked.html)]).toEqual([200, []])
})

test('the pages lead below the path that a proxy adds', async () => {
  const { platform } = await world()
  const app = createApp(() => platform, { prefixOf: () => '/tools' })
  const root = pagesOf(app, admin)
  const { html } = await root.get('/tools/settings/groups')
  expect(html).toContain('action="/tools/settings/groups"')
  const made = await root.post('/tools/settings/groups', { name: 'team', members: 'ann' })
  expect([made.status, made.location]).toEqual([303, '/tools/settings/groups'])
  const policy = { json: '{"applies_to":{"models":"*","stage":"Production"}}', name: 'p' }
  const save = '/tools/settings/new-policy/save'
  const saved = await root.post(save, { ...policy, seen_revision: '0', confirmed: 'yes' })
  expect(saved.location).toBe('/tools/settings/policies/p')
  expect((await root.post('/tools/profile/preferences', {})).location).toBe('/tools/profile')
  expect((await root.get('/tools/find?q=team')).html).toContain('action="/tools/find"')
})

test('with access control off the pages say so, and no account is made', async () => {
  const { app } = await testServer()
  for (const page of ['users', 'groups', 'service-accounts']) {
    const { status, html } = await pagesOf(app).get(`${settings}/${page}`)
    expect([page, status]).toEqual([page, 200])
    expect(textOf(html)).toContain('Started with --auth')
  }
  const made = await pagesOf(app).post(`${settings}/users`, { name: 'x', password })
  expect(made.status).toBe(403)
})
