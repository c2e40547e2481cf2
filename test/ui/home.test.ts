import { expect, test } from 'vitest'
import { filterOfWords } from '../../src/search/words.ts'
import { admin, authServer } from '../support/auth-server.ts'
import { TickingClock } from '../support/clock.ts'
import { testServer } from '../support/server.ts'
import { pagesOf, rowsOf, textOf, unescaped } from './page.ts'

test('an empty server teaches how the first model and the first policy get here', async () => {
  const { app } = await testServer()
  const { html } = await pagesOf(app).get('/')
  const text = textOf(html)
  expect(text).toContain('No models yet')
  expect(text).toContain('mlflow.set_tracking_uri("http://localhost")')
  expect(text).toContain('curl -X PUT http://localhost/api/v1/policies/production')
})

test('home shows what waits for the caller and what is live, and only what they may read', async () => {
  const { app, user, mlflow, call } = await authServer()
  const [ann, bob, eve] = [await user('ann'), await user('bob'), await user('eve')]
  for (const name of ['fraud', 'secret']) {
    await mlflow(ann, 'POST', 'registered-models/create', { name })
    await mlflow(ann, 'POST', 'model-versions/create', { name, source: 's3://b/m' })
  }
  for (const username of ['bob', 'eve']) {
    const none = { name: 'secret', username, permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'registered-models/permissions/create', none)
  }
  await mlflow(ann, 'POST', 'model-versions/transition-stage', {
    name: 'fraud',
    version: '1',
    stage: 'Production',
    archive_existing_versions: false,
  })
  await call(admin, 'PUT', '/api/v1/policies/staging', {
    applies_to: { models: '*', stage: 'Staging' },
    approvals: { required: 1, from: ['user:bob'] },
  })
  const request = { model: 'fraud', version: '1', to: { stage: 'Staging' } }
  expect((await call(ann, 'POST', '/api/v1/promotions', request)).status).toBe(201)
  const forBob = textOf((await pagesOf(app, bob).get('/')).html)
  expect(forBob).toContain('Waiting for you')
  expect(forBob).toContain('#1 fraud 1 → Staging open')
  expect(forBob).toContain('0 of 1 1 approval ann')
  expect(forBob).toMatch(/fraud Production 1/)
  expect(forBob).not.toContain('secret')
  const forEve = textOf((await pagesOf(app, eve).get('/')).html)
  expect(forEve).not.toContain('Waiting for you')
  expect(textOf((await pagesOf(app, ann).get('/models')).html)).toContain('secret')
})

test('the catalogue takes words and clauses, and shows a mistake beside its filter', async () => {
  const { app, call } = await testServer()
  for (const name of ['fraud-eu', 'fraud-us', 'churn']) {
    await call('POST', '/api/2.0/mlflow/registered-models/create', { name })
  }
  const shown = async (q: string) => {
    const { html, status } = await pagesOf(app).get(`/models?q=${encodeURIComponent(q)}`)
    const names = ['fraud-eu', 'fraud-us', 'churn'].filter((name) =>
      html.includes(`/models/${name}"`),
    )
    return { names, status, text: textOf(html) }
  }
  expect((await shown('')).names).toHaveLength(3)
  expect((await shown('FRAUD us')).names).toEqual(['fraud-us'])
  expect((await shown("name = 'churn'")).names).toEqual(['churn'])
  const none = await shown('"nothing\'% like it')
  expect(none).toMatchObject({ names: [], status: 200 })
  expect(none.text).toContain('No model matches.')
  const wrong = await shown('name = churn')
  expect(wrong.status).toBe(400)
  expect(wrong.names).toEqual([])
})

test.each([
  ['fraud eu', "name ILIKE '%fraud%' AND name ILIKE '%eu%'"],
  ["o'brien", "name ILIKE '%o_brien%'"],
  ["stage = 'Production'", "stage = 'Production'"],
  ['  ', ''],
  ['% "', ''],
])('the words %j are the filter %j', (words, filter) => {
  expect(filterOfWords(words, 'name')).toBe(filter)
})

test('chips count what the caller may read, and lead to it', async () => {
  const { app, user, mlflow, call, clock } = await authServer()
  const [ann, eve] = [await user('ann'), await user('eve')]
  for (const name of ['fraud', 'secret', 'old']) {
    const tags = [{ key: 'of team', value: "it's <b>" }]
    await mlflow(ann, 'POST', 'registered-models/create', { name, tags })
    await mlflow(ann, 'POST', 'model-versions/create', { name, source: 's3://b/m' })
  }
  const none = { name: 'secret', username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'registered-models/permissions/create', none)
  for (const name of ['fraud', 'secret']) {
    const move = { name, version: '1', stage: 'Production', archive_existing_versions: false }
    await mlflow(ann, 'POST', 'model-versions/transition-stage', move)
  }
  await call(admin, 'PUT', '/api/v1/policies/staging', {
    applies_to: { models: '*', stage: 'Staging' },
    approvals: { required: 1, from: ['user:ann'] },
  })
  const request = { model: 'secret', version: '1', to: { stage: 'Staging' } }
  expect((await call(ann, 'POST', '/api/v1/promotions', request)).status).toBe(201)
  const forAnn = (await pagesOf(app, ann).get('/')).html
  expect(textOf(forAnn)).toMatch(/3 models .* Production 2 open requests 1 changed this week 3 /)
  const forEve = textOf((await pagesOf(app, eve).get('/models')).html)
  expect(forEve).toContain('Production 1 changed this week 2')
  expect(forEve).not.toContain('open requests')
  const linksOf = (html: string, path: string) =>
    [...html.matchAll(/href="([^"]*)"/g)]
      .map(([, href = '']) => href.replaceAll('&amp;', '&').replaceAll('&#39;', "'"))
      .filter((href) => href.startsWith(path))
  const rowsAt = async (path: string) =>
    ['fraud', 'secret', 'old'].filter((name) => rows.get(path)?.includes(`/models/${name}"`))
  const rows = new Map<string, string>()
  for (const path of linksOf(forAnn, '/models?')) {
    rows.set(path, (await pagesOf(app, ann).get(path)).html)
  }
  const [stage, asked, changed, tag] = [...rows.keys()]
  expect(await rowsAt(stage ?? '')).toEqual(['fraud', 'secret'])
  expect(await rowsAt(asked ?? '')).toEqual(['secret'])
  expect(await rowsAt(changed ?? '')).toEqual(['fraud', 'secret', 'old'])
  expect(await rowsAt(tag ?? '')).toEqual(['fraud', 'secret', 'old'])
  expect(textOf(rows.get(asked ?? '') ?? '')).toContain('Only models with an open request.')
  clock.pass(9 * 86_400_000)
  expect(textOf((await pagesOf(app, ann).get('/')).html)).not.toContain('changed this week')
})

test('the catalogue has the metric that a tag of a model names, of what is live', async () => {
  const { app, user, mlflow } = await authServer()
  const [ann, eve] = [await user('ann'), await user('eve')]
  const post = async (path: string, body: object) => (await mlflow(ann, 'POST', path, body)).json
  const { experiment_id } = await post('experiments/create', { name: 'lab' })
  const model = async (name: string, value: number | string | undefined, metric = 'recall') => {
    const { run_id } = (await post('runs/create', { experiment_id })).run.info
    if (value !== undefined) {
      await post('runs/log-metric', { run_id, key: 'recall', value, timestamp: 1 })
    }
    await post('registered-models/create', { name })
    await post('registered-models/set-tag', { name, key: 'gatehouse.metric', value: metric })
    await post('model-versions/create', { name, source: 's3://b/m', run_id })
    await post('model-versions/create', { name, source: 's3://b/m' })
    const move = { name, version: '1', stage: 'Production', archive_existing_versions: false }
    await post('model-versions/transition-stage', move)
  }
  await model('a', 0.91823456)
  await model('b', undefined)
  await model('c', 'NaN')
  await model('d', 'Infinity')
  await model('e', 0.5, 'other')
  const catalogue = async (who: string) => (await pagesOf(app, who).get('/models')).html
  const html = await catalogue(ann)
  expect(rowsOf(html).map((row) => /Production 1 ?(.*?) ?– 2/.exec(row)?.[1])).toEqual([
    '★ recall 0.918235',
    '',
    '★ recall NaN',
    '★ recall ∞',
    '',
  ])
  expect(html).toContain('title="recall 0.91823456"')
  expect(textOf((await pagesOf(app, ann).get('/')).html)).toContain('★ recall 0.918235')
  const none = { experiment_id, username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'experiments/permissions/create', none)
  const forEve = await catalogue(eve)
  expect(forEve, 'the run is not theirs to read').not.toContain('★')
  expect(textOf(forEve)).toContain('Production 1')
})

test('of many aliases the catalogue and the page of the model show some, and say how many more there are', async () => {
  const { app, post } = await testServer()
  await post('registered-models/create', { name: 'm' })
  await post('model-versions/create', { name: 'm', source: 's3://b/m' })
  for (const alias of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
    await post('registered-models/alias', { name: 'm', alias, version: '1' })
  }
  const { get } = pagesOf(app)
  expect(textOf((await get('/models')).html)).toMatch(
    /@ ?a 1 ?, @ ?b 1 ?, @ ?c 1 ?, @ ?d 1 ?, @ ?e 1 \+2 /,
  )
  for (const path of ['/models/m', '/models/m/versions']) {
    expect([path, textOf((await get(path)).html)]).toEqual([
      path,
      expect.stringMatching(/@a @b @c @d @e \+2/),
    ])
  }
})

test('the heads of the catalogue sort it, and a card says what is live before its tags', async () => {
  const { app, mlflow, clock } = await authServer()
  for (const name of ['b', 'a', 'c']) {
    clock.pass(1000)
    const tags = [{ key: 'team', value: 'risk' }]
    await mlflow(admin, 'POST', 'registered-models/create', { name, tags })
    await mlflow(admin, 'POST', 'model-versions/create', { name, source: 's3://b/m' })
  }
  const { get } = pagesOf(app, admin)
  const shown = async (path: string) => {
    const { html } = await get(path)
    const heads = [...html.matchAll(/<th scope="col"[^>]*>(?:<a href="([^"]*)">)?([^<]*)/g)]
    return {
      names: rowsOf(html).map((row) => row[0]),
      hrefs: heads.flatMap(([, href = '']) => (href === '' ? [] : unescaped(href))),
      sorted: /aria-sort="(\w+)"><a[^>]*>(.*?)</.exec(html)?.slice(1),
      rows: rowsOf(html),
      text: textOf(html),
    }
  }
  const filter = `/models?q=${encodeURIComponent("tags.team = 'risk'")}&requests=`
  const byName = await shown(filter)
  expect(byName.names).toEqual(['a', 'b', 'c'])
  expect(byName.sorted).toEqual(['ascending', 'Model ↑'])
  expect(byName.rows[0]).toMatch(/^a – – 1 – .* UTC team=risk$/)
  const byChange = await shown(byName.hrefs[1] ?? '')
  expect(byChange.names).toEqual(['c', 'a', 'b'])
  expect(byChange.text).toContain('sort=changed')
  expect(byChange.sorted).toEqual(['descending', 'Changed ↓'])
  expect(byChange.hrefs[0]).toBe(filter.replace('&requests=', ''))
  expect((await shown('/')).hrefs).toEqual(['/models', '/models?sort=changed'])
  const asked = (await get('/models?requests=open&sort=changed')).html
  expect(asked).toContain('<input type="hidden" name="requests" value="open"/>')
  expect(textOf(asked)).toContain('Show all 3 models')
})

test('filters of models, prompts and experiments take times in words, which addresses keep and calls do not', async () => {
  const clock = new TickingClock()
  const { app, call } = await testServer({ now: clock.now })
  const isPrompt = { key: 'mlflow.prompt.is_prompt', value: 'true' }
  const make = async (which: string) => {
    const create = '/api/2.0/mlflow/registered-models/create'
    await call('POST', create, { name: `${which}-model` })
    await call('POST', create, { name: `${which}-prompt`, tags: [isPrompt] })
    await call('POST', '/api/2.0/mlflow/experiments/create', { name: `${which}-work` })
  }
  await make('old')
  clock.pass(10 * 86_400_000)
  await make('new')
  const lists = [
    { path: '/models', key: 'creation_timestamp' },
    { path: '/models', key: 'last_updated_timestamp' },
    { path: '/prompts', key: 'creation_timestamp' },
    { path: '/experiments', key: 'creation_time' },
    { path: '/experiments', key: 'last_update_time' },
  ]
  for (const { path, key } of lists) {
    const search = (time: string) =>
      pagesOf(app).get(`${path}?q=${encodeURIComponent(`${key} ${time}`)}`)
    const late = await search('> -7d')
    expect(textOf(late.html)).toMatch(/new-(model|prompt|work)/)
    expect(late.html).not.toMatch(/>old-/)
    expect(textOf(late.html)).toMatch(/-7d is \d{4}-\d\d-\d\d/)
    expect(late.html).toContain(`value="${key} &gt; -7d"`)
    // What the page shows as its call has milliseconds, since programs get MLflow's grammar.
    expect(late.html).toMatch(new RegExp(`${key}( &gt; |%20%3E%20|\\+%3E\\+)\\d{12,}`))
    expect((await search("< 'yesterday 9:00'")).html).toMatch(/>old-/)
    const wrong = await search('> tomorow')
    expect(wrong.status).toBe(400)
    expect(wrong.html).toContain('<mark>tomorow</mark>')
  }
  const filter = encodeURIComponent('creation_timestamp > -7d')
  const program = await call('GET', `/api/2.0/mlflow/registered-models/search?filter=${filter}`)
  expect(program.status).toBe(400)
})

test('where no model matches, what each clause takes away is counted, of what the caller may read', async () => {
  const { app, user, mlflow } = await authServer()
  const [ann, eve] = [await user('ann'), await user('eve')]
  const risk = [{ key: 'team', value: 'risk' }]
  for (const name of ['fraud', 'churn']) {
    await mlflow(ann, 'POST', 'registered-models/create', { name, tags: risk })
  }
  const isPrompt = { key: 'mlflow.prompt.is_prompt', value: 'true' }
  await mlflow(ann, 'POST', 'registered-models/create', { name: 'ask', tags: [...risk, isPrompt] })
  const none = { name: 'churn', username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'registered-models/permissions/create', none)
  const q = encodeURIComponent("tags.team = 'risk'  AND stage = 'Production'")
  const forAnn = await pagesOf(app, ann).get(`/models?q=${q}`)
  expect(textOf(forAnn.html)).toContain("Without stage = 'Production' : 2 models")
  expect(textOf(forAnn.html)).not.toContain('Without tags')
  expect(unescaped(forAnn.html)).toContain(`/models?q=${encodeURIComponent("tags.team = 'risk'")}"`)
  const forEve = await pagesOf(app, eve).get(`/models?q=${q}`)
  expect(textOf(forEve.html)).toContain("Without stage = 'Production' : 1 model")
  const one = await pagesOf(app, ann).get(`/models?q=${encodeURIComponent("name = 'x'")}`)
  expect(textOf(one.html)).not.toContain('Without')
})
