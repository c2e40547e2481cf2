import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { Platform } from '../../src/platform/context.ts'
import { uiRoutes } from '../../src/ui/routes.ts'
import { appOf } from '../support/app.ts'
import { admin } from '../support/auth-server.ts'
import { deploymentsWorld } from './deployments-world.ts'
import { pagesOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

const comment = { decision: 'comment', comment: 'as agreed' }

/** A world whose database answers nothing. */
async function silentWorld() {
  const world = await askedWorld()
  const { platform } = world
  const fail = () => Promise.reject(Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' }))
  const db = { ...platform.db, all: fail, first: fail, batch: fail }
  const open = { ...platform, db, settings: { ...platform.settings, auth: false } }
  return { ...world, app: appOf(() => open) }
}

describe('the page of what cannot be had now', () => {
  test('says when the same may be asked again, and does so by itself where it only reads', async () => {
    const { platform, rita } = await askedWorld()
    const settings = { ...platform.settings, rateLimit: 1 }
    const app = createApp(() => ({ ...platform, settings }))
    const ritas = pagesOf({ request: (path, init) => app.request(path, init) }, rita)
    expect((await ritas.get('/promotions/1')).status).toBe(200)
    const busy = await ritas.get('/promotions/1')
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '1'])
    expect(textOf(busy.html)).toMatch(/Too many requests .* Try again in 1 s\./)
    expect(busy.html).toMatch(/<main [^>]*data-retry="1"/)
    const sent = await ritas.post('/promotions/1/reviews', comment)
    expect([sent.status, sent.headers.get('retry-after')]).toEqual([429, '1'])
    expect(textOf(sent.html)).toMatch(
      /Nothing was done\. What you typed is still in the form .* send it again in 1 s\./,
    )
    expect(sent.html).not.toContain('data-retry')
  })

  test('says of a change that nobody knows whether a silent store made it', async () => {
    const { app } = await silentWorld()
    vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    const read = await pagesOf(app).get('/models')
    expect([read.status, read.headers.get('retry-after')]).toEqual([503, '5'])
    expect(read.html).toMatch(/<main [^>]*data-retry="5"/)
    expect(textOf(read.html)).toMatch(
      /Try again in 5 s\. If it goes on, tell whoever runs this server .* [0-9a-f]{32}/,
    )
    const sent = await pagesOf(app).post('/promotions/1/reviews', comment)
    expect(sent.status).toBe(503)
    expect(textOf(sent.html)).toContain('Perhaps it was done: look at that before')
    expect(sent.html).not.toContain('data-retry')
    const api = await app.request('/api/v1/stages')
    expect([api.status, api.headers.get('retry-after')]).toEqual([503, null])
  })
})

describe('the page of what somebody may not', () => {
  const asked = async (platform: Platform, who: string, path: string) => {
    const settings = { ...platform.settings, contact: 'ml-platform@example.com <b>' }
    const { status, html } = await pagesOf(
      appOf(() => ({ ...platform, settings })),
      who,
    ).get(path)
    expect(status, path).toBe(403)
    return textOf(html)
  }

  test('says what is needed, who gives it and whom to ask, by what the operator said', async () => {
    const { platform, eve, name } = await askedWorld()
    expect(await asked(platform, eve, `/models/${name}`)).toMatch(
      /READ on registered model 'fraud-detector' is needed You are signed in as eve\. An administrator, or who has MANAGE on it, can give what is missing\. Ask ml-platform@example\.com <b>/,
    )
    expect(await asked(platform, eve, '/settings/grants')).toMatch(
      /only administrators .* An administrator can give what is missing\. Ask/,
    )
    expect(await asked(platform, eve, '/audit/as-of')).toMatch(
      /An administrator can give what is missing\. Ask/,
    )
  })

  test('is what answers every form about it, before anything is said of the form', async () => {
    const { platform, eve, id, call, mlflow, name, ann } = await deploymentsWorld()
    const { json } = await call(admin, 'GET', `/api/v1/models/${name}/versions/3`)
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    const logged = await mlflow(ann, 'POST', 'logged-models', {
      ...{ experiment_id: '1', name: 'logged', source_run_id: json.run_id },
    })
    const places: readonly [RegExp, string][] = [
      [/^\/models\/:name(?=\/)/, `/models/${name}`],
      [/\/:version\{[^}]+\}/, '/3'],
      [/^\/experiments\/:id\{[^}]+\}/, '/experiments/1'],
      [/^\/logged-models\/:model/, `/logged-models/${logged.json.model.info.model_id}`],
      [/^\/runs\/:run/, `/runs/${json.run_id}`],
      [/^\/promotions\/:id/, `/promotions/${id}`],
    ]
    const owned =
      /^\/(models\/:name|experiments\/:id|logged-models\/:model|runs\/:run|promotions\/:id)/
    const forms = uiRoutes([]).routes.filter(
      ({ method, path }) => method === 'POST' && owned.test(path) && !/:view|:schema/.test(path),
    )
    expect(forms.length).toBeGreaterThan(40)
    const eves = pagesOf(
      appOf(() => platform),
      eve,
    )
    const answered: string[] = []
    for (const { path } of forms) {
      const at = places.reduce((text, [pattern, value]) => text.replace(pattern, value), path)
      expect(at).not.toContain(':')
      const { status } = await eves.post(at, { stage: 'Production', to: 'Production' })
      if (status !== 403) answered.push(`${status} ${at}`)
    }
    expect(answered).toEqual([])
  })

  test('tells nothing of what only a number named', async () => {
    const { platform, eve, id, call, mlflow, ann, name } = await deploymentsWorld()
    const { json } = await call(admin, 'GET', `/api/v1/models/${name}/versions/3`)
    const runs = `/runs/${json.run_id}`
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    for (const path of [
      `/promotions/${id}`,
      runs,
      `${runs}/charts`,
      '/experiments/1',
      '/audit/3',
    ]) {
      const text = await asked(platform, eve, path)
      expect(text, path).not.toMatch(/fraud|nightly|transactions|accuracy|Production|ann\b|alice/)
    }
    const nameless = /on the (model of promotion request '1'|registered model) is needed/
    const bodies = {
      reviews: comment,
      checks: { name: 'tests', status: 'passed' },
      ...{ merge: {}, close: {}, 'break-glass': { reason: 'as agreed' }, 'follow-up': {} },
    }
    const request = `/api/v1/promotions/${id}`
    const refused = await Promise.all([
      call(eve, 'GET', request),
      ...Object.entries(bodies).map(([one, body]) => call(eve, 'POST', `${request}/${one}`, body)),
    ])
    expect(refused.map(({ status, text }) => [status, nameless.test(text) || text])).toEqual(
      refused.map(() => [403, true]),
    )
    const folder = '/api/2.0/mlflow-artifacts/artifacts/model-versions/3/MLmodel'
    const file = (await call(eve, 'GET', folder)).text
    expect(file).toContain("READ on the model of version folder '3' is needed")
    expect(file).not.toContain(name)
    expect((await call(ann, 'GET', `/api/v1/promotions/${id}`)).status).toBe(200)
  })
})
