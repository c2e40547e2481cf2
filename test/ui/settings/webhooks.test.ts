import { describe, expect, test } from 'vitest'
import { deliverDue } from '../../../src/webhooks/delivery/deliver.ts'
import { admin, authServer } from '../../support/auth-server.ts'
import { Receivers } from '../../support/receiver.ts'
import { fieldsIn, markupIn, pagesOf, textOf } from '../page.ts'

const made = {
  name: 'to-slack',
  url: 'https://hooks.example/services/T0/secret-path',
  'event registered_model.*': 'on',
  'event promotion.opened': 'on',
  models: 'fraud-*',
  format: 'json',
  active: 'on',
}
const list = '/settings/webhooks'

async function world() {
  const receivers = new Receivers()
  const server = await authServer({ outbound: receivers })
  const ann = await server.user('ann')
  const as = (who: string) => pagesOf(server.app, who)
  const root = as(admin)
  const make = async (more: Record<string, string> = {}) => {
    const { location } = await root.post('/settings/new-webhook', { ...made, ...more })
    if (location === null) throw new Error('no webhook was made')
    return location
  }
  const deliver = () => deliverDue(server.platform)
  return { ...server, receivers, ann, as, root, make, deliver }
}

describe('the pages of webhooks', () => {
  test('make one, which gets the very next event, and tell how deliveries go', async () => {
    const { root, make, mlflow, ann, receivers, deliver } = await world()
    expect(textOf((await root.get(list)).html)).toContain('No webhook yet')
    const path = await make()
    receivers.answer(() => ({ status: 500 }))
    await mlflow(ann, 'POST', 'registered-models/create', { name: 'fraud-a' })
    await mlflow(ann, 'POST', 'registered-models/create', { name: 'other' })
    await deliver()
    expect(receivers.received.map(({ json }) => json.model)).toEqual(['fraud-a'])
    const shown = await root.get(path)
    const text = textOf(shown.html)
    expect(text).toContain('to-slack')
    expect(text).toContain('To https://hooks.example Events registered_model.*, promotion.opened')
    expect(text).toMatch(/registered_model\.created fraud-a .* pending 500/)
    expect(shown.html).not.toContain('secret-path')
    expect(text).toContain('A body as it is sent { "id": ')
    receivers.answer(() => ({}))
    const { delivery } = fieldsIn(shown.html)
    const again = await root.post(`${path}/redeliver`, { delivery: delivery ?? '' })
    expect([again.status, again.location]).toEqual([303, path])
    await deliver()
    expect(textOf((await root.get(list)).html)).toContain('1 delivered')
    expect(textOf((await root.get(`${path}?status=failed`)).html)).toContain('None. The last 1,000')
  })

  test('test it, and show what the receiver answered', async () => {
    const { root, make, receivers } = await world()
    const path = await make()
    receivers.answer(() => ({ status: 418, excerpt: '<b>no</b>' }))
    const { html, status } = await root.post(`${path}/test`, { event: 'promotion.merged' })
    expect([status, textOf(html), markupIn(html)]).toEqual([
      200,
      expect.stringContaining('It answered 418. <b>no</b>'),
      [],
    ])
    expect(receivers.received[0]?.json.type).toBe('promotion.merged')
    expect((await root.post(`${path}/test`, { event: 'no.such' })).status).toBe(400)
  })

  test('change it, keep the secret out of the page, and replace or take it away', async () => {
    const { root, make, call } = await world()
    const path = await make({ secret: 'sek-of-mine' })
    const id = path.split('/').at(-1)
    const wire = async () => (await call(admin, 'GET', `/api/v1/webhooks/${id}`)).json
    const fields = async () => fieldsIn((await root.get(`${path}/edit`)).html)
    const edit = await root.get(`${path}/edit`)
    expect(edit.html).not.toContain('sek-of-mine')
    expect(textOf(edit.html)).toContain('Matches 0 models now')
    const kept = fieldsIn(edit.html)
    expect(kept).toMatchObject({ url: made.url, 'event registered_model.*': 'on', secret: '' })
    expect((await root.post(`${path}/edit`, { ...kept, name: 'renamed' })).status).toBe(303)
    expect(await wire()).toMatchObject({ name: 'renamed', has_secret: true })
    await root.post(`${path}/edit`, { ...(await fields()), no_secret: 'on' })
    expect((await wire()).has_secret).toBe(false)
    await root.post(`${path}/status`, { status: 'DISABLED' })
    expect((await wire()).status).toBe('DISABLED')
    const { text } = await call(admin, 'GET', '/api/v1/audit?action=webhook.updated')
    expect(text).not.toContain('sek-of-mine')
  })

  test('of two people who change it from one page, the second is told so and keeps what was typed', async () => {
    const { root, make, clock } = await world()
    const path = await make()
    const kept = fieldsIn((await root.get(`${path}/edit`)).html)
    clock.pass(1000)
    expect((await root.post(`${path}/edit`, { ...kept, models: 'a*' })).status).toBe(303)
    const late = await root.post(`${path}/edit`, { ...kept, models: 'b*' })
    expect([late.status, fieldsIn(late.html).models]).toEqual([409, 'b*'])
    expect(textOf((await root.get(path)).html)).toContain('Models a*')
  })

  test('say what is wrong, and keep what was typed but for a secret', async () => {
    const { root } = await world()
    const wrong = { ...made, secret: 'typed-secret' }
    const address = await root.post('/settings/new-webhook', { ...wrong, url: 'http://10.0.0.1/' })
    expect([address.status, fieldsIn(address.html).url]).toEqual([400, 'http://10.0.0.1/'])
    expect(address.html).not.toContain('typed-secret')
    const none = await root.post('/settings/new-webhook', { name: 'a', url: made.url })
    expect([none.status, textOf(none.html)]).toEqual([400, expect.stringContaining('event')])
  })

  test('delete it only where its name was typed', async () => {
    const { root, make } = await world()
    const path = await make()
    expect((await root.post(`${path}/delete`, { confirm: 'to' })).status).toBe(400)
    expect((await root.get(path)).status).toBe(200)
    expect((await root.post(`${path}/delete`, { confirm: 'to-slack' })).location).toBe(list)
    expect((await root.get(path)).status).toBe(404)
  })

  test('are for who may manage webhooks alone, and in nobody else’s list', async () => {
    const { as, ann, make, call, root } = await world()
    const path = await make()
    for (const page of [list, '/settings/new-webhook', path, `${path}/edit`]) {
      expect([page, (await as(ann).get(page)).status]).toEqual([page, 403])
    }
    for (const [form, fields] of [
      ['/settings/new-webhook', made],
      [`${path}/edit`, made],
      [`${path}/status`, { status: 'DISABLED' }],
      [`${path}/test`, {}],
      [`${path}/redeliver`, { delivery: 'x' }],
      [`${path}/delete`, { confirm: 'to-slack' }],
    ] as const) {
      expect([form, (await as(ann).post(form, fields)).status]).toEqual([form, 403])
    }
    expect(textOf((await as(ann).get('/settings/policies')).html)).not.toContain('Webhooks')
    expect(textOf((await root.get('/settings/policies')).html)).toContain('Webhooks')
    const grant = { principal: 'user:ann', action: 'manage_webhooks', models: '*' }
    await call(admin, 'POST', '/api/v1/grants', grant)
    expect((await as(ann).get(path)).status).toBe(200)
  })
})
