import { expect, test } from 'vitest'
import { testServer } from '../support/server.ts'
import { hiddenFields, markupIn, pagesOf, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

const nightly = '/experiments/1'
const views = '/api/v1/experiments/1/views'
const shown = 'q=metrics.accuracy > 0.9&sort=-m.accuracy'
const evil = '"><img src=x onerror=alert(1)>'

/** Ann owns the experiment; rita and eve read it. */
async function viewsWorld() {
  const world = await runsWorld()
  const ask = (who: string) => (method: string, path: string, body?: unknown) =>
    world.call(who, method, path, body)
  const { ann, rita, eve } = world
  return { ...world, asAnn: ask(ann), asRita: ask(rita), asEve: ask(eve) }
}

test('a view is a name for an address, which a moment is no part of', async () => {
  const { asAnn } = await viewsWorld()
  const query = `?${shown}&sel=${'a'.repeat(32)}&after=x&saved=3&open=${'b'.repeat(32)}`
  const made = await asAnn('POST', views, { name: ' Best ', query, shared: true })
  expect(made.status, made.text).toBe(201)
  expect(made.json).toMatchObject({
    ...{ id: '1', name: 'Best', query: 'q=metrics.accuracy+%3E+0.9&sort=-m.accuracy' },
    ...{ shared: true, default: false, revision: 1 },
  })
  for (const [wrong, status] of [
    [{ name: ' ', query: '' }, 400],
    [{ name: 'x'.repeat(101), query: '' }, 400],
    [{ name: 'x', query: 'q='.padEnd(8001, 'x') }, 400],
    [{ name: 'x', query: 'q='.padEnd(1000, '梨') }, 400],
    [{ name: 'Best', query: '', shared: true }, 400],
    [{ name: 'x' }, 400],
  ] as const) {
    expect((await asAnn('POST', views, wrong)).status, JSON.stringify(wrong).slice(0, 60)).toBe(
      status,
    )
  }
  expect((await asAnn('GET', views)).json.views).toHaveLength(1)
  expect(
    (await asAnn('POST', '/api/v1/experiments/77/views', { name: 'x', query: '' })).status,
  ).toBe(404)
})

test('one is read by its owner alone, or by whoever reads the experiment, whom only an editor changes it for', async () => {
  const world = await viewsWorld()
  const { asAnn, asRita, mlflow, admin } = world
  await asAnn('POST', views, { name: 'ours', query: 'sort=name', shared: true })
  await asAnn('POST', views, { name: 'mine', query: 'sort=name' })
  const names = async (ask: typeof asAnn) =>
    (await ask('GET', views)).json.views.map(({ name }: { name: string }) => name)
  expect([await names(asAnn), await names(asRita)]).toEqual([['mine', 'ours'], ['ours']])
  const change = { name: 'theirs', query: '', revision: 1 }
  expect((await asRita('PUT', `${views}/1`, change)).status, 'for everybody').toBe(403)
  expect((await asRita('DELETE', `${views}/1?revision=1`)).status).toBe(403)
  expect((await asRita('PUT', `${views}/2`, change)).status, "somebody else's").toBe(404)
  expect((await asRita('DELETE', `${views}/2?revision=1`)).status).toBe(404)
  expect((await asRita('POST', views, { name: 'x', query: '', shared: true })).status).toBe(403)
  expect((await asRita('POST', views, { name: 'mine', query: '' })).status, 'its own').toBe(201)
  await mlflow(admin, 'POST', 'experiments/permissions/create', {
    ...{ experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' },
  })
  for (const method of ['GET', 'POST'] as const) {
    const body = method === 'POST' ? { name: 'x', query: '' } : undefined
    expect((await world.asEve(method, views, body)).status, method).toBe(403)
  }
})

test('of two who change one the second is told, and one at most is shown first', async () => {
  const { asAnn } = await viewsWorld()
  const make = (name: string, isDefault: boolean) =>
    asAnn('POST', views, { name, query: 'sort=name', shared: true, default: isDefault })
  await make('a', true)
  await make('b', true)
  const firsts = async () =>
    (await asAnn('GET', views)).json.views.flatMap((view: { name: string; default: boolean }) =>
      view.default ? view.name : [],
    )
  expect(await firsts()).toEqual(['b'])
  const change = (id: number, body: object) =>
    asAnn('PUT', `${views}/${id}`, { name: 'a', query: 'sort=name', ...body })
  expect((await change(1, { revision: 1, default: true })).status, 'it was changed since').toBe(409)
  expect(await firsts(), 'nothing was changed').toEqual(['b'])
  const both = await Promise.all([
    change(1, { revision: 2, default: true }),
    change(1, { revision: 2, default: true }),
  ])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
  expect(await firsts()).toEqual(['a'])
  expect((await change(1, { revision: 3, default: true })).status, 'as it stands').toBe(200)
  expect((await change(1, { revision: 4, name: 'b' })).status, "the other's name").toBe(400)
  expect((await asAnn('DELETE', `${views}/1?revision=1`)).status).toBe(409)
  expect((await asAnn('DELETE', `${views}/1?revision=4`)).status).toBe(200)
})

test('a view for which there is no room takes the first place from none', async () => {
  const { asAnn } = await viewsWorld()
  const make = (name: string, isDefault: boolean) =>
    asAnn('POST', views, { name, query: '', shared: true, default: isDefault })
  await make('first', true)
  await Promise.all(Array.from({ length: 199 }, (_, n) => make(`view ${n}`, false)))
  const refused = await make('one more', true)
  expect([refused.status, refused.json.message]).toEqual([400, expect.stringContaining('at most')])
  const { json } = await asAnn('GET', views)
  const firsts = json.views.filter((view: { default: boolean }) => view.default)
  expect(firsts).toMatchObject([{ name: 'first', revision: 1 }])
})

test('no view keeps the table from being opened, and no problem is lost on the way to one', async () => {
  const { as, ann, asAnn } = await viewsWorld()
  const { get, post } = as(ann)
  const column = (n: number) => `col=m.${n}`
  for (const query of [
    ...['col=nope', 'sort=nope', 'then=nope', 'sort=name&sort=start', 'flat=1&flat=1'],
    Array.from({ length: 41 }, (_, i) => column(i)).join('&'),
  ]) {
    const made = await asAnn('POST', views, {
      name: query.slice(0, 50),
      query,
      shared: true,
      default: true,
    })
    expect(made.status, made.text).toBe(201)
    expect((await get(`${nightly}?${query}`)).status, query).toBe(400)
    expect((await get(nightly)).status, query).toBe(200)
  }
  await asAnn('POST', views, { name: 'ok', query: 'sort=name', shared: true, default: true })
  expect((await get(nightly)).status).toBe(302)
  const refused = await post(`${nightly}/views`, { name: '', query: 'sort=name', shared: 'on' })
  expect([refused.status, textOf(refused.html)]).toEqual([400, expect.stringContaining('missing')])
})

test('the table is saved, shown first, changed, reset and left, without script', async () => {
  const { as, ann, rita } = await viewsWorld()
  const { get, post } = as(ann)
  const address = `${nightly}?sort=name&col=m.accuracy`
  const table = await get(address)
  const action = `${nightly}/views?col=m.accuracy&sort=name`
  const hidden = hiddenFields(table.html, action)
  const saved = await post(action, { ...hidden, name: evil, shared: 'on', first: 'on' })
  expect([saved.status, saved.location]).toEqual([
    303,
    `${nightly}?col=m.accuracy&sort=name&saved=1`,
  ])
  expect((await get(nightly)).location, 'shown first').toBe(saved.location)
  expect((await as(rita).get(nightly)).location).toBe(saved.location)
  const begun = await get(saved.location ?? '')
  expect([begun.status, markupIn(begun.html)]).toEqual([200, []])
  expect(textOf(begun.html)).toContain(`View: ${evil}`)
  const other = await get(`${nightly}?col=m.accuracy&sort=-name&saved=1`)
  expect(textOf(other.html)).toContain(`View: ${evil} (changed)`)
  const changeAction = `${nightly}/views/1/change?col=m.accuracy&sort=-name&saved=1`
  const changed = await post(changeAction, hiddenFields(other.html, changeAction))
  expect(changed.location).toBe(`${nightly}?col=m.accuracy&sort=-name&saved=1`)
  const again = await post(changeAction, hiddenFields(other.html, changeAction))
  expect([again.status, textOf(again.html)]).toEqual([409, expect.stringContaining('repeat your')])
  expect((await get(`${nightly}?saved=0`)).status, 'all runs').toBe(200)
  const taken = await post(action, { ...hidden, name: evil, shared: 'on' })
  expect([taken.status, textOf(taken.html)]).toEqual([400, expect.stringContaining('already')])
  const asReader = await as(rita).get(saved.location ?? '')
  expect(asReader.html).not.toContain('/views/1/delete')
  const deleteAction = `${nightly}/views/1/delete?col=m.accuracy&sort=name&saved=1`
  const now = await get(saved.location ?? '')
  await post(deleteAction, hiddenFields(now.html, deleteAction))
  expect((await get(nightly)).status, 'nothing is shown first').toBe(200)
  expect((await get(`${nightly}?saved=x`)).status).toBe(400)
})

test('where nobody signs in, views are for everybody', async () => {
  const { call, app, post } = await testServer()
  await post('runs/create', { experiment_id: '0' })
  const path = '/api/v1/experiments/0/views'
  const own = await call('POST', path, { name: 'x', query: 'sort=name' })
  expect([own.status, own.json.message]).toEqual([400, expect.stringContaining('an account')])
  expect((await call('POST', path, { name: 'x', query: 'q=', shared: true })).status).toBe(201)
  const page = await pagesOf(app).get('/experiments/0?sort=name')
  expect(hiddenFields(page.html, '/experiments/0/views?sort=name')).toMatchObject({ shared: 'on' })
})
