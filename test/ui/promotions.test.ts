import { expect, test } from 'vitest'
import { admin, authServer } from '../support/auth-server.ts'

const markup = '<script>alert(1)</script>'
const name = 'fraud <b> & co'

/** ann asked for version 1 of a model to enter Production; bob may read the model, and eve may not. */
async function asked() {
  const { app, mlflow, user, call } = await authServer()
  const [ann, bob, eve] = [await user('ann'), await user('bob'), await user('eve')]
  await mlflow(ann, 'POST', 'registered-models/create', { name })
  await mlflow(ann, 'POST', 'model-versions/create', { name, source: 's3://b/m' })
  const none = { name, username: 'eve', permission: 'NO_PERMISSIONS' }
  await mlflow(admin, 'POST', 'registered-models/permissions/create', none)
  await call(admin, 'PUT', '/api/v1/policies/production', {
    applies_to: { models: '*', stage: 'Production' },
    approvals: { required: 1, from: ['user:bob'] },
    gates: [{ name: `gate ${markup}`, type: 'check', check: 'ci' }],
  })
  const to = { stage: 'Production' }
  const request = { model: name, version: '1', to, reason: `why ${markup}` }
  expect((await call(ann, 'POST', '/api/v1/promotions', request)).status).toBe(201)
  const comment = { decision: 'comment', comment: `hm ${markup}` }
  expect((await call(bob, 'POST', '/api/v1/promotions/1/reviews', comment)).status).toBe(200)
  const page = async (who: string, path: string) => {
    const res = await app.request(path, { headers: { authorization: who } })
    return { res, html: await res.text() }
  }
  return { page, ann, bob, eve }
}

test('a reviewer sees on one page what changes, what blocks it and who said what', async () => {
  const { page, bob } = await asked()
  const { res, html } = await page(bob, '/promotions/1')
  expect(res.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'$/,
  )
  expect(html).toContain('fraud &lt;b&gt; &amp; co <span class="version">version 1</span>')
  expect(html).toContain('None → <strong>Production</strong>')
  expect(html).toContain('<span class="state state-open">open</span> asked by <strong>ann</strong>')
  expect(html).toContain('why &lt;script&gt;')
  expect(html).toContain('<strong>Blocked by</strong><ul><li>1 approval</li>')
  expect(html).toContain('gate &lt;script&gt;')
  expect(html).toContain('0 of 1 given.')
  expect(html).toContain('<strong>bob</strong> commented on')
  expect(html).toContain('<blockquote>hm &lt;script&gt;')
  expect(html).not.toMatch(/<script|<b>/)
})

test('its links lead to the card of its version, and the list leads to it', async () => {
  const { page, ann } = await asked()
  const linked = async (at: string) => {
    const { html } = await page(ann, at)
    const [, href = ''] = /<a href="([^"]*)"/.exec(html) ?? []
    const { pathname } = new URL(href, `https://example.com${at}`)
    return [pathname, (await page(ann, pathname)).res.status]
  }
  expect(await linked('/promotions')).toEqual(['/promotions/1', 200])
  expect(await linked('/promotions/1')).toEqual([
    `/api/v1/models/${encodeURIComponent(name)}/versions/1/card.html`,
    200,
  ])
})

test('nobody sees a request about a model that they may not read', async () => {
  const { page, bob, eve } = await asked()
  expect((await page(bob, '/promotions')).html).toContain('v1 → Production')
  const list = await page(eve, '/promotions')
  expect(list.res.status).toBe(200)
  expect(list.html).toContain('There are none.')
  expect((await page(eve, '/promotions/1')).res.status).toBe(403)
  expect((await page(eve, '/promotions/2')).res.status).toBe(404)
  expect((await page(bob, '/promotions/one')).res.status).toBe(400)
})
