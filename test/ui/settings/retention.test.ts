import { expect, test } from 'vitest'
import { admin, authServer } from '../../support/auth-server.ts'
import { hiddenFields, markupIn, pagesOf, rowsOf, textOf } from '../page.ts'

const list = '/settings/retention'
const page = `${list}/old`
const made = { name: 'old', seen_revision: '0', models: 'fraud-*', 'stage None': 'on', last: '1' }

/** A server with three versions of `fraud-a`, the second aliased, whose team is risk. */
async function world(overrides: Parameters<typeof authServer>[0] = {}) {
  const server = await authServer(overrides)
  const ann = await server.user('ann')
  const post = (path: string, body: object) => server.mlflow(admin, 'POST', path, body)
  await post('registered-models/create', {
    name: 'fraud-a',
    tags: [{ key: 'team', value: 'risk' }],
  })
  const register = () => post('model-versions/create', { name: 'fraud-a', source: 's3://b/m' })
  for (let i = 0; i < 3; i++) await register()
  await post('registered-models/alias', { name: 'fraud-a', alias: 'champion', version: '2' })
  const root = pagesOf(server.app, admin)
  const hidden = async (action: string) => hiddenFields((await root.get(page)).html, action)
  const versions = async () => {
    const { json } = await server.mlflow(
      admin,
      'GET',
      `model-versions/search?filter=${encodeURIComponent("name='fraud-a'")}`,
    )
    return json.model_versions.map(({ version }: { version: string }) => Number(version)).sort()
  }
  return { ...server, root, ann: pagesOf(server.app, ann), hidden, versions, register }
}

test('a rule is made, shows what goes and what stays with why, and is run exactly so', async () => {
  const { root, hidden, versions, call } = await world()
  expect(textOf((await root.get(list)).html)).toContain('No rules: versions are kept for good.')
  const { status, location } = await root.post('/settings/new-retention-rule', made)
  expect([status, location]).toEqual([303, page])
  const text = textOf((await root.get(page)).html)
  expect(text).toContain('A run deletes 1 version')
  expect(text).toMatch(/fraud-a 1 None not among the newest 1 0 B /)
  expect(text).toContain('2 versions of its models stay')
  expect(text).toMatch(/fraud-a 2 None has an alias .* fraud-a 3 None is among the newest 1 /)
  const { preview = '' } = await hidden(`${page}/run`)
  const unsaid = await root.post(`${page}/run`, { preview })
  expect([unsaid.status, textOf(unsaid.html)]).toEqual([
    400,
    expect.stringContaining('Nothing was deleted: type old'),
  ])
  const ran = await root.post(`${page}/run`, { preview, confirm: 'old' })
  expect([ran.status, textOf(ran.html)]).toEqual([
    200,
    expect.stringMatching(/Deleted 1 version fraud-a 1 .*A run deletes 0 versions/),
  ])
  expect(await versions()).toEqual([2, 3])
  const { json } = await call(admin, 'GET', '/api/v1/audit?action=model_version.deleted')
  expect(json.items).toMatchObject([{ reason: 'retention rule old', version: '1' }])
})

test('what a page showed is not run once the rule means others', async () => {
  const { root, hidden, versions, register } = await world()
  await root.post('/settings/new-retention-rule', made)
  const { preview = '' } = await hidden(`${page}/run`)
  await register()
  const late = await root.post(`${page}/run`, { preview, confirm: 'old' })
  expect([late.status, textOf(late.html)]).toEqual([
    409,
    expect.stringContaining('would delete other versions than the preview showed'),
  ])
  expect(await versions()).toEqual([1, 2, 3, 4])
})

test('a rule is changed from what was seen, and a wrong one is shown again as it was typed', async () => {
  const { root } = await world()
  await root.post('/settings/new-retention-rule', made)
  const edited = { ...made, seen_revision: '1', last: '2', 'stage Archived': 'on', automatic: 'on' }
  expect((await root.post(`${page}/edit`, edited)).status).toBe(303)
  expect(rowsOf((await root.get(list)).html)).toEqual([
    expect.stringContaining('old fraud-* the newest 2 None, Archived once an hour'),
  ])
  const late = await root.post(`${page}/edit`, { ...edited, last: '9' })
  expect([late.status, textOf(late.html)]).toEqual([
    409,
    expect.stringContaining('somebody else changed it'),
  ])
  expect(late.html).toMatch(/name="last" value="9"/)
  const wrongs = [
    [{ last: '' }, 'A rule says what it keeps'],
    [{ last: '0' }, 'from 1 to 1000'],
    [{ last: '1e3' }, "'last' is a whole number"],
    [{ younger_than_days: '99999' }, 'from 1 to 36500'],
    [{ models: ' ' }, 'The glob of models is missing'],
    [{ models: 'x'.repeat(501) }, 'models'],
    [{ name: '..' }, 'A rule needs a name'],
    [{ name: '../x' }, 'A rule needs a name'],
    [{ name: 'x'.repeat(101) }, 'name'],
  ] as const
  for (const [wrong, message] of wrongs) {
    const res = await root.post('/settings/new-retention-rule', { ...made, ...wrong })
    expect([res.status, textOf(res.html)]).toEqual([400, expect.stringContaining(message)])
  }
  const { 'stage None': _, ...nowhere } = made
  expect((await root.post('/settings/new-retention-rule', nowhere)).status).toBe(400)
  expect((await root.post(`${page}/delete`, {})).location).toBe(list)
  expect((await root.get(page)).status).toBe(404)
})

test('names of rules are text, wherever they stand', async () => {
  const { root } = await world()
  const name = '<b>old</b>/?#%2F&'
  const { location } = await root.post('/settings/new-retention-rule', { ...made, name })
  const { html, status } = await root.get(location ?? '')
  expect([status, markupIn(html)]).toEqual([200, []])
  expect(textOf(html)).toContain(name)
  expect(markupIn((await root.get(list)).html)).toEqual([])
})

test('storage tells what models and teams take, and what that costs', async () => {
  const { root } = await world()
  const plain = textOf((await root.get('/settings/storage')).html)
  expect(plain).toMatch(/fraud-a 3 0 0 B 0 B .*With the setting storage-price/)
  const { platform } = await authServer()
  const priced = await world({
    settings: { ...platform.settings, auth: true, storagePrice: 0.023 },
  })
  const teams = textOf((await priced.root.get('/settings/storage?by=team')).html)
  expect(teams).toMatch(/risk 3 0 0 B 0 B 0\.00 .*at 0\.023 a gigabyte/)
})

test('who is no administrator sees and does nothing of it', async () => {
  const { ann, root, hidden, versions } = await world()
  await root.post('/settings/new-retention-rule', made)
  const { preview = '' } = await hidden(`${page}/run`)
  for (const path of [list, page, `${page}/edit`, '/settings/storage', `${list}/none`]) {
    expect((await ann.get(path)).status, path).toBe(403)
  }
  const posts = [
    ['/settings/new-retention-rule', { ...made, name: 'hers' }],
    [`${page}/edit`, { ...made, seen_revision: '1' }],
    [`${page}/run`, { preview, confirm: 'old' }],
    [`${page}/delete`, {}],
  ] as const
  for (const [path, fields] of posts) {
    expect((await ann.post(path, fields)).status, path).toBe(403)
  }
  expect(await versions()).toEqual([1, 2, 3])
  expect(rowsOf((await root.get(list)).html)).toHaveLength(1)
  expect((await ann.get('/settings/stages')).html).not.toContain('settings/retention')
})
