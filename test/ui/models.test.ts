import { describe, expect, test } from 'vitest'
import { admin, authServer } from '../support/auth-server.ts'
import { hiddenFields, markupIn, pagesOf, postedFields, rowsOf, textOf, unescaped } from './page.ts'
import { askedWorld } from './world.ts'

async function world() {
  const made = await askedWorld()
  return { ...made, as: (who: string) => pagesOf(made.app, who) }
}
const model = '/models/fraud-detector'

describe('the page of a model', () => {
  test('says what is live, since when and by whom, and what is next', async () => {
    const { as, rita, ann } = await world()
    const text = textOf((await as(rita).get(model)).html)
    expect(text).toContain('Scores card payments for review.')
    expect(text).toMatch(
      /Production guarded by production-sign-off Version 2 accuracy 0\.918 since [\d-]+ [\d:]+ UTC , moved by ann/,
    )
    expect(text).toContain('Staging Version 3')
    expect(text).toContain('Archived 1 version Version 1')
    expect(text).toContain('#1 fraud-detector 2 is there now, → 3 into Production')
    expect(text).toContain('Compare 2 with 3')
    expect(text).not.toContain('Promote…')
    expect(text).toContain('The audit log is for who has the right read_audit')
    expect(textOf((await as(ann).get(model)).html)).toContain('Promote…')
    expect(textOf((await as(admin).get(model)).html)).toContain(
      'from None to Production, archiving version 1',
    )
  })

  test('says how clients of the Hugging Face Hub ask for it', async () => {
    const { as, rita, ann, mlflow } = await world()
    const text = textOf((await as(rita).get(model)).html)
    expect(text).toContain('default/fraud-detector')
    await mlflow(ann, 'POST', 'registered-models/create', { name: 'süd' })
    expect(textOf((await as(rita).get('/models/s%C3%BCd')).html)).toContain(
      'the tag gatehouse.hub_name gives it another',
    )
  })

  test('shows a metric over its versions, with what a gate asks of it', async () => {
    const { as, rita, register, mlflow, ann, name } = await world()
    const { html } = await as(rita).get(model)
    const text = textOf(html)
    expect(text).toContain('accuracy over versions')
    expect(text).toContain('production-sign-off asks for at least 0.9 in Production')
    expect(text).toContain('Version 3 Staging 0.923 within')
    expect(text).toContain('Version 1 Archived 0.88 not at least 0.9, for Production')
    expect(html).toMatch(/aria-label="accuracy of 3 versions, last 0.923; 1 version beyond/)
    // What serves comes first, then what a gate would stop.
    expect(text).toMatch(
      /Version 3 Staging 0\.923 within Version 2 Production 0\.918 within Version 1 Archived 0\.88 not at least 0\.9, for Production Values/,
    )
    await register({ metrics: { latency_ms: 30 } })
    expect(textOf((await as(rita).get(model)).html)).toContain('Version 4 None –')
    const other = textOf((await as(rita).get(`${model}?metric=latency_ms`)).html)
    expect(other).toContain('latency_ms over versions')
    expect(other).toContain('No gate asks anything of it.')
    const tag = { name, key: 'gatehouse.metric', value: 'recall.young' }
    await mlflow(ann, 'POST', 'registered-models/set-tag', tag)
    expect(textOf((await as(rita).get(model)).html)).toContain('recall.young over versions')
    const none = await as(rita).get(`${model}?metric=${encodeURIComponent('<img src=x>')}`)
    expect(textOf(none.html)).toContain('No version shown here has a finite value.')
    expect(markupIn(none.html)).toEqual([])
  })

  test('marks in the chart over versions what serves, and what a gate would stop', async () => {
    const { as, rita, register, move } = await world()
    const shown = async () => {
      const { html } = await as(rita).get(`${model}?metric=accuracy`)
      const [, list = ''] = /<ul[^>]*aria-label="Versions to look at">(.*?)<\/ul>/s.exec(html) ?? []
      const [, slots = ''] = /<div class="axis-x slots"[^>]*>(.*?)<\/div>/s.exec(html) ?? []
      const [, staged = ''] = /class="dots staged" d="([^"]*)"/.exec(html) ?? []
      return { list: textOf(list), slots: textOf(slots), rings: staged.match(/M/g)?.length ?? 0 }
    }
    expect(await shown()).toMatchObject({ slots: '1 2 3', rings: 2 })
    for (let i = 4; i < 12; i++) await register({ metrics: { accuracy: 0.5 } })
    await register()
    await move(12, 'Staging')
    const { list, slots, rings } = await shown()
    // Of twelve there is no room for all numbers, and of what is stopped the newest are named.
    expect(slots).toBe('')
    expect(rings).toBe(1)
    expect(list).toMatch(
      /^Version 12 Staging has none Version 2 Production 0\.918 within Version 11/,
    )
    expect(list).toMatch(
      /Version 8 None 0\.5 not at least 0\.9, for Production 5 more, under “Values”$/,
    )
  })

  test('is not for who may not read it, and is not there for a name that no model has', async () => {
    const { as, eve, rita } = await world()
    for (const path of [
      '',
      '/2',
      '/compare?v=2,3',
      '/stages/Production',
      '/2/promote',
      '/rollback',
    ]) {
      const { status, html } = await as(eve).get(model + path)
      expect(status, path).toBe(403)
      expect(html, path).not.toMatch(/0\.9|payments|ann/)
    }
    for (const path of ['/models/none', '/models/none/1', `${model}/99`]) {
      expect((await as(rita).get(path)).status, path).toBe(404)
    }
  })

  test('has links that follow a stage and an alias', async () => {
    const { as, rita, ann, mlflow, name } = await world()
    expect((await as(rita).get(`${model}/stages/production`)).location).toBe(`${model}/2`)
    await mlflow(ann, 'POST', 'registered-models/alias', { name, alias: 'next', version: '3' })
    expect((await as(rita).get(`${model}/@next`)).location).toBe(`${model}/3`)
    expect((await as(rita).get(`${model}/@none`)).status).toBe(404)
  })
})

test('the page of a version says what it is for, where it comes from, and which files it has', async () => {
  const { as, rita, ann } = await world()
  const text = textOf((await as(rita).get(`${model}/3`)).html)
  for (const shown of [
    'Rank transactions for review.',
    'Blind to vouchers.',
    'transactions 9f2c01aa',
    'nightly',
    'model.pkl',
    'accuracy 0.923',
    'models:/fraud-detector/3',
    'sealed',
  ]) {
    expect(text).toContain(shown)
  }
  expect(text).not.toContain('Promote…')
  expect(textOf((await as(ann).get(`${model}/3`)).html)).toContain('Promote…')
})

test('the page of a version shows what it came from and where it is, step by step', async () => {
  const { as, rita, name, mlflow, ann, call } = await world()
  const graph = async (who: string) => {
    const { html } = await as(who).get(`${model}/3`)
    return {
      shown: /<ol class="lineage-graph".*?<\/ol>/s.exec(html)?.[0] ?? '',
      text: textOf(html),
    }
  }
  await mlflow(ann, 'POST', 'registered-models/alias', { name, alias: 'next', version: '3' })
  const { shown } = await graph(rita)
  expect(textOf(shown)).toMatch(
    /^Data transactions 9f2c01aa Run that read it \S+ Version made of it fraud-detector 3 Where that is Staging @next$/,
  )
  expect(shown).toContain('href="/datasets/9f2c01aa"')
  expect(shown).toMatch(/href="\/runs\/[0-9a-f]{32}"/)
  expect(shown).toContain(`href="${model}/@next"`)
  expect((await graph(rita)).text).not.toContain('that you may not see')
  const denied = { experiment_id: '1', username: 'rita', permission: 'NO_PERMISSIONS' }
  const path = '/api/2.0/mlflow/experiments/permissions/create'
  expect((await call(admin, 'POST', path, denied)).status).toBe(200)
  const closed = await graph(rita)
  expect(closed.shown).not.toContain('/runs/')
  expect(closed.shown).not.toContain('9f2c01aa')
  expect(closed.text).toContain('1 thing that you may not see.')
})

test('the page of a version says where it stands, what blocks it, and what its card lacks', async () => {
  const { as, rita, ann, card, call, id, name, mlflow } = await world()
  const standing = async (who: string, version = 3) => {
    const { html } = await as(who).get(`${model}/${version}`)
    return { html, text: textOf(/aria-labelledby="standing".*?<\/section>/s.exec(html)?.[0] ?? '') }
  }
  const { html, text } = await standing(rita)
  expect(text).toMatch(/Standing Staging since [\d-]+ [\d:]+ UTC , moved by ann/)
  expect(text).toMatch(/To Production , request #1 1 passed 1 failed 1 pending .*1 approval/)
  expect(text).not.toContain('how it would be judged')
  expect(textOf(html)).toMatch(/Revision 1 by ann ?, [\d-]+ [\d:]+ UTC · 2 of \d+ fields/)
  expect(textOf(html)).toContain('Fairness : not written yet, and production-sign-off asks for it.')
  expect(html).not.toContain('Write it')
  const write = `${model}/3/card#fairness`
  expect((await standing(ann)).html).toContain(`href="${write}">Write it`)
  expect((await as(ann).get(`${model}/3/card`)).html).toContain('id="fairness"')
  await card(3, { fairness: [{ slice: 'age<25', metric: 'recall', value: 0.8 }] }, 1)
  expect((await standing(rita)).text).not.toContain('Fairness')
  // Without a request the page leads to how it would be judged; what is there already is not asked for.
  await call(ann, 'POST', `/api/v1/promotions/${id}/close`, {})
  const closed = await standing(rita)
  expect(closed.text).toContain('To Production : how it would be judged')
  expect(closed.html).toContain(`href="${model}/3/gates?to=Production"`)
  expect((await standing(rita, 2)).text).not.toContain('how it would be judged')
  expect((await standing(rita, 1)).text).toMatch(/Archived since/)
  await mlflow(ann, 'POST', 'model-versions/create', { name, source: 's3://b/m' })
  expect((await standing(rita, 4)).text).toMatch(/Standing None To Production/)
})

test('the page of a version has the lines that load it, whatever it is called', async () => {
  const { as, rita, ann, mlflow, name } = await world()
  await mlflow(ann, 'POST', 'registered-models/alias', { name, alias: 'next', version: '3' })
  const text = textOf((await as(rita).get(`${model}/3`)).html)
  expect(text).toContain('mlflow.pyfunc.load_model("models:/fraud-detector/3")')
  expect(text).toContain('# or what is there then: "models:/fraud-detector@next"')
  expect(text).toContain('# or what is there then: "models:/fraud-detector/Staging"')
  expect(text).toContain("mlflow artifacts download -u 'models:/fraud-detector/3' -d model")
  expect(text).toContain("npx gatehouse serve 'models:/fraud-detector/Staging' --port 8080")
  const odd = `it's "one"`
  await mlflow(ann, 'POST', 'registered-models/create', { name: odd })
  await mlflow(ann, 'POST', 'model-versions/create', { name: odd, source: 's3://b/m' })
  const { html } = await as(ann).get(`/models/${encodeURIComponent(odd)}/1`)
  expect(textOf(html)).toContain(`load_model("models:/it's \\"one\\"/1")`)
  expect(textOf(html)).toContain(`-u 'models:/it'\\''s "one"/1' -d model`)
  expect(textOf(html)).not.toContain('what is there then')
})

test('the page of a version leads to its newest signed bundle', async () => {
  const { as, rita, ann, call } = await world()
  const get = async () => (await as(rita).get(`${model}/3`)).html
  expect(await get()).not.toContain('bundle.zip')
  const made = await call(ann, 'POST', '/api/v1/models/fraud-detector/versions/3/bundles')
  expect(made.status).toBe(201)
  const html = await get()
  expect(html).toContain(
    `/api/v1/models/fraud-detector/versions/3/bundle.zip?bundle=${made.json.id}`,
  )
  expect(textOf(html)).toContain('Signed bundle of')
})

test('a comparison begins with metrics and says which way is better', async () => {
  const { as, rita, card, mlflow, ann } = await world()
  await card(3, { intended_use: 'Rank.\n\n- cards' }, 1)
  const { html } = await as(rita).get(`${model}/compare?v=2,3`)
  const text = textOf(html)
  expect(text).toContain('2 (base)')
  expect(text).toContain('−0.036 (−4.4 %) worse')
  expect(unescaped(text)).toContain(
    "3 breaks callers of 2 (base): input 'amount' is string, was double",
  )
  expect(html).toContain('Rank.\n\n- cards</bdi>')
  expect(text).toContain('Intended use Rank transactions for review.')
  const tag = {
    name: 'fraud-detector',
    key: 'gatehouse.metric.better.recall.young',
    value: 'lower',
  }
  await mlflow(ann, 'POST', 'registered-models/set-tag', tag)
  expect(textOf((await as(rita).get(`${model}/compare?v=2,3`)).html)).toContain(
    '−0.036 (−4.4 %) better',
  )
  expect((await as(rita).get(`${model}/compare?v=2`)).status).toBe(400)
  const named = await as(rita).get(`${model}/compare?v=live:Production,3&all=1`)
  expect([named.status, named.location]).toEqual([302, `${model}/compare?v=2%2C3&all=1`])
  expect((await as(rita).get(`${model}/compare?v=2,77`)).status).toBe(404)
})

describe('a promotion', () => {
  test('to an unguarded stage is one move; to a guarded one it opens a request with its reason', async () => {
    const { as, ann, register } = await world()
    await register()
    const path = `${model}/4/promote`
    const free = await as(ann).get(`${path}?to=Staging`)
    expect(textOf(free.html)).toContain('No policy guards Staging of this model.')
    const moved = await as(ann).post(path, { ...postedFields(free.html, path), archive: 'on' })
    expect([moved.status, moved.location]).toEqual([303, model])
    expect(textOf((await as(ann).get(model)).html)).toContain('Staging Version 4')
    const guarded = await as(ann).get(`${path}?to=Production`)
    expect(textOf(guarded.html)).toContain(
      'asks for 1 approval of the group ml-approvers and 3 gates',
    )
    const fields = postedFields(guarded.html, path)
    const without = await as(ann).post(path, fields)
    expect(without.status).toBe(400)
    expect(without.html).toContain('aria-invalid="true"')
    const asked = await as(ann).post(path, { ...fields, archive: 'on', reason: 'newer' })
    expect([asked.status, asked.location]).toEqual([303, '/promotions/2'])
  })

  test('is refused to who may not, and noted', async () => {
    const { as, rita, eve, call } = await world()
    const form = { to: 'Staging', reason: 'x' }
    expect((await as(rita).post(`${model}/1/promote`, form)).status).toBe(403)
    expect((await as(eve).post(`${model}/1/promote`, form)).status).toBe(403)
    const { text } = await call(admin, 'GET', '/api/v1/audit?action=request.refused')
    expect(text).toContain('transitionModelVersionStage')
  })
})

describe('a rollback', () => {
  test('brings the version back that was there, with a reason, once', async () => {
    const { as, ann, rita, policy, call } = await world()
    await policy({ applies_to: { models: 'other', stage: 'Production' } })
    const path = `${model}/rollback`
    const shown = await as(ann).get(`${path}?stage=Production`)
    const said = textOf(shown.html)
    expect(said).toMatch(/Version 1 comes back from Archived.*Version 2 goes to Archived\./)
    expect(said).toContain('no policy guards the stage')
    expect(shown.html).toMatch(/name="to_version"[^>]* value="1"/)
    const fields = hiddenFields(shown.html, path)
    expect((await as(ann).post(path, fields)).status).toBe(400)
    expect((await as(rita).post(path, { ...fields, reason: 'x' })).status).toBe(403)
    const forRita = await as(rita).get(`${path}?stage=Production`)
    expect(forRita.html).not.toContain('<form method="post" action="/models')
    expect(textOf(forRita.html)).toContain('EDIT on registered model')
    const done = { ...fields, reason: 'declines good cards' }
    expect((await as(ann).post(path, done)).status).toBe(303)
    expect((await as(ann).post(path, done)).status).toBe(409)
    const text = textOf((await as(ann).get(model)).html)
    expect(text).toMatch(/Production Version 1 accuracy 0\.88 since/)
    const { json } = await call(admin, 'GET', '/api/v1/audit?action=model_version.rolled_back')
    expect(json.items).toHaveLength(1)
    expect(json.items[0]).toMatchObject({ reason: 'declines good cards' })
  })

  test('that a policy wants reviewed leads to the request that it opens', async () => {
    const { as, ann } = await world()
    const path = `${model}/rollback`
    const shown = await as(ann).get(`${path}?stage=Production`)
    expect(textOf(shown.html)).toContain('Nothing moves yet: a request is opened')
    const fields = hiddenFields(shown.html, path)
    const asked = await as(ann).post(path, { ...fields, reason: 'declines good cards' })
    expect([asked.status, asked.location]).toEqual([303, '/promotions/2'])
  })
})

test('where nothing was before, a rollback says so; a stage that serves nothing has none', async () => {
  const { as, ann, move } = await world()
  await move(1, 'Staging')
  const { html } = await as(ann).get(`${model}/rollback?stage=Staging`)
  expect(textOf(html)).toMatch(/was (ever )?in Staging|comes back/)
  expect((await as(ann).get(`${model}/rollback?stage=Archived`)).status).toBe(400)
})

test('nothing that somebody writes becomes markup on the pages of models', async () => {
  const { app, mlflow, user, call } = await authServer()
  const markup = '"><img src=x onerror=alert(1)>\u202e'
  const ann = await user('ann')
  const name = `m ${markup}`.replaceAll('/', '')
  const { json } = await mlflow(ann, 'POST', 'experiments/create', { name: `e ${markup}` })
  const run = await mlflow(ann, 'POST', 'runs/create', {
    experiment_id: json.experiment_id,
    run_name: markup,
  })
  const { run_id } = run.json.run.info
  await mlflow(ann, 'POST', 'runs/log-batch', { run_id, params: [{ key: 'p', value: markup }] })
  await mlflow(ann, 'POST', 'registered-models/create', { name, description: markup })
  for (const _version of [1, 2]) {
    const version = { name, source: 's3://b/m', run_id, description: markup }
    await mlflow(ann, 'POST', 'model-versions/create', version)
  }
  await mlflow(ann, 'POST', 'model-versions/set-tag', {
    name,
    version: '1',
    key: 't',
    value: markup,
  })
  const path = `/models/${encodeURIComponent(name)}`
  const card = {
    revision: 0,
    intended_use: markup,
    owners: [markup.slice(0, -1)],
    limitations: `<script>${markup}`,
  }
  await call(ann, 'PUT', `/api/v1${path}/versions/1/card`, { ...card })
  for (const page of [
    '',
    '/1',
    '/2',
    '/compare?v=1,2',
    '/1/promote?to=Staging',
    '/rollback',
    '/none',
  ]) {
    const { html } = await pagesOf(app, admin).get(path + page)
    expect(markupIn(html), page).toEqual([])
    expect(html, page).not.toContain('\u202e')
  }
})

/** The links of a page by their text. */
function linksIn(html: string): Map<string, string> {
  const links = html.matchAll(/<a [^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs)
  return new Map([...links].map(([, href = '', text = '']) => [textOf(text), unescaped(href)]))
}

describe('a comparison of versions', () => {
  const versions = `${model}/compare`

  test('has the versions in a strip: one leaves, another is the base, one more comes in', async () => {
    const { as, rita, register } = await world()
    await register({ metrics: { accuracy: 0.9 } })
    const { get } = as(rita)
    const two = await get(`${versions}?v=2,3`)
    expect(linksIn(two.html).get('make base : version 3')).toBe(`${versions}?v=3%2C2`)
    expect(two.html).not.toContain('Leave out')
    const added = await get(`${versions}?v=2,3&better=latency_ms:up&add=4`)
    expect([added.status, added.location]).toEqual([
      302,
      `${versions}?v=2%2C3%2C4&better=latency_ms%3Aup`,
    ])
    const three = await get(added.location ?? '')
    const links = linksIn(three.html)
    expect(links.get('× Leave out version 2')).toBe(`${versions}?v=3%2C4&better=latency_ms%3Aup`)
    // Of several versions, each says how far it is from the base.
    expect(textOf(three.html)).toMatch(
      /accuracy [^0]*view 0\.918 0\.923 \+0\.005 \(\+0\.5 %\) better 0\.9 −0\.018 \(−2 %\) worse/,
    )
    expect(three.html).toMatch(/<td class="number differs" data-label="4">/)
    for (const [add, problem] of [
      ['9', 'Model Version (name=fraud-detector, version=9) not found'],
      ['3', 'Version 3 is compared already'],
      ['<b>', "'<b>' is no number of a version"],
    ] as const) {
      const refused = await get(`${versions}?v=2,3&add=${encodeURIComponent(add)}`)
      expect(refused.status, add).toBe(400)
      expect(textOf(refused.html), add).toContain(problem)
      expect(textOf(refused.html), add).toContain('differences')
    }
  })

  test('takes another direction for a metric, in its address alone', async () => {
    const { as, rita } = await world()
    const { get } = as(rita)
    const turned = async (query: string) => {
      const { html } = await get(`${versions}?v=2,3${query}`)
      const row = rowsOf(html).find((one) => one.startsWith('recall.young')) ?? ''
      const hrefs = [...html.matchAll(/class="turn" href="([^"]*)"/g)].map(([, href = '']) =>
        unescaped(href),
      )
      return { row, href: hrefs.at(-1) }
    }
    const usual = await turned('')
    expect(usual.row).toContain('−0.036 (−4.4 %) worse')
    expect(usual.href).toBe(`${versions}?v=2%2C3&better=recall.young%3Adown`)
    const down = await turned('&better=recall.young:down')
    expect(down.row).toContain('less is better, change that for this view')
    expect(down.row).toContain('−0.036 (−4.4 %) better')
    expect(down.href).toBe(`${versions}?v=2%2C3&better=recall.young%3Anone`)
    const neither = await turned('&better=recall.young:none')
    expect(neither.row).toMatch(/neither way is better.*−0\.036 \(−4\.4 %\)$/)
    expect(neither.href).toBe(`${versions}?v=2%2C3`)
    const hostile = await get(`${versions}?v=2,3&better=${encodeURIComponent('"><img>:up')}`)
    expect(markupIn(hostile.html)).toEqual([])
    expect((await get(`${versions}?v=2,3&better=x&better=:up`)).status).toBe(200)
    const unknown = await turned('&better=nothing-of-theirs:up&better=recall.young:down')
    expect(unknown.href).toBe(down.href)
  })

  test('counts what is equal and shows it where that is asked for', async () => {
    const { as, rita } = await world()
    const { get } = as(rita)
    const brief = await get(`${versions}?v=2,3`)
    expect(textOf(brief.html)).toMatch(
      /9 differences; \d+ values are equal\. Show what is equal too/,
    )
    expect(textOf(brief.html)).not.toContain('latency_ms')
    const whole = await get(linksIn(brief.html).get('Show what is equal too') ?? '')
    expect(textOf(whole.html)).toMatch(/Metrics 2 differences, 1 equal/)
    expect(rowsOf(whole.html)).toEqual([
      expect.stringMatching(/^accuracy/),
      expect.stringMatching(/^recall\.young/),
      expect.stringMatching(/^latency_ms/),
    ])
    expect(textOf(whole.html)).toContain('Datasets 0 differences, 1 equal')
    expect(linksIn(whole.html).get('Only what differs')).toBe(`${versions}?v=2%2C3`)
    expect(textOf((await get(`${versions}?v=2,3&all=1`)).html)).toContain('&all=true')
  })

  test('shows sizes of files, words of the card that changed, and the way to the charts', async () => {
    const { as, rita, call } = await world()
    const { html } = await as(rita).get(`${versions}?v=2,3`)
    expect(html).toContain('Blind to <del>gift cards</del><ins>vouchers</ins>.')
    expect(textOf(html)).toMatch(/model\.pkl [0-9a-f]{8}, 32 B [0-9a-f]{8}, 32 B/)
    const href = linksIn(html).get('Metrics of their runs over steps') ?? ''
    expect(href).toMatch(/^\/runs\/compare\?ids=[0-9a-f]{32}%2C[0-9a-f]{32}&view=charts$/)
    expect((await as(rita).get(href)).status).toBe(200)
    const denied = { experiment_id: '1', username: 'rita', permission: 'NO_PERMISSIONS' }
    await call(admin, 'POST', '/api/2.0/mlflow/experiments/permissions/create', denied)
    const closed = (await as(rita).get(`${versions}?v=2,3`)).html
    expect(textOf(closed)).not.toContain('over steps')
    expect(closed).not.toContain('/runs/compare')
  })
})
