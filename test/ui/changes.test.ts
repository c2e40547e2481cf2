import { describe, expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { hiddenFields, markupIn, pagesOf, textOf, unescaped } from './page.ts'
import { askedWorld } from './world.ts'

async function world() {
  const made = await askedWorld()
  return { ...made, as: (who: string) => pagesOf(made.app, who) }
}
const model = '/models/fraud-detector'

describe('the forms of a model', () => {
  test('change its description, its tags and its aliases', async () => {
    const { as, ann } = await world()
    const { post, get } = as(ann)
    const back = `${model}/change`
    for (const [path, fields] of [
      ['description', { description: 'Two lines.\r\nOf text.' }],
      ['tags', { key: 'tier', value: '2' }],
      ['tags/remove', { key: 'team' }],
      ['aliases', { alias: '@next', version: '1' }],
    ] as const) {
      const { status, location } = await post(`${model}/${path}`, fields)
      expect([path, status, location]).toEqual([path, 303, back])
    }
    const shown = textOf((await get(back)).html)
    expect(shown).toContain('Two lines. Of text.')
    expect(shown).toContain('tier 2')
    expect(shown).not.toContain('team')
    expect(shown).toContain('@next version 1')
    const moved = await post(`${model}/aliases`, { alias: 'next', version: '3', seen_version: '1' })
    expect(moved.status).toBe(303)
    const late = await post(`${model}/aliases/remove`, { alias: 'next', seen_version: '1' })
    expect(late.status).toBe(409)
    expect(textOf(late.html)).toContain('@next points at version 3 now')
    await post(`${model}/aliases/remove`, { alias: 'next', seen_version: '3' })
    expect(textOf((await get(back)).html)).toContain('No aliases yet.')
  })

  test('keep what was typed where something is wrong', async () => {
    const { as, ann } = await world()
    const { status, html } = await as(ann).post(`${model}/aliases`, {
      alias: 'next',
      version: '99',
    })
    expect(status).toBe(404)
    expect(html).toContain('value="99"')
    expect(html).toContain('role="alert"')
    const wrong = await as(ann).post(`${model}/aliases`, { alias: 'v1', version: '1' })
    expect(wrong.status).toBe(400)
    expect(wrong.html).toContain('aria-invalid="true"')
  })

  test('lead to the request where a policy guards the alias', async () => {
    const { as, ann, call } = await world()
    await call(admin, 'PUT', '/api/v1/policies/champion', {
      applies_to: { models: '*', alias: 'champion' },
      approvals: { required: 1, from: ['user:rita'] },
    })
    const { status, location } = await as(ann).post(`${model}/3/alias`, { alias: 'champion' })
    expect([status, location]).toEqual([303, '/promotions/2'])
  })

  test('rename and delete it, the latter only where its name was typed', async () => {
    const { app, call, as } = await world()
    await call(admin, 'DELETE', '/api/v1/policies/production-sign-off')
    const root = pagesOf(app, admin)
    const renamed = await root.post(`${model}/rename`, { new_name: 'fraud scorer' })
    expect([renamed.status, renamed.location]).toEqual([303, '/models/fraud%20scorer'])
    const path = '/models/fraud%20scorer/delete'
    const without = await root.post(path, { confirm: 'fraud' })
    expect(without.status).toBe(400)
    expect(textOf(without.html)).toContain('type fraud scorer')
    const gone = await root.post(path, { confirm: 'fraud scorer' })
    expect([gone.status, gone.location]).toEqual([303, '/models'])
    expect((await as(admin).get('/models/fraud%20scorer')).status).toBe(404)
  })

  test('are refused to who may not, and noted', async () => {
    const { as, rita, eve, call } = await world()
    const page = textOf((await as(rita).get(`${model}/change`)).html)
    expect(page).toContain("EDIT on registered model 'fraud-detector' is needed")
    expect((await as(eve).get(`${model}/change`)).status).toBe(403)
    for (const [path, fields] of [
      ['description', { description: 'x' }],
      ['tags', { key: 'a', value: 'b' }],
      ['tags/remove', { key: 'team' }],
      ['aliases', { alias: 'a', version: '1' }],
      ['aliases/remove', { alias: 'a' }],
      ['rename', { new_name: 'b' }],
      ['delete', { confirm: 'fraud-detector' }],
      ['3/description', { description: 'x' }],
      ['3/tags', { key: 'a', value: 'b' }],
      ['3/tags/remove', { key: 'a' }],
      ['3/alias', { alias: 'a' }],
      ['3/hold', { reason: 'x' }],
      ['3/hold/lift', { seen_at: '1' }],
      ['3/delete', { confirm: 'fraud-detector 3' }],
      ['3/card', { seen_revision: '1' }],
    ] as const) {
      expect((await as(rita).post(`${model}/${path}`, fields)).status, path).toBe(403)
    }
    const { text } = await call(admin, 'GET', '/api/v1/audit?action=request.refused')
    for (const operation of ['setRegisteredModelTag', 'placeHold', 'putModelCard']) {
      expect(text).toContain(operation)
    }
  })
})

test('who may not move an alias may not by another spelling of it either', async () => {
  const { as, ann, rita, call } = await world()
  const release = { principal: 'user:rita', action: 'promote', models: 'fraud-*', alias: 'live' }
  expect((await call(admin, 'POST', '/api/v1/grants', release)).status).toBe(201)
  for (const alias of ['live', '@live', ' @live ']) {
    for (const [path, fields] of [
      ['aliases', { alias, version: '1' }],
      ['aliases/remove', { alias }],
      ['1/alias', { alias }],
    ] as const) {
      const { status } = await as(ann).post(`${model}/${path}`, fields)
      expect([path, alias, status]).toEqual([path, alias, 403])
    }
  }
  const moved = await as(rita).post(`${model}/aliases`, { alias: '@live', version: '2' })
  expect(moved.status).toBe(303)
  expect(textOf((await as(rita).get(`${model}/2`)).html)).toContain('@live')
})

test('a tag is removed by its very key, and a model is deleted by its very name', async () => {
  const { as, ann, mlflow } = await world()
  const name = 'fraud-detector'
  for (const key of [' tier', 'tier']) {
    await mlflow(ann, 'POST', 'registered-models/set-tag', { name, key, value: `of ${key}` })
  }
  expect((await as(ann).post(`${model}/tags/remove`, { key: ' tier' })).status).toBe(303)
  const { json } = await mlflow(ann, 'GET', `registered-models/get?name=${name}`)
  expect(json.registered_model.tags).toContainEqual({ key: 'tier', value: 'of tier' })
  expect(json.registered_model.tags).not.toContainEqual({ key: ' tier', value: 'of  tier' })
})

describe('the forms of a version', () => {
  test('change its description, tags and alias, and delete it', async () => {
    const { as, ann } = await world()
    const { post, get } = as(ann)
    const path = `${model}/1`
    await post(`${path}/description`, { description: 'The first one' })
    await post(`${path}/tags`, { key: 'reviewed', value: 'yes' })
    await post(`${path}/tags`, { key: 'other', value: '' })
    await post(`${path}/tags/remove`, { key: 'other' })
    await post(`${path}/alias`, { alias: 'old' })
    const shown = textOf((await get(`${path}/change`)).html)
    expect(shown).toContain('The first one')
    expect(shown).toContain('reviewed yes')
    expect(shown).not.toContain('other')
    expect(shown).toContain('@old points at it')
    expect((await post(`${path}/delete`, { confirm: 'fraud-detector 2' })).status).toBe(400)
    const gone = await post(`${path}/delete`, { confirm: 'fraud-detector 1' })
    expect([gone.status, gone.location]).toEqual([303, model])
    expect((await get(path)).status).toBe(404)
  })

  test('place a legal hold, which somebody else lifts', async () => {
    const { as, ann, app } = await world()
    const path = `${model}/1`
    const empty = await as(ann).post(`${path}/hold`, { reason: '' })
    expect(empty.status).toBe(400)
    expect((await as(ann).post(`${path}/hold`, { reason: 'Case 7' })).status).toBe(303)
    const { html } = await as(ann).get(`${path}/change`)
    expect(textOf(html)).toMatch(/Placed by ann on .*Case 7/)
    expect(textOf(html)).toContain('nothing deletes it while that stands')
    const fields = hiddenFields(html, `${path}/hold/lift`)
    expect((await as(ann).post(`${path}/hold/lift`, fields)).status).toBe(403)
    expect((await pagesOf(app, admin).post(`${path}/hold/lift`, { seen_at: '1' })).status).toBe(409)
    expect((await pagesOf(app, admin).post(`${path}/hold/lift`, fields)).status).toBe(303)
    expect(textOf((await as(ann).get(`${path}/change`)).html)).toContain('Place hold')
  })
})

describe('the form of a card', () => {
  test('writes the next revision, after a look at it', async () => {
    const { as, ann } = await world()
    const path = `${model}/3/card`
    const { html } = await as(ann).get(path)
    const fields = {
      ...hiddenFields(html, path),
      intended_use: 'Rank **transactions**.',
      slice_0: 'age<25',
      metric_0: 'recall',
      value_0: '0.81',
      owners: 'ann\r\nrita',
    }
    const preview = await as(ann).post(path, { ...fields, do: 'preview' })
    expect(preview.status).toBe(200)
    expect(preview.html).toContain('<strong>transactions</strong>')
    expect(textOf((await as(ann).get(`${model}/3`)).html)).toContain('Blind to vouchers.')
    const saved = await as(ann).post(path, { ...fields, do: 'save' })
    expect([saved.status, saved.location]).toEqual([303, `${model}/3`])
    const shown = textOf((await as(ann).get(`${model}/3`)).html)
    expect(shown).toContain('age<25 0.81')
    expect(shown).not.toContain('Blind to vouchers.')
  })

  test('says which entry is wrong, and shows what somebody else wrote meanwhile', async () => {
    const { as, ann, card } = await world()
    const path = `${model}/3/card`
    const seen = hiddenFields((await as(ann).get(path)).html, path)
    const wrong = await as(ann).post(path, {
      ...seen,
      slice_0: 'all',
      metric_0: 'f1',
      value_0: 'x',
    })
    expect(wrong.status).toBe(400)
    expect(textOf(wrong.html)).toContain('Fairness, entry 1')
    await card(3, { intended_use: 'Somebody else wrote this' }, 1)
    const late = await as(ann).post(path, { ...seen, intended_use: 'Mine' })
    expect(late.status).toBe(409)
    expect(late.html).toContain('>Mine</textarea>')
    expect(textOf(late.html)).toContain('Somebody else wrote this')
    const again = { ...hiddenFields(late.html, path), intended_use: 'Mine' }
    expect((await as(ann).post(path, again)).status).toBe(303)
  })
})

test('the gates of a version are judged before anybody asks for a promotion', async () => {
  const { as, rita } = await world()
  const text = textOf((await as(rita).get(`${model}/1/gates`)).html)
  expect(text).toContain('failed accurate')
  expect(text).toContain('To enter Production')
  expect(text).toContain('1 approval missing')
  expect(text).toContain('of the group ml-approvers'.replace('of ', ''))
})

test('a page that is not there names the models of a similar name that the caller may read', async () => {
  const { as, rita, eve } = await world()
  const { status, html } = await as(rita).get('/models/fraud-detectr')
  expect(status).toBe(404)
  expect(html).toContain(`href="${model}"`)
  expect((await as(eve).get('/models/fraud-detectr')).html).not.toContain(`href="${model}"`)
})

test('texts of strangers stay texts in every form', async () => {
  const { as, ann } = await world()
  const evil = '"><img src=x onerror=alert(1)>\u202e'
  await as(ann).post(`${model}/description`, { description: evil })
  await as(ann).post(`${model}/tags`, { key: 'evil', value: evil })
  await as(ann).post(`${model}/3/description`, { description: evil })
  await as(ann).post(`${model}/3/hold`, { reason: evil })
  for (const path of ['/change', '/3/change', '/3/card', '/3/gates']) {
    const { status, html } = await as(ann).get(model + path)
    expect([path, status, markupIn(html)]).toEqual([path, 200, []])
  }
})

test('the page of what was deleted or renamed says when and by whom, to who may read the audit log', async () => {
  const { as, rita, ann, eve, mlflow, clock, call } = await world()
  const post = async (path: string, body: object) => {
    clock.pass(1000)
    expect((await mlflow(ann, 'POST', path, body)).status, path).toBe(200)
  }
  const remove = async (path: string, body: object) => {
    clock.pass(1000)
    expect((await mlflow(ann, 'DELETE', path, body)).status, path).toBe(200)
  }
  await post('registered-models/create', { name: 'old one' })
  for (const _ of [1, 2]) {
    await post('model-versions/create', { name: 'old one', source: 's3://b/m' })
  }
  const shown = async (who: string, path: string) => {
    const { html, status } = await as(who).get(`/models/${path}`)
    expect(status).toBe(404)
    return { html, text: textOf(html) }
  }
  await remove('model-versions/delete', { name: 'old one', version: '1' })
  const version = await shown(admin, 'old%20one/1')
  expect(version.text).toMatch(/UTC ann deleted old one version 1/)
  expect((await shown(admin, 'old%20one/9')).text).not.toContain('deleted old one')
  await post('registered-models/rename', { name: 'old one', new_name: 'new one' })
  const renamed = await shown(admin, 'old%20one')
  expect(renamed.text).toContain('ann renamed the model old one to new one')
  expect(renamed.html).toContain('href="/models/new%20one"')
  await remove('registered-models/delete', { name: 'new one' })
  const deleted = await shown(admin, 'new%20one')
  expect(deleted.text).toContain('ann deleted the model new one')
  const before = unescaped(/href="([^"]*at=[^"]*)"/.exec(deleted.html)?.[1] ?? '')
  const then = await as(admin).get(before)
  expect([then.status, textOf(then.html).includes('None Version 2')]).toEqual([200, true])
  for (const who of [rita, eve]) {
    for (const path of ['new%20one', 'old%20one', 'old%20one/1', '%ff', '%']) {
      expect((await shown(who, path)).text, path).not.toMatch(/ann (deleted|renamed)/)
    }
  }
  const grant = { action: 'read_audit', models: 'new one', principal: 'user:rita' }
  expect((await call(admin, 'POST', '/api/v1/grants', grant)).status).toBeLessThan(300)
  expect((await shown(rita, 'new%20one')).text).toContain('ann deleted the model new one')
})

test('the page of what is not there tells nothing of what had its name before', async () => {
  const { as, ann, mlflow, clock } = await world()
  const change = async (method: string, path: string, body: object) => {
    clock.pass(1000)
    const { status, json } = await mlflow(ann, method, path, body)
    expect(status, path).toBe(200)
    return json
  }
  const shown = async (path: string) => {
    const { html, status } = await as(admin).get(path)
    expect(status).toBe(404)
    return textOf(html)
  }
  const again = async (name: string) => {
    await change('POST', 'registered-models/create', { name })
    const made = await change('POST', 'model-versions/create', { name, source: 's3://b/m' })
    const { version } = made.model_version
    await change('DELETE', 'model-versions/delete', { name, version })
    return version
  }
  await again('again')
  await change('DELETE', 'registered-models/delete', { name: 'again' })
  expect(await shown('/prompts/again')).not.toContain('ann deleted')
  await change('POST', 'registered-models/create', { name: 'again' })
  for (const path of ['/models/again/99', '/models/again/1']) {
    expect(await shown(path), path).not.toContain('ann deleted')
  }
  await again('moved')
  await change('POST', 'registered-models/rename', { name: 'moved', new_name: 'gone' })
  const version = await again('moved')
  expect(await shown('/models/moved/99')).not.toContain('ann renamed')
  expect(await shown(`/models/moved/${version}`)).toContain(`deleted moved version ${version}`)
})
