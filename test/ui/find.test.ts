import { expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { testServer } from '../support/server.ts'
import { markupIn, pagesOf, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

async function world() {
  const made = await runsWorld()
  const run = await made.logRun({ name: 'Nightly-31' })
  const find = async (who: string, q: string) =>
    (await made.call(who, 'GET', `/api/v1/find?q=${encodeURIComponent(q)}`)).json
  return { ...made, run, find }
}

test('a part of a name finds models, requests, experiments and runs, whatever its case', async () => {
  const { find, rita, run } = await world()
  expect(await find(rita, 'FRAUD')).toMatchObject({
    models: [{ name: 'fraud-detector' }],
    promotions: [
      { id: '1', model: 'fraud-detector', version: '3', to: 'Production', status: 'open' },
    ],
  })
  const nightly = await find(rita, 'nightly')
  expect(nightly.experiments).toEqual([{ id: '1', name: 'nightly' }])
  expect(nightly.runs).toEqual([{ run_id: run, name: 'Nightly-31' }])
  expect(await find(rita, '_')).toMatchObject({ models: [], experiments: [] })
})

test('an id, its beginning, a number, a digest and a URI find what they name', async () => {
  const { find, rita, run, call, as } = await world()
  expect((await find(rita, run.slice(0, 6))).runs).toEqual([{ run_id: run, name: 'Nightly-31' }])
  expect((await find(rita, `runs:/${run}/model`)).runs).toHaveLength(1)
  expect((await find(rita, '#1')).promotions).toHaveLength(1)
  const versions = [{ model: 'fraud-detector', version: '2' }]
  expect((await find(rita, 'models:/fraud-detector/Production')).versions).toEqual(versions)
  expect((await find(rita, 'models:/fraud-detector/99')).versions).toEqual([])
  const facts = await call(rita, 'GET', '/api/v1/models/fraud-detector/versions/2')
  const digest = String(facts.json.digest)
  expect((await find(rita, digest)).versions).toEqual(versions)
  for (const [q, location] of [
    [run, `/runs/${run}`],
    ['#1', '/promotions/1'],
    ['models:/fraud-detector/2', '/models/fraud-detector/2'],
    [digest, '/models/fraud-detector/2'],
  ] as const) {
    const page = await as(rita).get(`/find?q=${encodeURIComponent(q)}`)
    expect([q, page.status, page.location]).toEqual([q, 302, location])
  }
  const listed = await as(rita).get(`/find?q=${run}&list=1`)
  expect([listed.status, textOf(listed.html)]).toEqual([
    200,
    expect.stringContaining('Runs Nightly-31'),
  ])
})

test('nobody finds what they may not read', async () => {
  const { find, eve, mlflow, name } = await world()
  for (const q of ['fraud', '#1', `models:/${name}/2`, 'models:/fraud-detector@champion']) {
    const { models, versions, promotions, deployments } = await find(eve, q)
    expect([q, models, versions, promotions, deployments]).toEqual([q, [], [], [], []])
  }
  const denied = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'experiments/permissions/create', denied)
  expect(await find(eve, 'nightly')).toMatchObject({ experiments: [], runs: [] })
})

test('of each kind there are eight at most, those first that begin so', async () => {
  const { find, rita, ann, mlflow } = await world()
  for (let i = 0; i < 10; i++) {
    await mlflow(ann, 'POST', 'registered-models/create', { name: `my-scorer-${i}` })
  }
  await mlflow(ann, 'POST', 'registered-models/create', { name: 'scorer' })
  const { models } = await find(rita, 'scorer')
  expect([models.length, models[0].name]).toEqual([8, 'scorer'])
})

test('the page finds by a form, shows hostile names as texts, and says where nothing is', async () => {
  const { as, ann, mlflow } = await world()
  const evil = '"><img src=x onerror=alert(1)>'
  await mlflow(ann, 'POST', 'experiments/create', { name: evil })
  const found = await as(ann).get(`/find?q=${encodeURIComponent(evil)}`)
  expect([found.status, markupIn(found.html)]).toEqual([200, []])
  expect(textOf(found.html)).toContain(`Experiments ${evil}`)
  expect(textOf((await as(ann).get('/find?q=zzz')).html)).toContain('Nothing that you may read')
  expect((await as(ann).get('/find')).html).toContain('action="/find"')
})

test('with access control off everybody finds everything', async () => {
  const { app, call } = await testServer()
  await call('POST', '/api/2.0/mlflow/registered-models/create', { name: 'open-model' })
  const found = await pagesOf(app).get('/find?q=open')
  expect(textOf(found.html)).toContain('Models open-model')
})

test('a page that is not there has a field to find what was meant; one that fails otherwise has none', async () => {
  const { as, rita } = await world()
  for (const path of [`/runs/${'0'.repeat(32)}`, '/models/none', '/nowhere']) {
    const { status, html } = await as(rita).get(path)
    expect([status, textOf(html)], path).toEqual([
      404,
      expect.stringContaining('Find by name, id or digest'),
    ])
  }
  const wrong = await as(rita).get('/runs/compare?in=x')
  expect(textOf(wrong.html)).not.toContain('Find by name')
})
