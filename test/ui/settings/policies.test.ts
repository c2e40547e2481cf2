import { describe, expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { testServer } from '../../support/server.ts'
import { fieldsIn, hiddenFields, markupIn, pagesOf, textOf } from '../page.ts'
import { askedWorld } from '../world.ts'

async function world() {
  const made = await askedWorld()
  return { ...made, as: (who: string) => pagesOf(made.app, who), root: pagesOf(made.app, admin) }
}

const policies = '/settings/policies'
const signOff = `${policies}/production-sign-off`
const draft = {
  models: 'fraud-*',
  place: 'stage',
  place_name: 'Production',
  rule_0_required: '1',
  rule_0_from: 'group:ml-approvers',
  dismiss_stale: 'on',
  expire_after_hours: '720',
  facts: 'latest',
  skip_approvals: 'on',
  break_glass: 'user:otto',
  gate_0_type: 'metric',
  gate_0_name: 'accurate',
  gate_0_metric: 'accuracy',
  gate_0_min: '0.9',
  seen_revision: '1',
}
const json = (document: object) => JSON.stringify(document)

describe('the pages of policies', () => {
  test('say what each policy guards, asks for, and matches now', async () => {
    const { root } = await world()
    const list = textOf((await root.get(policies)).html)
    expect(list).toContain('production-sign-off Production of fraud-* 1 1 3 1')
    const one = textOf((await root.get(signOff)).html)
    expect(one).toContain('Guards Production of fraud-* : 1 model now, fraud-detector')
    expect(one).toContain('1 approval of the group ml-approvers')
    expect(one).toContain('accuracy of the candidate must be at least 0.9.')
    expect(one).toContain('In an emergency otto may merge at once')
  })

  test('keep the very same document as a form, as JSON, and as a form again', async () => {
    const { root, call } = await world()
    const gates = [
      { name: 'old enough', type: 'soak', stage: 'Staging', hours: 0.5 },
      { name: 'regression', type: 'expression', expression: 'candidate.metrics.a >= 0.1' },
      { name: 'made of', type: 'lineage', require: ['run', 'dataset'] },
      { name: 'fair', type: 'fairness', metric: 'f1', max_gap: 0.1, slices: ['a<25', 'a>25'] },
      {
        name: 'tagged',
        type: 'tag',
        key: 'k',
        value: 'v',
        set_by: ['user:rita', 'group:ml-approvers'],
      },
      { name: 'limits', type: 'metric', metric: 'm', max: 5 },
      {
        name: 'behaves',
        type: 'traces',
        window_hours: 24,
        experiments: ['1'],
        min_count: 100,
        max_error_rate: 0.01,
        max_latency_ms: { p50: 200, p95: 900.5 },
        feedback: { name: 'correct', min_mean: 0.9, min_count: 10 },
      },
      { name: 'sig', type: 'signature_compatible' },
    ]
    const rules = [
      { required: 1, from: ['user:rita', 'user:alice'] },
      { required: 1, from: ['group:ml-approvers'] },
    ]
    const put = await call(admin, 'PUT', '/api/v1/policies/all', {
      applies_to: { models: 'x', alias: 'c-*' },
      ...{
        gates,
        approvals: { rules, self_approval: true, dismiss_stale: false },
        facts: 'registered',
      },
      ...{ auto_promote: true, sign: true },
    })
    const before = { ...put.json, revision: 0, updated_at: 0 }
    let fields = fieldsIn((await root.get(`${policies}/all/edit`)).html)
    for (const view of ['json', 'form', 'json']) {
      const shown = await root.post(`${policies}/all/edit`, { ...fields, do: view })
      expect(shown.status).toBe(200)
      fields = fieldsIn(shown.html)
    }
    expect(JSON.parse(fields.json ?? '')).toEqual({
      ...{ applies_to: before.applies_to, gates, facts: 'registered' },
      approvals: { ...before.approvals, required: undefined, from: undefined },
      ...{ auto_promote: true, sign: true },
      rollback: { skip_approvals: false },
      break_glass: { from: [] },
    })
    const form = fieldsIn((await root.get(`${policies}/all/edit`)).html)
    const same = await root.post(`${policies}/all/save`, form)
    expect(textOf(same.html)).toContain('Nothing differs.')
  })

  test('add, move and remove gates of a draft without saving it', async () => {
    const { root, call } = await world()
    const added = await root.post(`${signOff}/edit`, {
      ...draft,
      do: 'add',
      gate_type: 'model_card',
    })
    const two = { ...fieldsIn(added.html), gate_1_name: 'card', gate_1_fields: 'fairness' }
    const moved = fieldsIn((await root.post(`${signOff}/edit`, { ...two, do: 'up-1' })).html)
    expect(moved).toMatchObject({ gate_0_name: 'card', gate_1_name: 'accurate', gate_1_min: '0.9' })
    const left = fieldsIn((await root.post(`${signOff}/edit`, { ...moved, do: 'remove-0' })).html)
    expect([left.gate_0_name, left.gate_1_name]).toEqual(['accurate', undefined])
    expect((await call(admin, 'GET', '/api/v1/policies/production-sign-off')).json.revision).toBe(1)
  })

  test('mark what is wrong at its field, or in JSON at its path, and keep what was typed', async () => {
    const { root } = await world()
    const expression = {
      gate_1_type: 'expression',
      gate_1_name: 'no regression',
      gate_1_expression: 'candidate.metric > 1',
    }
    for (const [more, field] of [
      [{ gate_0_min: 'much' }, 'gate_0_min'],
      [expression, 'gate_1_expression'],
      [{ gate_0_name: '' }, 'gate_0_name'],
      [{ rule_0_required: '-1' }, 'rule_0_required'],
      [{ models: '' }, 'models'],
    ] as const) {
      const { status, html } = await root.post(`${signOff}/save`, { ...draft, ...more })
      expect([field, status]).toEqual([field, 400])
      expect(html).toMatch(new RegExp(`name="${field}"[^>]* aria-invalid="true"`))
    }
    const typed = await root.post(`${signOff}/save`, { ...draft, gate_0_min: 'much' })
    expect(typed.html).toContain('value="much"')
    const wrong = json({
      applies_to: { models: 'a', stage: 'Production' },
      gates: [{ name: 'x', type: 'soak', stage: 'Staging' }],
    })
    const inJson = await root.post(`${signOff}/save`, { json: wrong, seen_revision: '1' })
    expect([inJson.status, textOf(inJson.html)]).toEqual([
      400,
      expect.stringContaining('gates.0.hours: '),
    ])
    const broken = await root.post(`${signOff}/save`, { json: '{"a": ', seen_revision: '1' })
    expect([broken.status, textOf(broken.html)]).toEqual([400, expect.stringContaining('Not JSON')])
    const half = json({
      applies_to: { models: 'a', stage: 'Production' },
      gates: [{ name: 'x', type: 'tag', key: 'a\ud800' }],
    })
    const noText = await root.post(`${signOff}/save`, { json: half, seen_revision: '1' })
    expect([noText.status, textOf(noText.html)]).toEqual([
      400,
      expect.stringContaining('a lone surrogate'),
    ])
  })

  test('judge a draft on a version, and on past requests, and change nothing', async () => {
    const { root, call } = await world()
    const tried = { ...draft, try_model: 'fraud-detector', try_version: '3' }
    const judged = textOf(
      (await root.post(`${signOff}/edit`, { ...tried, gate_0_min: '0.95', do: 'judge' })).html,
    )
    expect(judged).toContain('failed accurate : accuracy 0.923 < 0.95')
    const replayed = await root.post(`${signOff}/edit`, {
      ...draft,
      gate_0_min: '0.95',
      do: 'replay',
    })
    expect(textOf(replayed.html)).toContain('1 of the last 1 would have been blocked: accurate')
    expect((await call(admin, 'GET', '/api/v1/policies/production-sign-off')).json.revision).toBe(1)
  })

  test('show what a change hits before it is saved, and save it as the next revision', async () => {
    const { root, rita, call, id } = await world()
    const approved = await call(rita, 'POST', `/api/v1/promotions/${id}/reviews`, {
      decision: 'approve',
    })
    expect(approved.status).toBe(200)
    const shown = await root.post(`${signOff}/save`, draft)
    const text = textOf(shown.html)
    expect(text).toContain(`1 open request loses its approvals : #${id} fraud-detector 3`)
    expect(text).toContain('gate card')
    const kept = hiddenFields(shown.html, `${signOff}/save`)
    const saved = await root.post(`${signOff}/save`, { ...kept, confirmed: 'yes' })
    expect([saved.status, saved.location]).toEqual([303, signOff])
    const { json: now } = await call(admin, 'GET', '/api/v1/policies/production-sign-off')
    expect([now.revision, now.gates.length]).toEqual([2, 1])
    const revisions = textOf((await root.get(`${signOff}/revisions`)).html)
    expect(revisions).toContain('Revision 2 Written by admin')
    expect(revisions).toContain('gate card')
  })

  test('of two people who save from one revision, the second is shown what the first did', async () => {
    const { root, call } = await world()
    const shown = await root.post(`${signOff}/save`, draft)
    const kept = hiddenFields(shown.html, `${signOff}/save`)
    await call(admin, 'PUT', '/api/v1/policies/production-sign-off', {
      applies_to: { models: 'fraud-*', stage: 'Production' },
    })
    const late = await root.post(`${signOff}/save`, { ...kept, confirmed: 'yes' })
    expect(late.status).toBe(409)
    expect(textOf(late.html)).toContain('changed by somebody else meanwhile')
    expect(textOf(late.html)).toContain('gate accurate')
    const stale = await root.post(`${signOff}/save`, draft)
    expect([stale.status, textOf(stale.html)]).toEqual([
      409,
      expect.stringContaining('Nothing was saved'),
    ])
    expect((await call(admin, 'GET', '/api/v1/policies/production-sign-off')).json.gates).toEqual(
      [],
    )
  })

  test('make a policy, not over one that is there, and say what deleting it leaves unguarded', async () => {
    const { root } = await world()
    const made = {
      ...draft,
      name: 'a/b "c"',
      seen_revision: '0',
      models: '*',
      place: 'alias',
      place_name: 'next',
    }
    const path = `${policies}/${encodeURIComponent(made.name)}`
    const shown = await root.post('/settings/new-policy/save', made)
    const kept = hiddenFields(shown.html, '/settings/new-policy/save')
    const saved = await root.post('/settings/new-policy/save', { ...kept, confirmed: 'yes' })
    expect([saved.status, saved.location]).toEqual([303, path])
    expect((await root.post('/settings/new-policy/save', made)).status).toBe(409)
    const lost = await root.post('/settings/new-policy/save', {
      ...kept,
      name: '../x',
      confirmed: 'yes',
    })
    expect([lost.status, textOf(lost.html)]).toEqual([
      400,
      expect.stringContaining("A policy cannot be called '../x'"),
    ])
    const asked = await root.get(`${path}/delete`)
    expect(textOf(asked.html)).toContain('alias next of 1 model becomes unguarded')
    for (const seen_revision of ['', 'x']) {
      expect((await root.post(`${path}/delete`, { seen_revision })).status).toBe(400)
    }
    const gone = await root.post(`${path}/delete`, hiddenFields(asked.html, `${path}/delete`))
    expect([gone.status, gone.location]).toEqual([303, policies])
    expect((await root.get(path)).status).toBe(404)
    expect(textOf((await root.get(`${path}/revisions`)).html)).toContain('It is deleted')
  })

  test('are read by everybody, and every form is refused to who may not', async () => {
    const { as, ann, call } = await world()
    for (const path of [policies, signOff, `${signOff}/revisions`, '/settings/new-policy']) {
      expect([path, (await as(ann).get(path)).status]).toEqual([path, 200])
    }
    expect(textOf((await as(ann).get(`${signOff}/edit`)).html)).toContain('manage_policies')
    for (const [path, fields] of [
      [`${signOff}/edit`, { ...draft, do: 'judge' }],
      [`${signOff}/edit`, { ...draft, do: 'replay' }],
      [`${signOff}/save`, { ...draft, confirmed: 'yes' }],
      [`${signOff}/delete`, { seen_revision: '1' }],
      ['/settings/new-policy/save', { ...draft, name: 'mine', confirmed: 'yes' }],
    ] as const) {
      expect([path, (await as(ann).post(path, fields)).status]).toEqual([path, 403])
    }
    const { text } = await call(admin, 'GET', '/api/v1/audit?action=request.refused')
    for (const operation of ['putPolicy', 'deletePolicy']) expect(text).toContain(operation)
  })

  test('who may manage the policies of some models may not reach for others', async () => {
    const { as, ann, call } = await world()
    const grant = { principal: 'user:ann', action: 'manage_policies', models: 'fraud-*' }
    expect((await call(admin, 'POST', '/api/v1/grants', grant)).status).toBe(201)
    const ours = await as(ann).post(`${signOff}/save`, draft)
    expect(ours.status).toBe(200)
    const wider: Record<string, string> = {
      ...hiddenFields(ours.html, `${signOff}/save`),
      confirmed: 'yes',
    }
    const all = json({
      ...JSON.parse(wider.json ?? ''),
      applies_to: { models: '*', stage: 'Production' },
    })
    expect((await as(ann).post(`${signOff}/save`, { ...wider, json: all })).status).toBe(403)
    expect((await as(ann).post(`${signOff}/save`, wider)).status).toBe(303)
  })

  test('show hostile names as texts', async () => {
    const { root, call } = await world()
    const evil = '"><img src=x onerror=alert(1)>\u202e'
    await call(admin, 'PUT', `/api/v1/policies/${encodeURIComponent(evil)}`, {
      applies_to: { models: `${evil}*`, alias: 'x*' },
      gates: [{ name: evil, type: 'expression', expression: `candidate.tags.a == '<b>'` }],
    })
    const path = `${policies}/${encodeURIComponent(evil)}`
    for (const page of [
      policies,
      path,
      `${path}/edit`,
      `${path}/edit?view=json`,
      `${path}/revisions`,
      `${path}/delete`,
    ]) {
      const { status, html } = await root.get(page)
      expect([page, status, markupIn(html)]).toEqual([page, 200, []])
    }
  })
})

test('with access control off everybody writes policies, and is said to be who they claim', async () => {
  const { app, platform } = await testServer()
  const page = pagesOf(app)
  expect(textOf((await page.get(policies)).html)).toContain('No policy yet')
  const shown = await page.post('/settings/new-policy/save', {
    ...draft,
    ...{ name: 'first', seen_revision: '0', rule_0_required: '', rule_0_from: '', break_glass: '' },
  })
  const kept = hiddenFields(shown.html, '/settings/new-policy/save')
  expect((await page.post('/settings/new-policy/save', { ...kept, confirmed: 'yes' })).status).toBe(
    303,
  )
  expect(textOf((await page.get(`${policies}/first`)).html)).toContain('accuracy of the candidate')
  expect(platform.settings.auth).toBe(false)
})
