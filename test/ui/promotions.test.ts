import { describe, expect, test } from 'vitest'
import { admin, authServer } from '../support/auth-server.ts'
import { hiddenFields, markupIn, pagesOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

async function world() {
  const made = await askedWorld()
  const as = (who: string) => pagesOf(made.app, who)
  const path = `/promotions/${made.id}`
  return { ...made, as, path }
}

describe('the page of a request', () => {
  test('begins with what changes against the live version, and says who can clear what blocks it', async () => {
    const { as, rita, path } = await world()
    const { html, status } = await as(rita).get(path)
    expect(status).toBe(200)
    expect(html).toContain('<title>blocked · #1 fraud-detector 2 → 3 → Production · Gatehouse')
    const text = textOf(html)
    expect(text).toContain('beats 2 on the holdout of October')
    expect(text).toMatch(/accuracy more is better 0\.918 0\.923 \+0\.005 \(\+0\.5 %\) better/)
    expect(text).toMatch(/recall\.young more is better 0\.81 0\.774 −0\.036 \(−4\.4 %\) worse/)
    expect(text).toContain('amount')
    expect(text).toContain(
      'To merge card fairness is empty Whoever may edit the model can write it',
    )
    expect(text).toContain('integration-tests')
    expect(text).toContain('0 of 1 given. Who may give it: the group ml-approvers')
    expect(text).toContain('Approve version 3')
    expect(text.indexOf('What changes in Production')).toBeLessThan(text.indexOf('Gates and how'))
  })

  test('has no button that the caller may not press, and says why', async () => {
    const { as, ann, otto, eve, path } = await world()
    const own = textOf((await as(ann).get(path)).html)
    expect(own).toContain('the requester may not approve')
    expect(own).not.toContain('Approve version 3')
    expect(own).toContain('Withdraw #1')
    expect(own).not.toContain('Break the glass')
    expect(textOf((await as(otto).get(path)).html)).toContain('Break the glass')
    const { status, html } = await as(eve).get(path)
    expect(status).toBe(403)
    expect(html).not.toMatch(/0\.923|holdout/)
  })
})

describe('around the request, its page', () => {
  test('says what is new where nothing is there, and who reads of that place', async () => {
    const { as, rita, ask, name, call, ann, clock } = await world()
    const uri = `models:/${name}@best`
    const { digest } = (await call(ann, 'GET', `/api/v1/resolve?uri=models:/${name}/3`)).json
    await call(ann, 'POST', '/api/v1/serving/replicas', {
      ...{ replica: 'r-1', host: 'scorer', uri },
      live: { version: 3, digest, at: clock.now() },
    })
    for (const [deployment, other] of [
      ['fraud-ab', uri],
      ['fraud-cd', `models:/${name}/Production`],
    ]) {
      const variants = [{ name: 'only', uri: other, weight: 100 }]
      await call(ann, 'PUT', `/api/v1/deployments/${deployment}`, { model: name, variants })
    }
    const request = await ask(3, { alias: 'best' })
    const { html } = await as(rita).get(`/promotions/${request}`)
    const text = textOf(html)
    expect(text).toContain('Nothing is there yet: everything is new.')
    expect(text).toMatch(
      /Metrics 3 values Metrics Metric 3 \(asked for\) accuracy more is better 0\.923/,
    )
    expect(text).toContain('input amount string')
    expect(text).toContain('Blind to vouchers.')
    expect(text).toMatch(/None: traces, tags/)
    expect(text).toContain('fraud-ab')
    expect(text).not.toContain('fraud-cd')
    expect(text).toMatch(
      /1 process and the deployment fraud-ab follow it, and answer with version 3/,
    )
    expect(hiddenFields(html, `/promotions/${request}/reviews`).seen_compared).toBe('none')
    expect(markupIn(html)).toEqual([])
  })

  test('names the reviewers, leads to the policies, and gives all of it as JSON', async () => {
    const { as, rita, path, card } = await world()
    const shown = await as(rita).get(path)
    const fields = hiddenFields(shown.html, `${path}/reviews`)
    expect(fields.seen_compared).toBe('2')
    await as(rita).post(`${path}/reviews`, { ...fields, decision: 'approve', comment: 'fine' })
    await card(3, { intended_use: 'Rank.' }, 1)
    const { html } = await as(rita).get(path)
    expect(textOf(html)).toMatch(/rita approved · dismissed: the model card changed/)
    expect(textOf(html)).toContain('Compared with version 2')
    expect(html).toContain('<a href="/settings/policies/production-sign-off">')
    expect(html).toContain('href="/api/v1/promotions/1" download="promotion-request-1.json"')
  })

  test('tells of a decided one what it was compared with, and what is there since', async () => {
    const { as, rita, otto, path, call, register, move, policy, name, mlflow, ann } = await world()
    const fields = hiddenFields((await as(otto).get(path)).html, `${path}/break-glass`)
    const reason = 'the live version declines everybody'
    await as(otto).post(`${path}/break-glass`, { ...fields, reason, understood: 'on' })
    const merged = await as(rita).get(path)
    expect(textOf(merged.html)).toContain('Version 3 is still there.')
    expect(merged.html).toContain(`href="/models/${name}/compare?v=2%2C3"`)
    expect(merged.html).toContain(`href="/audit?model=${name}&amp;version=3"`)
    await policy({ applies_to: { models: 'other-*', stage: 'Production' } })
    await move(await register(), 'Production')
    const after = textOf((await as(rita).get(path)).html)
    expect(after).toMatch(/Version 3 was there until .* UTC ; version 4 is there now\./)
    const away = { name, version: '4', stage: 'Archived' }
    await mlflow(ann, 'POST', 'model-versions/transition-stage', away)
    expect(textOf((await as(rita).get(path)).html)).toContain('; nothing is there now.')
    const gone = { name, version: '3' }
    expect((await mlflow(ann, 'DELETE', 'model-versions/delete', gone)).status).toBe(200)
    const { status, html } = await as(rita).get(path)
    expect(status).toBe(200)
    expect(textOf(html)).not.toContain('is there now')
    expect((await call(rita, 'GET', `/api/v1${path}`)).json.compared_with).toBe('2')
  })
})

describe('its forms', () => {
  test('approve what was shown, and merge it when nothing blocks it', async () => {
    const { as, rita, ann, path, card, call } = await world()
    await card(
      3,
      { intended_use: 'Rank.', fairness: [{ slice: 'a', metric: 'recall', value: 1 }] },
      1,
    )
    const checked = { name: 'integration-tests', status: 'passed' }
    expect((await call(admin, 'POST', `/api/v1${path}/checks`, checked)).status).toBe(200)
    const shown = await as(rita).get(path)
    const fields = hiddenFields(shown.html, `${path}/reviews`)
    const sent = { ...fields, decision: 'approve', comment: 'looks right' }
    const approved = await as(rita).post(`${path}/reviews`, sent)
    expect([approved.status, approved.location]).toEqual([303, path])
    const ready = await as(ann).get(path)
    expect(textOf(ready.html)).toContain('Nothing blocks it.')
    expect(textOf(ready.html)).toContain('Version 2 goes to Archived.')
    const merge = hiddenFields(ready.html, `${path}/merge`)
    expect((await as(ann).post(`${path}/merge`, merge)).status).toBe(303)
    const merged = textOf((await as(rita).get(path)).html)
    expect(merged).toContain('merged by ann')
    expect(merged).toContain('looks right')
    expect((await as(ann).post(`${path}/merge`, merge)).status).toBe(409)
  })

  test('do nothing about what has changed meanwhile, and keep what was typed', async () => {
    const { as, rita, path, card, call } = await world()
    const fields = hiddenFields((await as(rita).get(path)).html, `${path}/reviews`)
    await card(3, { intended_use: 'Something else entirely.' }, 1)
    const sent = { ...fields, decision: 'approve', comment: 'my long comment' }
    const refused = await as(rita).post(`${path}/reviews`, sent)
    expect(refused.status).toBe(409)
    const text = textOf(refused.html)
    expect(text).toContain('the model card is at revision 2, not 1')
    expect(text).toContain('Something else entirely.')
    expect(refused.html).toContain('my long comment</textarea>')
    const { json } = await call(rita, 'GET', `/api/v1${path}`)
    expect(json.reviews).toEqual([])
    const again = { ...hiddenFields(refused.html, `${path}/reviews`), decision: 'approve' }
    expect((await as(rita).post(`${path}/reviews`, again)).status).toBe(303)
  })

  test('do nothing once another version is live, and then compare with that one', async () => {
    const { as, rita, ann, path, policy, move, call } = await world()
    await policy({ gates: [] })
    const fields = hiddenFields((await as(rita).get(path)).html, `${path}/reviews`)
    await move(1, 'Production')
    await call(rita, 'POST', '/api/v1/promotions/2/reviews', { decision: 'approve' })
    expect((await call(ann, 'POST', '/api/v1/promotions/2/merge')).status).toBe(200)
    const sent = { ...fields, decision: 'approve', comment: 'better than 2' }
    const refused = await as(rita).post(`${path}/reviews`, sent)
    expect(refused.status).toBe(409)
    expect(textOf(refused.html)).toContain('it is compared with version 1, not with version 2')
    expect(textOf(refused.html)).toContain('1 (live) 3 (asked for)')
    expect(refused.html).toContain('better than 2</textarea>')
    const again = { ...sent, ...hiddenFields(refused.html, `${path}/reviews`) }
    expect((await as(rita).post(`${path}/reviews`, again)).status).toBe(303)
    const forged = { ...again, seen_compared: 'x' }
    expect((await as(rita).post(`${path}/reviews`, forged)).status).toBe(400)
  })

  test('reject with a reason and not without', async () => {
    const { as, rita, path } = await world()
    const fields = hiddenFields((await as(rita).get(path)).html, `${path}/reviews`)
    const without = await as(rita).post(`${path}/reviews`, { ...fields, decision: 'reject' })
    expect(without.status).toBe(400)
    expect(without.html).toContain('aria-invalid="true"')
    const given = { ...fields, decision: 'reject', comment: 'recall of the young fell' }
    expect((await as(rita).post(`${path}/reviews`, given)).status).toBe(303)
    const text = textOf((await as(rita).get(path)).html)
    expect(text).toContain('rejected by rita')
    expect(text).toContain('recall of the young fell')
    expect(text).not.toContain('Approve version')
  })

  test('break the glass for who may, with a reason, and ask somebody else to follow up', async () => {
    const { as, otto, alice, eve, path, call } = await world()
    const fields = hiddenFields((await as(otto).get(path)).html, `${path}/break-glass`)
    const short = { ...fields, reason: 'fire', understood: 'on' }
    expect((await as(otto).post(`${path}/break-glass`, short)).status).toBe(400)
    const reason = 'the live version declines everybody'
    expect((await as(otto).post(`${path}/break-glass`, { ...fields, reason })).status).toBe(400)
    const whole = { ...fields, reason, understood: 'on' }
    expect((await as(otto).post(`${path}/break-glass`, whole)).status).toBe(303)
    expect(textOf((await as(alice).get('/promotions?view=decided')).html)).toContain(
      'merged past its gates',
    )
    const band = '#1 was merged past its gates. A follow-up by somebody else is open.'
    const listed = async (who: string) =>
      (await call(who, 'GET', '/api/v1/promotions?follow_up=open')).json.items.length
    for (const view of ['open', 'mine', 'decided', 'waiting']) {
      const { html } = await as(alice).get(`/promotions?view=${view}`)
      expect(textOf(html), view).toContain(band)
      expect(textOf(html), view).toContain('To follow up 1')
    }
    expect(textOf((await as(alice).get('/promotions?view=follow-up')).html)).toContain(
      '#1 fraud-detector 3 → Production merged by break-glass',
    )
    expect(textOf((await as(eve).get('/promotions')).html)).not.toContain('merged past')
    expect([await listed(alice), await listed(eve)]).toEqual([1, 0])
    expect((await as(otto).post(`${path}/follow-up`, {})).status).toBe(403)
    expect((await as(alice).post(`${path}/follow-up`, { comment: 'fine' })).status).toBe(303)
    const after = textOf((await as(alice).get('/promotions?view=open')).html)
    expect(after).not.toContain('merged past')
    expect(after).not.toContain('To follow up')
    expect(await listed(alice)).toBe(0)
  })

  test('are refused to others, whatever is sent, and the audit log has it', async () => {
    const { as, ann, rita, eve, path, call } = await world()
    const fields = hiddenFields((await as(rita).get(path)).html, `${path}/reviews`)
    const approval = { ...fields, decision: 'approve' }
    const own = await as(ann).post(`${path}/reviews`, approval)
    expect(own.status).toBe(403)
    expect(textOf(own.html)).toContain('the requester may not approve')
    for (const form of ['reviews', 'merge', 'break-glass', 'close', 'follow-up']) {
      expect((await as(eve).post(`${path}/${form}`, approval)).status, form).toBe(403)
    }
    expect((await as(rita).post(`${path}/close`, {})).status).toBe(403)
    const { json } = await call(admin, 'GET', '/api/v1/audit?action=request.refused')
    const refused = JSON.stringify(json.items)
    expect(refused).toContain('reviewPromotion')
    expect(refused).toContain('closePromotion')
  })

  test('take no other body and no field twice', async () => {
    const { app, rita, path } = await world()
    const send = (type: string, body: string) =>
      app.request(`${path}/reviews`, {
        method: 'POST',
        headers: { authorization: rita, 'content-type': type },
        body,
      })
    expect((await send('application/json', '{"decision":"approve"}')).status).toBe(400)
    const form = 'application/x-www-form-urlencoded'
    expect((await send(form, 'decision=comment&decision=approve&comment=x')).status).toBe(400)
    expect((await send(form, 'decision=approve')).status).toBe(400)
    expect((await send(form, `decision=comment&comment=${'x'.repeat(300_000)}`)).status).toBe(413)
  })
})

test('the inbox sorts requests by what is to be done, and shows only readable ones', async () => {
  const { as, rita, ann, eve } = await world()
  const forRita = textOf((await as(rita).get('/promotions')).html)
  expect(forRita).toContain('Waiting for me 1')
  expect(forRita).toContain('#1 fraud-detector 2 is there now, → 3 into Production open')
  expect(textOf((await as(ann).get('/promotions?view=mine')).html)).toContain('#1 fraud-detector')
  for (const view of ['open', 'all', 'waiting', 'decided', 'mine']) {
    const page = await as(eve).get(`/promotions?view=${view}`)
    expect(page.status).toBe(200)
    expect(page.html).not.toContain('fraud-detector')
  }
  expect((await as(ann).get('/promotions?after=x')).status).toBe(400)
})

test('the inbox, home and the page of a model say which version is now where each request leads', async () => {
  const { as, rita, ann, name, mlflow, call, clock } = await world()
  const alias = (version: string) =>
    mlflow(ann, 'POST', 'registered-models/alias', { name, alias: 'champion', version })
  const body = { model: name, version: '3', to: { alias: 'champion' } }
  expect((await call(ann, 'POST', '/api/v1/promotions', body)).status).toBe(201)
  const open = async () => textOf((await as(rita).get('/promotions?view=open')).html)
  expect(await open()).toContain('#2 fraud-detector 3 → alias champion')
  expect((await alias('1')).status).toBe(200)
  expect(await open()).toContain('#2 fraud-detector 1 is there now, → 3 into alias champion')
  // Both pages have them as the inbox has, also how soon they expire.
  clock.pass(30 * 86_400_000 - 7_200_000)
  for (const path of ['/', `/models/${name}`]) {
    const text = textOf((await as(rita).get(path)).html)
    expect(text, path).toContain('#1 fraud-detector 2 is there now, → 3 into Production open')
    expect(text, path).toMatch(/ann 2027-01-\d\d \d\d:00 UTC \d h left/)
  }
  const ofModel = textOf((await as(rita).get(`/models/${name}`)).html)
  expect(ofModel).toContain('#2 fraud-detector 1 is there now, → 3 into alias champion')
})

test('an account made again under a name is not shown the requests of the one before as its own', async () => {
  const { app, mlflow, user, as, ann } = await world()
  const mine = '/promotions?view=mine'
  expect((await as(ann).get(mine)).html).toContain('fraud-detector')
  await mlflow(admin, 'DELETE', 'users/delete', { username: 'ann' })
  const again = pagesOf(app, await user('ann'))
  await mlflow(admin, 'POST', 'registered-models/permissions/create', {
    name: 'fraud-detector',
    username: 'ann',
    permission: 'READ',
  })
  expect((await again.get('/promotions?view=all')).html).toContain('fraud-detector')
  expect((await again.get(mine)).html).not.toContain('fraud-detector')
})

test('nothing that somebody writes becomes markup', async () => {
  const { app, mlflow, user, call } = await authServer()
  const markup = '"><img src=x onerror=alert(1)>\u202e'
  const [ann, bob] = [await user('ann'), await user('bob')]
  const name = `m ${markup}`.replaceAll('/', '')
  await mlflow(ann, 'POST', 'registered-models/create', { name, description: markup })
  await mlflow(ann, 'POST', 'registered-models/set-tag', { name, key: 'k', value: markup })
  await mlflow(ann, 'POST', 'model-versions/create', { name, source: 's3://b/m' })
  const gate = { name: `gate ${markup}`, type: 'check', check: `ci ${markup}` }
  await call(admin, 'PUT', '/api/v1/policies/p', {
    applies_to: { models: '*', stage: 'Production' },
    approvals: { required: 1, from: ['user:bob'] },
    gates: [gate],
  })
  const request = { model: name, version: '1', to: { stage: 'Production' }, reason: markup }
  expect((await call(ann, 'POST', '/api/v1/promotions', request)).status).toBe(201)
  const comment = { decision: 'comment', comment: markup }
  expect((await call(bob, 'POST', '/api/v1/promotions/1/reviews', comment)).status).toBe(200)
  const check = {
    name: gate.check,
    status: 'failed',
    summary: markup,
    url: 'https://ci.example/?q="><b>',
  }
  expect((await call(ann, 'POST', '/api/v1/promotions/1/checks', check)).status).toBe(200)
  for (const path of [
    '/',
    '/models',
    `/models?q=${encodeURIComponent(markup)}`,
    '/promotions',
    '/promotions/1',
  ]) {
    const { html } = await pagesOf(app, bob).get(path)
    expect(markupIn(html), path).toEqual([])
    // What one typed oneself stays in its field as it was typed.
    expect(html.replace(/ value="[^"]*"/g, ''), path).not.toContain('\u202e')
  }
})

test('a request leads to the next one that waits for whoever looks', async () => {
  const { app, rita, ann, ask, id } = await askedWorld()
  const second = await ask(1, { stage: 'Production' })
  const get = async (who: string, of: number) =>
    (await pagesOf(app, who).get(`/promotions/${of}`)).html
  expect(await get(rita, second)).toContain(`href="/promotions/${id}" data-key="n"`)
  expect(await get(rita, id)).toContain(`href="/promotions/${second}" data-key="p"`)
  expect(textOf(await get(rita, id))).toContain('1 other request waits for you.')
  // Nothing waits for who asked.
  expect(textOf(await get(ann, id))).not.toContain('for you.')
})
