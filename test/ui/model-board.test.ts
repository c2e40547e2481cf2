import { expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { deploymentsWorld } from './deployments-world.ts'
import { markupIn, pagesOf, rowsOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

const model = '/models/fraud-detector'

async function world() {
  const made = await askedWorld()
  return { ...made, as: (who: string) => pagesOf(made.app, who) }
}

const at = (ms: number) => `?at=${new Date(ms).toISOString()}`

test('the page of a model shows what was in each stage at a moment, and nothing to do', async () => {
  const { as, rita, clock, move, mlflow, ann, name } = await world()
  await mlflow(ann, 'POST', 'registered-models/alias', { name, alias: 'next', version: '3' })
  clock.pass(3_600_000)
  const then = clock.now()
  clock.pass(3_600_000)
  await move(1, 'Staging')
  await mlflow(ann, 'POST', 'registered-models/alias', { name, alias: 'next', version: '1' })
  const { html, status } = await as(rita).get(model + at(then))
  const text = textOf(html)
  expect(status).toBe(200)
  expect(text).toContain('from the audit log alone')
  expect(text).toMatch(/Staging Version 3 [0-9a-f]{8} since/)
  expect(text).toMatch(/Production Version 2 [0-9a-f]{8} since [\d-]+ [\d:]+ UTC , moved by ann/)
  expect(text).toContain('@next pointed at version 3')
  expect(text).not.toContain('Promote…')
  expect(text).not.toContain('Change…')
  // What stands on the page now asks for it.
  expect((await as(rita).get(model)).html).toContain('<input name="at" value="" list="at-times"')
})

test('what cannot be told of a moment is said beside the field', async () => {
  const { as, rita, eve, clock } = await world()
  for (const [moment, detail] of [
    ['tomorrow', "'tomorrow' is no time: give -7d"],
    [new Date(clock.now() + 86_400_000).toISOString(), 'lies in the future'],
    ['1999-01-01T00:00', 'At that time, registered model'],
  ]) {
    const { status, html } = await as(rita).get(`${model}?at=${moment}`)
    expect([400, 404], moment).toContain(status)
    expect(textOf(html), moment).toContain(detail)
    expect(html, moment).toContain('aria-invalid="true"')
  }
  for (const moment of [clock.now(), 1]) {
    const { status, html } = await as(eve).get(model + at(moment))
    expect(status).toBe(403)
    expect(html).not.toMatch(/risk|ann|Version/)
  }
  expect((await as(rita).get(`/models/none${at(clock.now())}`)).status).toBe(404)
})

test('so long ago leads to the moment that it was, so that the address shows the same tomorrow', async () => {
  const { as, rita, clock } = await world()
  const asked = await as(rita).get(`${model}?at=-1h`)
  const then = new Date(clock.now() - 3_600_000).toISOString().replace('.000Z', 'Z')
  expect([asked.status, asked.location]).toEqual([302, `${model}?at=${encodeURIComponent(then)}`])
  const spaced = `${then.slice(0, 16).replace('T', '+')}+UTC`
  expect((await as(rita).get(`${model}?at=${spaced}`)).status).not.toBe(302)
})

test('a model that was renamed is found by both names, as one that was deleted is by readers of the log', async () => {
  const { as, rita, ann, mlflow, clock } = await world()
  await mlflow(ann, 'POST', 'registered-models/create', { name: 'old' })
  await mlflow(ann, 'POST', 'model-versions/create', { name: 'old', source: 's3://b/m' })
  clock.pass(60_000)
  const then = clock.now()
  clock.pass(60_000)
  await mlflow(ann, 'POST', 'registered-models/rename', { name: 'old', new_name: 'new' })
  const shown = textOf((await as(rita).get(`/models/old${at(then)}`)).html)
  expect(shown).toContain('It is called new today.')
  expect(shown).toContain('None Version 1')
  await mlflow(ann, 'DELETE', 'registered-models/delete', { name: 'new' })
  expect((await as(rita).get(`/models/old${at(then)}`)).status).not.toBe(200)
  expect(textOf((await as(admin).get(`/models/old${at(then)}`)).html)).toContain(
    'The model was deleted since.',
  )
})

test('all versions of a model stand in a table, with a metric and a choice of what to compare', async () => {
  const { as, rita, eve, ann, mlflow, name } = await world()
  for (let i = 0; i < 50; i++) {
    await mlflow(ann, 'POST', 'model-versions/create', { name, source: 's3://b/m' })
  }
  const { html } = await as(rita).get(`${model}/versions?metric=accuracy`)
  expect(rowsOf(html)).toHaveLength(50)
  expect(rowsOf(html)[0]).toContain('Version 53 None –')
  const next = /href="([^"]*versions\?metric=accuracy&amp;after=[^"]*)"/.exec(html)?.[1] ?? ''
  const older = await as(rita).get(next.replaceAll('&amp;', '&'))
  expect(rowsOf(older.html)).toEqual([
    expect.stringMatching(/^Version 3 Staging 0\.923 – pending ann/),
    expect.stringMatching(/^Version 2 Production 0\.918/),
    expect.stringMatching(/^Version 1 Archived 0\.88/),
  ])
  expect(older.html).toMatch(/type="checkbox" name="v" value="3"/)
  const compared = textOf((await as(rita).get(`${model}/compare?v=3&v=2`)).html)
  expect(compared).toContain('2 (base)')
  expect((await as(rita).get(`${model}/compare?v=3&v=x`)).status).toBe(400)
  expect((await as(eve).get(`${model}/versions`)).status).toBe(403)
  expect((await as(rita).get('/models/none/versions')).status).toBe(404)
  const hostile = `${model}/versions?metric=${encodeURIComponent('"><img src=x>')}`
  expect(markupIn((await as(rita).get(hostile)).html)).toEqual([])
})

test('versions of a model are found whatever it is called', async () => {
  const { as, ann, mlflow } = await world()
  const name = `it's "one"`
  await mlflow(ann, 'POST', 'registered-models/create', { name })
  await mlflow(ann, 'POST', 'model-versions/create', { name, source: 's3://b/m' })
  const { html } = await as(ann).get(`/models/${encodeURIComponent(name)}/versions`)
  expect(rowsOf(html)).toEqual([expect.stringMatching(/^Version 1 None/)])
})

test('the stage of a model leads to the versions that it does not show', async () => {
  const { as, rita, register } = await world()
  for (let i = 0; i < 6; i++) await register()
  expect((await as(rita).get(model)).html).toContain(`href="${model}/versions">2 more</a>`)
})

test('aliases beyond those that are shown of a moment are said to be there', async () => {
  const { as, rita, clock, mlflow, ann, name } = await world()
  for (let i = 0; i < 200; i += 1) {
    const body = { name, alias: `a${String(i).padStart(3, '0')}`, version: '1' }
    await mlflow(ann, 'POST', 'registered-models/alias', body)
  }
  const shown = async () => {
    clock.pass(1000)
    const text = textOf((await as(rita).get(model + at(clock.now() - 1))).html)
    return [text.includes('@a199'), text.includes('There were more')]
  }
  expect(await shown()).toEqual([true, false])
  await mlflow(ann, 'POST', 'registered-models/alias', { name, alias: 'a0001', version: '1' })
  expect(await shown()).toEqual([false, true])
})

test('the page of a model says which versions served when, with a bar for each time', async () => {
  const { app, ann, rita, eve, name, mlflow, clock } = await askedWorld()
  const move = async (version: string, stage: string, archive = false) => {
    clock.pass(3_600_000)
    const body = { name, version, stage, archive_existing_versions: archive }
    const { status } = await mlflow(ann, 'POST', 'model-versions/transition-stage', body)
    expect(status).toBe(200)
  }
  const heldRows = async (who: string) => {
    const { html } = await pagesOf(app, who).get(`/models/${name}`)
    const held = /<section class="near held".*?<\/section>/s.exec(html)?.[0] ?? ''
    return { held, rows: rowsOf(held) }
  }
  const before = await heldRows(rita)
  expect(before.rows[0]).toMatch(/^3 Staging .* UTC now –$/)
  await move('3', 'Staging')
  expect((await heldRows(rita)).rows).toHaveLength(before.rows.length)
  await move('3', 'None')
  await move('3', 'Staging')
  const { rows, held } = await heldRows(rita)
  expect(rows[0]).toMatch(/^3 Staging [\d-]+ [\d:]+ UTC now –$/)
  expect(rows[1]).toMatch(/^3 Staging [\d-]+ [\d:]+ UTC [\d-]+ [\d:]+ UTC \d/)
  expect(rows.some((row) => /^2 Production .* now –$/.test(row))).toBe(true)
  expect(rows.some((row) => /^1 Production .* UTC \d/.test(row))).toBe(true)
  // What is there now has the colour of its stage.
  const there = [...held.matchAll(/<rect class="there (\w+)"/g)].map(([, tone]) => tone)
  expect(there).toEqual(['info', 'good'])
  expect((await pagesOf(app, eve).get(`/models/${name}`)).status).toBe(403)
})

test('each version on the board has the metric of the model, and by how much it differs from what is live', async () => {
  const { as, rita, ann, name, mlflow, register } = await world()
  await register({ metrics: { latency_ms: 3 } })
  const board = async (metric: string) => {
    const { html } = await as(rita).get(`${model}?metric=${metric}`)
    return textOf(/<div class="board"[\s\S]*?<\/section><\/div>/.exec(html)?.[0] ?? '')
  }
  expect(await board('accuracy')).toMatch(
    /Version 4 [^a]*by ann.* Version 3 accuracy 0\.923 \+0\.005 \(\+0\.5 %\) better .* Version 2 accuracy 0\.918 since .* Version 1 accuracy 0\.88 −0\.038 \(−4\.1 %\) worse/,
  )
  expect(await board('latency_ms')).toMatch(
    /Version 4 latency_ms 3 −9 \(−75 %\) better .* Version 3 latency_ms 12 since/,
  )
  const tag = { name, key: 'gatehouse.metric.better.latency_ms', value: 'higher' }
  await mlflow(ann, 'POST', 'registered-models/set-tag', tag)
  expect(await board('latency_ms')).toContain('Version 4 latency_ms 3 −9 (−75 %) worse')
})

/** The board of the model's page as text. */
function boardIn(html: string): string {
  return textOf(/<div class="board"[\s\S]*?<\/section><\/div>/.exec(html)?.[0] ?? '')
}

test('a version on the board says where it is asked to go, how far that is, and what answers with it', async () => {
  const { as, rita, replica, clock, name } = await deploymentsWorld()
  const get = async () => (await as(rita).get(model)).html
  expect(boardIn(await get())).toMatch(
    /Version 3 .*#1 to Production 1 passed 1 failed 1 pending 0 of 1 approval/,
  )
  expect(boardIn(await get())).not.toContain('process')
  expect(await get()).not.toContain('data-every')
  await replica('Production', 2)
  await replica('Production', 2, { replica: 'p2' })
  expect(boardIn(await get())).toMatch(/Version 2 .*2 processes answer with it/)
  expect(await get()).toContain('data-every="5"')
  // One still runs what was there before, one whose URI names the version does as it should.
  await replica('Production', 1, { replica: 'p2' })
  await replica('Production', 1, { replica: 'p3', uri: `models:/${name}/1` })
  const board = boardIn(await get())
  expect(board).toMatch(
    /Version 2 .*1 process answers with it 1 of 2 processes meant to run it answers with version 1/,
  )
  expect(board).toMatch(/Version 1 .*2 processes answer with it/)
  expect(textOf(await get())).toContain('Serving 3')
  await replica('Production', 1, { replica: 'p2', live: undefined })
  expect(boardIn(await get())).toContain('1 of 2 processes meant to run it answers with nothing')
  clock.pass(60_000)
  expect(boardIn(await get())).not.toContain('process')
})

test('the board says how many processes it does not count', async () => {
  const { as, rita, replica, name } = await deploymentsWorld()
  const get = async () => textOf((await as(rita).get(model)).html)
  const aliases = Array.from({ length: 21 }, (_, i) => `models:/${name}@a${i}`)
  for (const [i, uri] of aliases.entries()) {
    if (i === 20) expect(await get()).not.toContain('on the board')
    await replica('Production', 2, { replica: `p${i}`, uri })
  }
  expect(await get()).toContain('1 more process is not on the board')
})

test('the page of a model has one button for what comes next, and says where aliases are set', async () => {
  const { as, rita, ann, id, call, name, mlflow } = await world()
  const primary = async (who: string) => {
    const { html } = await as(who).get(model)
    const link = /<a class="button" href="([^"]*)"[^>]*>(.*?)<\/a>/.exec(html)
    return link ? [link[1], textOf(link[2] ?? '')] : undefined
  }
  expect(await primary(rita)).toEqual(['/promotions/1', 'Review #1'])
  await mlflow(ann, 'POST', 'model-versions/create', { name, source: 's3://b/m' })
  const second = { model: name, version: '4', to: { stage: 'Production' } }
  expect((await call(ann, 'POST', '/api/v1/promotions', second)).status).toBe(201)
  expect(await primary(rita)).toEqual([
    '/promotions?view=open&amp;model=fraud-detector',
    'Review open requests',
  ])
  for (const one of [id, id + 1]) {
    const { status } = await call(ann, 'POST', `/api/v1/promotions/${one}/close`, {})
    expect(status).toBe(200)
  }
  expect(await primary(rita)).toBeUndefined()
  expect(await primary(ann)).toEqual([`${model}/4/promote`, 'Promote 4…'])
  const archive = { name, version: '4', stage: 'Archived', archive_existing_versions: false }
  await mlflow(ann, 'POST', 'model-versions/transition-stage', archive)
  expect(await primary(ann)).toBeUndefined()
  expect((await as(ann).get(model)).html).toContain(`href="${model}/change#aliases">Set an alias`)
  expect((await as(rita).get(model)).html).not.toContain('Set an alias')
  expect(textOf((await as(rita).get(model)).html)).toContain('Versions 4')
  expect((await as(rita).get(model)).html).toContain(
    'href="/settings/policies/production-sign-off"',
  )
})
