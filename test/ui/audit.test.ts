import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { actionGroups } from '../../src/audit/action-groups.ts'
import { sealEntries } from '../../src/audit/seal.ts'
import { admin } from '../support/auth-server.ts'
import { markupIn, pagesOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

/** The world of requests, and ida, who may read the whole audit log. */
async function auditedWorld() {
  const world = await askedWorld()
  const { user, call, app } = world
  const grant = (body: object) =>
    call(admin, 'POST', '/api/v1/grants', { action: 'read_audit', ...body })
  const ida = await user('ida')
  await grant({ principal: 'user:ida', models: '*' })
  const as = (who: string) => pagesOf(app, who)
  return { ...world, ida, grant, as }
}

/** The numbers of the entries that a page lists. */
function seqsIn(html: string): number[] {
  return [...html.matchAll(/<th scope="row" class="number"><a href="\/audit\/(\d+)"/g)].map(
    ([, seq]) => Number(seq),
  )
}

describe('the page of the audit log', () => {
  test('has each entry as a sentence, newest first, and its filter in the address', async () => {
    const { ida, as, call } = await auditedWorld()
    const { html, status } = await as(ida).get('/audit')
    expect(status).toBe(200)
    const listed = await call(ida, 'GET', '/api/v1/audit?max_results=100')
    expect(seqsIn(html)).toEqual(listed.json.items.map(({ seq }: { seq: number }) => seq))
    expect(textOf(html)).toContain(
      'ann moved fraud-detector version 2 from None to Production, archiving version 1',
    )
    const query =
      'model=fraud-detector&version=3&actor=ann&action=model_version.transitioned&since=2026-01-01T00%3A00'
    const filtered = await as(ida).get(`/audit?${query}`)
    const same = await call(ida, 'GET', `/api/v1/audit?${query}Z`)
    expect(seqsIn(filtered.html)).toEqual(same.json.items.map(({ seq }: { seq: number }) => seq))
    expect(seqsIn(filtered.html)).toHaveLength(1)
    expect(filtered.html).toContain('<input name="model" value="fraud-detector"')
    expect(filtered.html).toContain('name="since" value="2026-01-01T00:00"')
    expect(filtered.html).toContain(
      'href="/api/v1/audit/export?model=fraud-detector&amp;version=3&amp;actor=ann&amp;action=model_version.transitioned&amp;since=2026-01-01T00%3A00%3A00Z&amp;format=csv"',
    )
  })

  test('has moves into and out of a stage alone, and those past their gates, as the API has', async () => {
    const { ida, as, call, mlflow, ann, name, otto } = await auditedWorld()
    const away = { name, version: '3', stage: 'Archived' }
    const moved = await mlflow(ann, 'POST', 'model-versions/transition-stage', away)
    expect(moved.status).toBe(200)
    const same = async (query: string) => {
      const { html } = await as(ida).get(`/audit?${query}`)
      const { json } = await call(ida, 'GET', `/api/v1/audit?${query}`)
      expect(seqsIn(html)).toEqual(json.items.map(({ seq }: { seq: number }) => seq))
      return { count: json.items.length, text: textOf(html) }
    }
    const production = await same(`stage=production&model=${name}`)
    expect(production.count).toBe(2)
    const staging = await same('stage=Staging')
    expect(staging.count).toBe(2)
    expect((await same('break_glass=true')).count).toBe(0)
    const reason = 'the live version declines everybody'
    const broken = { reason }
    await call(ann, 'POST', '/api/v1/promotions/1/close', {})
    const body = { model: name, version: '3', to: { stage: 'Production' }, archive_existing: true }
    const { json } = await call(ann, 'POST', '/api/v1/promotions', body)
    const path = `/api/v1/promotions/${json.id}/break-glass`
    expect((await call(otto, 'POST', path, broken)).status).toBe(200)
    const glass = await same('break_glass=true')
    expect(glass.count).toBe(1)
    expect(glass.text).toContain(reason)
    expect((await same(`stage=Production&break_glass=true&action=request.refused`)).count).toBe(0)
    for (const bad of ['break_glass=1', 'break_glass=true&break_glass=true']) {
      expect((await as(ida).get(`/audit?${bad}`)).status, bad).toBe(400)
    }
  })

  test('has what belongs together behind one tab, as the API has', async () => {
    const { ida, as, call } = await auditedWorld()
    const { html } = await as(ida).get('/audit?group=access')
    const { json } = await call(ida, 'GET', '/api/v1/audit?group=access')
    expect(seqsIn(html)).toEqual(json.items.map(({ seq }: { seq: number }) => seq))
    const actions = json.items.map(({ action }: { action: string }) => action)
    expect(actions).toEqual(expect.arrayContaining(['user.created', 'group.set', 'grant.created']))
    expect(actionGroups.access).toEqual(expect.arrayContaining(actions))
    expect(html).toContain('href="/audit?group=access" aria-current="page"')
    expect(html).toContain('<option value="access" selected')
    expect(html).toContain('href="/api/v1/audit/export?group=access&amp;format=csv"')
    const both = await as(ida).get('/audit?group=access&action=group.set')
    expect(textOf(both.html)).not.toContain('made the user')
  })

  test('goes on behind its hundredth entry, and back', async () => {
    const { ida, as, mlflow, ann, name } = await auditedWorld()
    for (let i = 0; i < 100; i++) {
      const tag = { name, key: 'n', value: String(i) }
      await mlflow(ann, 'POST', 'registered-models/set-tag', tag)
    }
    const first = seqsIn((await as(ida).get('/audit?actor=ann')).html)
    const second = await as(ida).get(`/audit?actor=ann&after=${first.at(-1)}`)
    expect(first).toHaveLength(100)
    expect(Math.max(...seqsIn(second.html))).toBeLessThan(first.at(-1) ?? 0)
    expect(second.html).toContain('<a href="/audit?actor=ann">Newest entries</a>')
    expect(second.html).not.toContain('Older entries')
  })

  test.each([
    ['version=2', 'name the model too'],
    ['model=m&version=x', 'is no version'],
    ['action=model_version.flown', 'has no action'],
    ['group=flights', 'has no group'],
    ['since=last week', "'last week' is no time: give -7d, -90m, today, yesterday 9:00"],
    ['until=2026-02-31', "'2026-02-31' is no time"],
  ])('shows beside the fields what is wrong with ?%s', async (query, message) => {
    const { ida, as } = await auditedWorld()
    const { html, status } = await as(ida).get(`/audit?${query}`)
    expect([status, seqsIn(html)]).toEqual([400, []])
    expect(textOf(html)).toContain(message)
    expect(html).toContain('<form class="fields-row audit-filter"')
  })

  test('takes so long ago, keeps it in its address and says what it means now', async () => {
    const { ida, as, clock } = await auditedWorld()
    const day = (at: number) => new Date(at).toISOString().slice(0, 10)
    const [today, before] = [day(clock.now()), day(clock.now() - 86_400_000)]
    const all = await as(ida).get('/audit')
    const { html, status } = await as(ida).get('/audit?since=-99w')
    expect([status, seqsIn(html)]).toEqual([200, seqsIn(all.html)])
    expect(html).toContain('name="since" value="-99w"')
    expect(html).toContain('href="/audit?since=-99w&amp;group=moves"')
    const past = await as(ida).get('/audit?since=yesterday&until=today+0:00')
    expect(seqsIn(past.html)).toEqual([])
    expect(textOf(past.html)).toContain(
      `Entries from ${before} 00:00 UTC, before ${today} 00:00 UTC.`,
    )
    // What is taken away, and the call, mean the same later.
    const exact = `since=${before}T00%3A00%3A00Z&amp;until=${today}T00%3A00%3A00Z`
    expect(past.html).toContain(`href="/api/v1/audit/export?${exact}&amp;format=csv"`)
    expect(past.html).toContain(`/api/v1/audit?${exact}`)
  })

  test('shows who may read one model the entries of that one, and says what the rest takes', async () => {
    const { user, grant, as, name } = await auditedWorld()
    const otis = await user('otis')
    const refused = await as(otis).get('/audit')
    expect([refused.status, seqsIn(refused.html)]).toEqual([403, []])
    expect(textOf(refused.html)).toContain('read_audit')
    await grant({ principal: 'user:otis', models: name })
    expect((await as(otis).get('/audit')).status).toBe(403)
    const own = await as(otis).get(`/audit?model=${name}`)
    expect(own.status).toBe(200)
    const [newest] = seqsIn(own.html)
    expect((await as(otis).get(`/audit/${newest}`)).status).toBe(200)
    expect(own.html).not.toContain('href="/audit/verify"')
    // Neither what is about no model, nor whether there is such an entry.
    for (const path of ['/audit/1', '/audit/99999', '/audit/verify']) {
      expect([path, (await as(otis).get(path)).status]).toEqual([path, 403])
    }
  })
})

describe('the page of an entry', () => {
  test('has what changed, who approved it, and what seals it', async () => {
    const { ida, as, call, platform, name } = await auditedWorld()
    const query = `model=${name}&action=model_version.transitioned&version=3`
    const [entry] = (await call(ida, 'GET', `/api/v1/audit?${query}`)).json.items
    expect(textOf((await as(ida).get(`/audit/${entry.seq}`)).html)).toContain('not sealed yet')
    await sealEntries(platform)
    const text = textOf((await as(ida).get(`/audit/${entry.seq}`)).html)
    expect(text).toContain('stage None Staging')
    expect(text).toContain(entry.hash)
    expect(text).toContain(entry.request_id)
    expect(text).not.toContain('not sealed yet')
    expect((await as(ida).get('/audit/99999')).status).toBe(404)
  })

  test('leads to what happened before and after to the same version, as far as its reader may read', async () => {
    const { ida, as, call, grant, user, name } = await auditedWorld()
    const { items } = (await call(ida, 'GET', `/api/v1/audit?model=${name}&version=3`)).json
    const [after, entry, before] = items.map(({ seq }: { seq: number }) => seq)
    const besideIn = (html: string) =>
      [...html.matchAll(/href="\/audit\/(\d+)" rel="(?:prev|next)"/g)].map(([, seq]) => Number(seq))
    const { html } = await as(ida).get(`/audit/${entry}`)
    expect(besideIn(html)).toEqual([before, after])
    expect(besideIn((await as(ida).get(`/audit/${items[0].seq}`)).html)).toEqual([entry])
    const otis = await user('otis')
    await grant({ principal: 'user:otis', models: name })
    expect(besideIn((await as(otis).get(`/audit/${entry}`)).html)).toEqual([before, after])
    // What is about no model has none.
    expect(besideIn((await as(ida).get('/audit/1')).html)).toEqual([])
  })

  test('is one of a list that says what an export of a filter cannot show', async () => {
    const { ida, as, name } = await auditedWorld()
    const note = 'cannot show that none is missing'
    expect(textOf((await as(ida).get('/audit')).html)).not.toContain(note)
    expect(textOf((await as(ida).get(`/audit?model=${name}`)).html)).toContain(note)
  })

  test('shows every text as a text', async () => {
    const { ida, as, mlflow, ann, name } = await auditedWorld()
    const value = '<img src=x onerror=alert(1)>\u202e'
    await mlflow(ann, 'POST', 'registered-models/set-tag', { name, key: 'page', value })
    const list = await as(ida).get(`/audit?model=${encodeURIComponent(name)}`)
    const [newest] = seqsIn(list.html)
    const entry = await as(ida).get(`/audit/${newest}`)
    const filter = await as(ida).get(`/audit?model=${encodeURIComponent(value)}`)
    for (const { html } of [list, entry, filter]) expect(markupIn(html)).toEqual([])
    expect(textOf(entry.html)).toContain('<img src=x onerror=alert(1)>\\u{202e}')
  })
})

describe('the page that verifies the log', () => {
  test('says that it is sound, by a head too, and where it was changed', async () => {
    const { ida, as, platform } = await auditedWorld()
    await sealEntries(platform)
    const sound = textOf((await as(ida).get('/audit/verify')).html)
    expect(sound).toMatch(/\d+ entries and their chain are sound/)
    const [head] = /sha256:[0-9a-f]{64}/.exec(sound) ?? []
    const proven = await as(ida).get(`/audit/verify?head=${head}`)
    expect(textOf(proven.html)).toContain('The chain came to the head that was given')
    const wrong = await as(ida).get('/audit/verify?head=sha256:1')
    expect([wrong.status, wrong.html.includes('aria-invalid="true"')]).toEqual([400, true])
    await platform.db.batch({
      drop: sql`drop trigger audit_entries_no_update`,
      change: sql`update audit_entries set reason = 'nobody asked' where seq = 3`,
    })
    const changed = await as(ida).get('/audit/verify')
    expect(changed.html).toContain('<a href="/audit/3">#3</a> is changed')
    for (const [seq, isChanged] of [
      [3, true],
      [4, false],
    ] as const) {
      const { html } = await as(ida).get(`/audit/${seq}`)
      expect(textOf(html).includes('changed after it was sealed'), `${seq}`).toBe(isChanged)
    }
  })
})

describe('the page of a moment', () => {
  test('has what was live then, who asked and approved, and what is there today', async () => {
    const { ida, as, mlflow, ann, name, clock, call, id, rita, policy } = await auditedWorld()
    const before = new Date(clock.now()).toISOString()
    clock.pass(120_000)
    await policy({ gates: [] })
    await call(rita, 'POST', `/api/v1/promotions/${id}/reviews`, { decision: 'approve' })
    await call(ann, 'POST', `/api/v1/promotions/${id}/merge`)
    const between = new Date(clock.now()).toISOString()
    clock.pass(120_000)
    await call(admin, 'DELETE', '/api/v1/policies/production-sign-off')
    const renamed = await mlflow(admin, 'POST', 'registered-models/rename', {
      name,
      new_name: 'fraud-next',
    })
    expect(renamed.json).toMatchObject({ registered_model: { name: 'fraud-next' } })
    const page = async (at: string) =>
      textOf((await as(ida).get(`/audit/as-of?at=${at}`)).html).replace(/^.*Today/, '')
    expect(await page(before)).toMatch(
      /^ fraud-detector now fraud-next 2 \w{8} .* ann nobody; moved by ann transactions 9f2c01aa 3/,
    )
    expect(await page(between)).toMatch(
      /^ fraud-detector now fraud-next 3 \w{8} .* ann #1 rita transactions 9f2c01aa the same/,
    )
    await mlflow(admin, 'DELETE', 'registered-models/delete', { name: 'fraud-next' })
    expect(await page(between)).toMatch(/^ fraud-detector deleted since 3 /)
    expect(await page(new Date(clock.now()).toISOString())).toContain(
      'No version was in Production',
    )
    const api = await call(ida, 'GET', `/api/v1/as-of?at=${between}`)
    expect(api.json.items).toMatchObject([
      {
        model: 'fraud-detector',
        items: [{ version: '3', since: { approved_by: ['rita'] } }],
        today: [],
      },
    ])
  })

  test('says of what is there today whether a rollback brought it back since', async () => {
    const { ida, as, call, mlflow, name, clock, id, rita, ann, policy } = await auditedWorld()
    await policy({ gates: [] })
    await call(rita, 'POST', `/api/v1/promotions/${id}/reviews`, { decision: 'approve' })
    await call(ann, 'POST', `/api/v1/promotions/${id}/merge`)
    await call(admin, 'DELETE', '/api/v1/policies/production-sign-off')
    const seen = async (at: string) => {
      const { html } = await as(ida).get(`/audit/as-of?at=${at}`)
      const { json } = await call(ida, 'GET', `/api/v1/as-of?at=${at}`)
      const [{ items, today, rolled_back }] = json.items
      const then = items.map(({ version }: { version: string }) => version)
      return [then, today, rolled_back, /\S+ by a rollback/.exec(textOf(html))?.[0]]
    }
    const before = new Date(clock.now()).toISOString()
    clock.pass(60_000)
    const back = { stage: 'Production', reason: 'it errs' }
    const rolled = await call(admin, 'POST', `/api/v1/models/${name}/rollback`, back)
    expect(rolled.status).toBe(200)
    const after = new Date(clock.now()).toISOString()
    expect(await seen(before)).toEqual([['3'], ['2'], ['2'], '2 by a rollback'])
    expect(await seen(after)).toEqual([['2'], ['2'], [], undefined])
    clock.pass(60_000)
    const move = { name, stage: 'Production', archive_existing_versions: true }
    const path = 'model-versions/transition-stage'
    await mlflow(ann, 'POST', path, { ...move, version: '1' })
    expect(await seen(before)).toEqual([['3'], ['1'], [], undefined])
  })

  test('says where more versions were in the stage than it has', async () => {
    const { ida, as, mlflow, ann, name, clock, call } = await auditedWorld()
    for (let version = 4; version <= 24; version++) {
      await mlflow(ann, 'POST', 'model-versions/create', { name, source: `s3://b/${version}` })
      await mlflow(admin, 'POST', 'model-versions/transition-stage', {
        ...{ name, version: String(version), stage: 'Staging', archive_existing_versions: false },
      })
    }
    const at = `at=${new Date(clock.now()).toISOString()}&stage=Staging`
    const [item] = (await call(ida, 'GET', `/api/v1/as-of?${at}`)).json.items
    expect([item.items.length, item.items[19].version, item.more]).toEqual([20, '5', true])
    const { html } = await as(ida).get(`/audit/as-of?${at}`)
    expect(textOf(html)).toContain('5 and others with lower numbers, which the API lists')
  })

  test('is not for who may not read the whole log, and not of the future', async () => {
    const { ida, rita, as } = await auditedWorld()
    expect((await as(rita).get('/audit/as-of')).status).toBe(403)
    const relative = await as(ida).get('/audit/as-of?at=yesterday+9:00&stage=Staging')
    expect([relative.status, relative.location]).toEqual([
      302,
      expect.stringMatching(/^\/audit\/as-of\?at=20\d\d-\d\d-\d\dT09%3A00%3A00Z&stage=Staging$/),
    ])
    const future = await as(ida).get('/audit/as-of?at=2999-01-01T00:00')
    expect([future.status, textOf(future.html).includes('lies in the future')]).toEqual([400, true])
  })
})
