import { expect, test } from 'vitest'
import { admin, authServer } from '../support/auth-server.ts'
import { textOf } from './page.ts'

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
  const { html } = await page(bob, '/promotions/1')
  expect(html).toContain('#1 fraud &lt;b&gt; &amp; co 1 → Production')
  expect(html).toContain('<strong>Blocked by</strong><ul><li>1 approval</li>')
  expect(html).toContain('gate &lt;script&gt;')
  expect(html).toContain('<blockquote>hm &lt;script&gt;')
  expect(html).not.toMatch(/<script|<b>/)
})

test('nobody sees a request about a model that they may not read', async () => {
  const { page, bob, eve } = await asked()
  expect(textOf((await page(bob, '/promotions')).html)).toContain(
    '#1 fraud <b> & co 1 → Production',
  )
  const list = await page(eve, '/promotions')
  expect(list.res.status).toBe(200)
  expect(list.html).toContain('There are none.')
  expect((await page(eve, '/promotions/1')).res.status).toBe(403)
  expect((await page(eve, '/promotions/2')).res.status).toBe(404)
  expect((await page(bob, '/promotions/one')).res.status).toBe(400)
})
