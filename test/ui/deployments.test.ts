import { describe, expect, test } from 'vitest'
import { admin } from '../support/auth-server.ts'
import { busyWorld, countsOf, deploymentsWorld } from './deployments-world.ts'
import { markupIn, pagesOf, postedFields, textOf } from './page.ts'
import { askedWorld } from './world.ts'

const page = '/deployments/fraud-ab'
const traffic = `${page}/traffic`

describe('the pages of deployments', () => {
  test('show the first one where there is none, and else those that the reader may read', async () => {
    const { app, ann } = await askedWorld()
    const empty = textOf((await pagesOf(app, ann).get('/deployments')).html)
    expect(empty).toContain('No deployment yet.')
    expect(empty).toContain('gatehouse deployments set fraud-ab fraud-ab.json')
    expect(empty).toContain('gatehouse serve --deployment fraud-ab')
    const { as, rita, eve } = await deploymentsWorld()
    const text = textOf((await as(rita).get('/deployments')).html)
    expect(text).toContain(
      'fraud-ab fraud-detector champion 90 %, challenger 10 % guarded 1 shadow',
    )
    expect(textOf((await as(eve).get('/deployments')).html)).toContain('No deployment yet.')
    for (const path of [
      page,
      traffic,
      '/deployments?model=fraud-detector',
      '/models/fraud-detector/serving',
    ]) {
      const { status, html } = await as(eve).get(path)
      expect(status, path).toBe(403)
      expect(html, path).not.toMatch(/champion|scorer-1/)
    }
    expect((await as(rita).get('/deployments/none')).status).toBe(404)
    expect((await as(rita).get(`${page}?window=9m`)).status).toBe(400)
  })

  test('lead from page to page', async () => {
    const { as, rita, ann, call, split } = await deploymentsWorld()
    const { guard: _, ...plain } = split
    for (let i = 0; i < 99; i++) await call(ann, 'PUT', `/api/v1/deployments/d${i}`, plain)
    await call(ann, 'POST', '/api/2.0/mlflow/registered-models/create', { name: 'other' })
    await call(ann, 'POST', '/api/2.0/mlflow/model-versions/create', {
      name: 'other',
      source: 's3://b/m',
    })
    const other = [{ name: 'a', uri: 'models:/other/1', weight: 1 }]
    await call(ann, 'PUT', '/api/v1/deployments/zz', { model: 'other', variants: other })
    const { html } = await as(rita).get('/deployments')
    const next = /href="(\/deployments\?after=[^"]+)"/.exec(html)?.[1] ?? ''
    const later = textOf((await as(rita).get(next)).html)
    expect(later).toContain('zz other a 100 % no guard')
    expect(later).not.toContain('fraud-ab')
    const ofOther = textOf((await as(rita).get('/deployments?model=other')).html)
    expect(ofOther).toContain('Deployments of other')
    expect(ofOther).not.toContain('fraud-ab')
    const serving = await as(rita).get('/models/fraud-detector/serving')
    expect(serving.html).toContain('href="/deployments?model=fraud-detector"')
  })

  test('say who gets how much, how each does, and what the guard would do', async () => {
    const { as, rita, ann, clock } = await busyWorld()
    const { html } = await as(rita).get(page)
    const text = textOf(html)
    for (const shown of [
      'champion Version 2 Production 90 %',
      'challenger Version 3 Staging 10 %',
      'next Version 1 Archived follows @next 100 % 97.9 % (564 of 576) 0.25',
      'Requests with the same X-User-Id meet the same variant',
      'Takes a variant out when, of at least 50 requests within 60 s, more than 5 % are errors, or the slowest 5 % take more than 500 ms',
      'Nearest to its bound is challenger: p95',
      'champion (version 2) 6,300 of 50 0.1 % of 5 %',
      'armed',
      'scorer-1 Producti as it should Version 2 Version 2',
      'scorer-1 Staging- as it should Version 3 did not come up: out of memory',
      'Outcome converted',
      'two-proportion z-test, against champion',
      'Changes',
    ]) {
      expect(text).toContain(shown)
    }
    expect(html).toMatch(/aria-label="Share of requests, % of 2 variants over the last 5 minutes/)
    // Rita reads, and is told what she would need.
    expect(text).not.toContain('Change traffic…')
    expect(text).toContain('MANAGE on registered model')
    const forAnn = await as(ann).get(page)
    expect(textOf(forAnn.html)).toContain('Change traffic…')
    expect(forAnn.html).toContain('href="/models/fraud-detector/3/promote?to=Production"')
    expect(forAnn.html).not.toContain('/2/promote')
    clock.pass(46_000)
    const silent = (await as(rita).get(page)).html
    expect(silent).toMatch(/<tr class="soft">[\s\S]*?scorer-1/)
    expect(textOf(silent)).toContain('silent')
    expect(textOf(silent)).toContain('last seen 20')
    clock.pass(600_000)
    expect(textOf((await as(rita).get(page)).html)).toContain(
      'Nothing was counted in the last 5 minutes',
    )
    expect(textOf((await as(rita).get(`${page}?window=1h`)).html)).toContain('10,800')
  })

  test('say what the guard did, why, and the way back, until somebody changes it', async () => {
    const { as, ann, rita, report, clock } = await deploymentsWorld()
    clock.pass(20_000)
    await report(countsOf('champion', 2), countsOf('challenger', 3, { errors: 30 }))
    const { html } = await as(rita).get(page)
    const text = textOf(html)
    expect(text).toContain('The guard took challenger out')
    expect(text).toContain('answered 30 of 100 requests within 60 s with errors')
    expect(text).toContain('the guard champion 100 %, challenger 0 %')
    expect(html).toContain('class="moved by-guard"')
    const back = `${traffic}?weight.champion=90&weight.challenger=10`
    expect(html).toContain(`href="${back.replace('&', '&amp;')}"`)
    const fields = postedFields((await as(ann).get(back)).html, traffic)
    expect((await as(ann).post(traffic, { ...fields, reason: 'it was the network' })).status).toBe(
      303,
    )
    const after = textOf((await as(rita).get(page)).html)
    expect(after).not.toContain('The guard took')
    expect(after).toContain('ann champion 90 %, challenger 10 % it was the network')
  })

  test('of an account that has the name of the guard say nothing of the guard', async () => {
    const { as, call, user, rita, split, api, name, mlflow } = await deploymentsWorld()
    const fake = await user('deployment-guard')
    const manage = { name, username: 'deployment-guard', permission: 'MANAGE' }
    await mlflow(admin, 'POST', 'registered-models/permissions/create', manage)
    expect((await call(fake, 'PUT', api, split)).status).toBe(200)
    const text = textOf((await as(rita).get(page)).html)
    expect(text).toContain('deployment-guard champion 90 %')
    expect(text).not.toContain('The guard')
  })
})

describe('a change of traffic', () => {
  test('is offered in steps of five percent, which the other variants give or get', async () => {
    const { as, ann, write, split, call } = await deploymentsWorld()
    const stepsOf = async (path: string) =>
      [...(await as(ann).get(path)).html.matchAll(/href="([^"]+)">\s*5 (less|more)/g)].map(
        ([, href = '', what]) => [
          what,
          [...new URL(href.replaceAll('&amp;', '&'), 'http://x').searchParams.values()].join(' '),
        ],
      )
    expect(await stepsOf(traffic)).toEqual([
      ['less', '85 15'],
      ['more', '95 5'],
      ['less', '95 5'],
      ['more', '85 15'],
    ])
    expect(await stepsOf(`${traffic}?weight.champion=98&weight.challenger=2`)).toEqual([
      ['less', '93 7'],
      ['more', '93 7'],
    ])
    const [champion, challenger] = split.variants
    const third = { ...challenger, name: 'third', weight: 3 }
    await write({ variants: [{ ...champion, weight: 94 }, { ...challenger, weight: 3 }, third] })
    const [, more] = (await stepsOf(traffic)).filter(([what]) => what === 'more')
    expect(more).toEqual(['more', '89 8 3'])
    expect((await call(ann, 'GET', `/api/v1${page}`)).json.variants[0].weight).toBe(94)
  })

  test('says before and after and who moves, and takes effect where nobody changed it since', async () => {
    const { as, ann, api, call } = await deploymentsWorld()
    const asked = await as(ann).get(`${traffic}?weight.champion=70&weight.challenger=30`)
    const text = textOf(asked.html)
    expect(text).toContain('champion 90 % 70 %')
    expect(text).toContain('20 % of all values of X-User-Id move from champion to challenger.')
    expect(text).toContain('80 % meet the same variant as now.')
    const fields = { ...postedFields(asked.html, traffic), reason: 'it does well' }
    const twice = await Promise.all([as(ann).post(traffic, fields), as(ann).post(traffic, fields)])
    expect(twice.map(({ status }) => status).sort()).toEqual([303, 409])
    const late = await as(ann).post(traffic, { ...fields, reason: 'typed with care' })
    expect(late.status).toBe(409)
    expect(textOf(late.html)).toContain("is at revision 2 by now, not 1: 'ann' changed it last")
    expect(late.html).toContain('typed with care')
    const { json } = await call(ann, 'GET', api)
    expect(json).toMatchObject({ revision: 2, variants: [{ weight: 70 }, { weight: 30 }] })
    const { items } = (await call(admin, 'GET', '/api/v1/audit?action=deployment.set')).json
    expect(items).toMatchObject([{ reason: 'it does well' }, {}])
  })

  test('of a deployment that was deleted and made again is not made by what was seen of the old one', async () => {
    const { as, ann, call, api, write } = await deploymentsWorld()
    const asked = await as(ann).get(`${traffic}?weight.champion=70&weight.challenger=30`)
    const old = (await call(ann, 'GET', api)).json
    await call(ann, 'DELETE', api)
    const made = await write()
    const fields = { ...postedFields(asked.html, traffic), reason: 'it does well' }
    const late = await as(ann).post(traffic, fields)
    expect(late.status).toBe(409)
    expect(textOf(late.html)).toContain('was deleted and made again')
    const { model, variants, revision, id } = old
    expect([old.revision, made.revision]).toEqual([1, 1])
    const put = await call(ann, 'PUT', api, { model, variants, revision, id })
    expect([put.status, put.json.error_code]).toEqual([409, 'RESOURCE_CONFLICT'])
    await call(ann, 'DELETE', api)
    expect((await call(ann, 'PUT', api, { model, variants, id })).status).toBe(409)
  })

  test.each([
    [
      '101',
      { champion: '71', challenger: '30' },
      'The weights make 101 percent; they have to make 100',
    ],
    ['a half', { champion: '99.5', challenger: '0' }, 'is no whole number from 0 to 100'],
    ['a negative one', { champion: '101', challenger: '-1' }, 'is no whole number from 0 to 100'],
    [
      'a variant without',
      { champion: '100', challenger: '' },
      "Variant 'challenger' has no weight",
    ],
  ])('to weights that make no 100 is refused with what is wrong: %s', async (_, weights, why) => {
    const { as, ann } = await deploymentsWorld()
    const fields = Object.entries(weights).map(([name, text]) => [`weight.${name}`, text])
    const asked = await as(ann).get(`${traffic}?${new URLSearchParams(fields)}`)
    expect(asked.status).toBe(400)
    expect(textOf(asked.html)).toContain(why)
    expect(asked.html).toContain(`value="${weights.champion}"`)
    const seen = { seen_id: '1', seen_revision: '1', reason: 'x' }
    const sent = await as(ann).post(traffic, { ...Object.fromEntries(fields), ...seen })
    expect(sent.status).toBe(400)
    expect(textOf(sent.html)).toContain(why)
  })

  test('takes one out, and is for who may', async () => {
    const { as, ann, rita, call, api } = await deploymentsWorld()
    const { html } = await as(ann).get(page)
    const out = /href="([^"]+)"[^>]*>\s*Take out…/.exec(html)?.[1]?.replace('&amp;', '&') ?? ''
    const asked = await as(ann).get(out)
    expect(textOf(asked.html)).toContain('champion ends the requests that it has')
    const fields = { ...postedFields(asked.html, traffic), reason: 'broken' }
    expect((await as(rita).post(traffic, fields)).status).toBe(403)
    for (const reason of [' ', 'x'.repeat(5001)]) {
      expect((await as(ann).post(traffic, { ...fields, reason })).status).toBe(400)
    }
    expect((await as(ann).post(traffic, fields)).location).toBe(page)
    expect((await call(ann, 'GET', api)).json.variants).toMatchObject([
      { weight: 0 },
      { weight: 100 },
    ])
  })

  test('that a policy lets only others make says so, and is made by those who may break the glass', async () => {
    const { as, ann, call } = await deploymentsWorld()
    const policy = (more: object) =>
      call(admin, 'PUT', '/api/v1/policies/weights', {
        applies_to: { models: 'fraud-*', deployment: 'fraud-*' },
        approvals: { required: 0, from: ['user:rita'] },
        ...more,
      })
    await policy({ break_glass: { from: ['user:ann'] } })
    const address = `${traffic}?weight.champion=0&weight.challenger=100`
    const asked = await as(ann).get(address)
    expect(textOf(asked.html)).toContain('which lets only user:rita change it')
    const fields = { ...postedFields(asked.html, traffic), reason: 'the champion answers nonsense' }
    expect((await as(ann).post(traffic, fields)).status).toBe(403)
    expect((await as(ann).post(traffic, { ...fields, break_glass: 'on' })).status).toBe(303)
    expect(textOf((await as(ann).get(page)).html)).toContain('break-glass')
    await policy({})
    const barred = await as(ann).get(address)
    expect(textOf(barred.html)).toContain('which lets only user:rita change it')
    expect(barred.html).not.toContain('name="reason"')
  })
})

test('the steps of a canary are paused, gone on with and ended by what was seen', async () => {
  const { as, ann, rita, write, split, call, api } = await deploymentsWorld()
  const [champion, challenger] = split.variants
  const steps = [
    { weight: 5, minutes: 10 },
    // biome-ignore lint/suspicious/noThenProperty: nobody awaits a step.
    { weight: 100, then: { stage: 'Production' } },
  ]
  await write({ variants: [champion, { ...challenger, steps }] })
  const shown = textOf((await as(ann).get(page)).html)
  expect(shown).toMatch(
    /now 5 % for 10 min until [\d-]+ [\d:]+ UTC to come 100 %, then into Production/,
  )
  expect(textOf((await as(rita).get(page)).html)).not.toContain('Pause the steps')
  const form = `${page}/steps`
  const asked = await as(ann).get(`${form}?change=pause`)
  const fields = { ...postedFields(asked.html, form), reason: 'complaints' }
  expect((await as(rita).post(form, fields)).status).toBe(403)
  expect((await as(ann).post(form, { ...fields, reason: '' })).status).toBe(400)
  const endless = await as(ann).post(form, { ...fields, reason: 'x'.repeat(5001) })
  expect([endless.status, textOf(endless.html).includes('5000')]).toEqual([400, true])
  expect((await as(ann).post(form, fields)).location).toBe(page)
  const again = await as(ann).post(form, fields)
  expect([again.status, textOf(again.html).includes('is at revision 3 by now, not 2')]).toEqual([
    409,
    true,
  ])
  expect(textOf((await as(ann).get(page)).html)).toContain('Go on with the steps')
  const weights = await as(ann).get(`${traffic}?weight.champion=50&weight.challenger=50`)
  expect(textOf(weights.html)).toContain('The steps of challenger end.')
  const back = await as(ann).get(`${form}?change=rollback`)
  await as(ann).post(form, { ...postedFields(back.html, form), reason: 'no' })
  expect((await call(ann, 'GET', api)).json.variants).toMatchObject([{ weight: 90 }, { weight: 0 }])
  expect(textOf((await as(ann).get(`${form}?change=promote`)).html)).toContain(
    'No steps of fraud-ab',
  )
  expect((await as(ann).get(`${form}?change=fly`)).status).toBe(400)
})

test('the page of a version says how many of its answers were errors lately, and whether its guard allows that', async () => {
  const { as, rita, report, write, clock } = await deploymentsWorld()
  const shown = async (version: number) => {
    const text = textOf((await as(rita).get(`/models/fraud-detector/${version}`)).html)
    return /fraud-ab : errors .*? minutes/.exec(text.replaceAll('\u00a0', ' '))?.[0]
  }
  expect(await shown(2)).toBeUndefined()
  await report(
    countsOf('champion', 2, { requests: 1200, errors: 30 }),
    countsOf('challenger', 2, { requests: 40, errors: 32 }),
    { ...countsOf('next', 1, { requests: 100, errors: 90 }), kind: 'shadow' },
  )
  expect(await shown(2)).toBe(
    'fraud-ab : errors 5 % of 1,240 requests to this version within 5 minutes',
  )
  // The answers of a shadow go to nobody.
  expect([await shown(1), await shown(3)]).toEqual([undefined, undefined])
  clock.pass(250_000)
  await report(countsOf('champion', 2, { requests: 100, errors: 60 }))
  expect(await shown(2)).toBe(
    'fraud-ab : errors 9.1 %, more than the 5 % of its guard of 1,340 requests to this version within 5 minutes',
  )
  await write({ guard: undefined })
  clock.pass(60_000)
  expect(await shown(2)).toBe(
    'fraud-ab : errors 60 % of 100 requests to this version within 5 minutes',
  )
  clock.pass(300_000)
  expect(await shown(2)).toBeUndefined()
})

test('the page of what serves a model has its processes and deployments', async () => {
  const { as, rita, replica, name } = await deploymentsWorld()
  const path = `/models/${name}/serving`
  expect(textOf((await as(rita).get(path)).html)).toContain(
    "gatehouse serve 'models:/fraud-detector/Production'",
  )
  await replica('Production', 1)
  const text = textOf((await as(rita).get(path)).html)
  expect(text).toContain('1 process of 1 run another version than their URI means')
  expect(text).toContain('another than it should Version 1 Version 2')
  expect(text).toContain('fraud-ab fraud-detector champion 90 %')
  expect((await as(rita).get(`/models/${name}`)).html).toContain(`href="${path}"`)
})

test('nothing that somebody writes becomes markup on the pages of deployments', async () => {
  const { as, ann, call, mlflow } = await deploymentsWorld()
  const markup = '"><img src=x onerror=alert(1)>\u202e'
  const name = `m ${markup}`.replaceAll('/', '')
  await mlflow(ann, 'POST', 'registered-models/create', { name })
  await mlflow(ann, 'POST', 'model-versions/create', { name, source: 's3://b/m' })
  await mlflow(ann, 'POST', 'registered-models/alias', { name, alias: 'a', version: '1' })
  const [uri, url] = [`models:/${name}@a`, 'http://scorer/"><img/onerror=alert(1)>']
  await call(ann, 'PUT', '/api/v1/deployments/x', {
    ...{ model: name, reason: markup },
    variants: [
      { name: 'a', uri, weight: 1 },
      { name: 'b', url, weight: 1 },
    ],
  })
  const failed = { version: 1, message: markup }
  const said = await call(ann, 'POST', '/api/v1/serving/replicas', {
    ...{ replica: 'r', host: markup, uri, failed },
  })
  expect(said.status).toBe(200)
  const paths = [
    ...['/deployments', '/deployments/x', '/deployments/x/traffic?weight.a=10&weight.b=90'],
    ...[`/deployments/x/traffic?weight.a=${encodeURIComponent(markup)}`],
    ...[`/models/${encodeURIComponent(name)}/serving`],
  ]
  for (const path of paths) {
    const { html } = await as(ann).get(path)
    expect(html, path).toContain('onerror')
    expect(markupIn(html), path).toEqual([])
    expect(html, path).not.toContain('\u202e')
  }
})
