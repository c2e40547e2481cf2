import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { anonymous, type Principal } from '../../src/core/principal.ts'
import type { Settings } from '../../src/platform/settings/settings.ts'
import { appOf } from '../support/app.ts'
import { client } from '../support/client.ts'
import { Receivers } from '../support/receiver.ts'
import { testServer } from '../support/server.ts'

const created = { entity: 'MODEL_VERSION', action: 'CREATED' }
const hook = { name: 'hook', url: 'https://receiver.example/in', events: [created] }

async function server() {
  const receivers = new Receivers()
  return { receivers, ...(await testServer({ outbound: receivers })) }
}

test('a webhook is made, read, listed newest first, changed and deleted, as MLflow answers', async () => {
  const { post, get, call } = await server()
  const { json } = await post('webhooks', { ...hook, description: 'd', secret: 'sek' })
  const { webhook } = json
  expect(webhook).toEqual({
    webhook_id: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
    ...hook,
    description: 'd',
    status: 'ACTIVE',
    creation_timestamp: expect.any(Number),
    last_updated_timestamp: webhook.creation_timestamp,
  })
  expect((await get(`webhooks/${webhook.webhook_id}`)).json).toEqual({ webhook })
  await post('webhooks', { ...hook, name: 'second' })
  const first = await get('webhooks?max_results=1')
  expect(first.json.webhooks.map(({ name }: { name: string }) => name)).toEqual(['second'])
  const second = await get(`webhooks?max_results=1&page_token=${first.json.next_page_token}`)
  expect(second.json).toEqual({ webhooks: [webhook] })
  const path = `/api/2.0/mlflow/webhooks/${webhook.webhook_id}`
  const changed = await call('PATCH', path, { name: 'renamed', status: 'DISABLED' })
  expect(changed.json.webhook).toMatchObject({ name: 'renamed', status: 'DISABLED', url: hook.url })
  expect((await call('DELETE', path)).json).toEqual({})
  expect((await call('DELETE', path)).json).toMatchObject({
    error_code: 'RESOURCE_DOES_NOT_EXIST',
    message: `Webhook with ID ${webhook.webhook_id} not found.`,
  })
})

test.each([
  [{ name: undefined }, /required parameter 'name'/],
  [{ url: undefined }, /required parameter 'url'/],
  [{ events: undefined }, /events/],
  [{ events: [] }, /events/],
  [{ events: 'x' }, /events/],
  [{ events: [null] }, /events/],
  [{ events: [{ entity: 'BOGUS', action: 'CREATED' }] }, /entity/],
  [{ events: [{ entity: 'ENTITY_UNSPECIFIED', action: 'CREATED' }] }, /Invalid action/],
  [
    { events: [{ entity: 'MODEL_VERSION', action: 'DELETED' }] },
    /Valid actions are: \['created'\]/,
  ],
  [{ events: [created, created] }, /repeat/],
  [{ name: '-x' }, /Webhook name '-x' is invalid/],
  [{ name: 'x y' }, /invalid/],
  [{ name: 'x'.repeat(64) }, /invalid/],
  [{ name: '__proto__' }, /invalid/],
  [{ url: 'ftp://h' }, /scheme: 'ftp'. Allowed schemes are: https\./],
  [{ url: 'http://example.com' }, /scheme: 'http'/],
  [{ url: 'nope' }, /scheme: ''/],
  [{ url: 'https://127.0.0.1/x' }, /non-public/],
  [{ status: 'BOGUS' }, /status/],
  [{ secret: 'x'.repeat(1001) }, /secret/],
  [{ description: 7 }, /description/],
])('%j is refused', async (wrong, message) => {
  const { post, call } = await server()
  const refused = await post('webhooks', { ...hook, ...wrong })
  expect([refused.status, refused.json?.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  expect(refused.json.message).toMatch(message)
  const { webhook } = (await post('webhooks', hook)).json
  const path = `/api/2.0/mlflow/webhooks/${webhook.webhook_id}`
  const defined = JSON.stringify(wrong) !== '{}' && JSON.stringify(wrong) !== '{"events":[]}'
  if (defined) expect((await call('PATCH', path, wrong)).status).toBe(400)
})

test('a name that leads to a private address is refused when made and when changed', async () => {
  const receivers = new Receivers()
  const { post, call } = await testServer({
    outbound: {
      parallelMax: 1,
      post: (request) => receivers.post(request),
      resolve: async (host) => (host === 'inside.example' ? ['8.8.8.8', '10.0.0.5'] : ['8.8.8.8']),
    },
  })
  const inside = 'https://inside.example/'
  const refused = await post('webhooks', { ...hook, url: inside })
  expect(refused.json.message).toMatch(/non-public/)
  expect(refused.json.message).not.toContain('10.0.0.5')
  const { webhook } = (await post('webhooks', hook)).json
  const path = `/api/2.0/mlflow/webhooks/${webhook.webhook_id}`
  expect((await call('PATCH', path, { url: inside })).status).toBe(400)
})

test('a test call sends the example of the first event, signed, and tells the answer', async () => {
  const { post, receivers } = await server()
  const { webhook } = (await post('webhooks', { ...hook, secret: 'sek' })).json
  receivers.answer(() => ({ status: 400, excerpt: 'x'.repeat(2000) }))
  const { json } = await post(`webhooks/${webhook.webhook_id}/test`, {})
  expect(json).toEqual({
    result: { success: false, response_status: 400, response_body: 'x'.repeat(500) },
  })
  const event = { entity: 'PROMPT', action: 'CREATED' }
  await post(`webhooks/${webhook.webhook_id}/test`, { event })
  expect(receivers.received.map(({ json: sent }) => sent.data)).toEqual([
    {
      name: 'example_model',
      version: '1',
      source: 'models:/123',
      run_id: 'abcd1234abcd5678',
      tags: { example_key: 'example_value' },
      description: 'An example model version',
    },
    {
      name: 'example_prompt',
      tags: { example_key: 'example_value' },
      description: 'An example prompt',
    },
  ])
  expect(receivers.received[0]?.headers['X-MLflow-Signature']).toMatch(/^v1,/)
  expect((await post('webhooks/nope/test', {})).status).toBe(404)
})

test('both surfaces show the same webhooks, each event under the name that it has there', async () => {
  const { post, get, call } = await server()
  const { webhook } = (await post('webhooks', hook)).json
  const ours = await call('GET', `/api/v1/webhooks/${webhook.webhook_id}`)
  expect(ours.json).toMatchObject({
    id: webhook.webhook_id,
    format: 'mlflow',
    events: ['model_version.created'],
    has_secret: false,
  })
  const all = { name: 'all', url: hook.url, events: ['model_version.*', 'promotion.merged'] }
  const { json: made } = await call('POST', '/api/v1/webhooks', all)
  const shown = (await get(`webhooks/${made.id}`)).json.webhook
  expect(shown.events).toEqual([
    created,
    { entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' },
    { entity: 'MODEL_VERSION_ALIAS', action: 'DELETED' },
    { entity: 'MODEL_VERSION_TAG', action: 'DELETED' },
    { entity: 'MODEL_VERSION_TAG', action: 'SET' },
  ])
  const only = { name: 'only', url: hook.url, events: ['promotion.merged'] }
  const { json: hidden } = await call('POST', '/api/v1/webhooks', only)
  expect((await get(`webhooks/${hidden.id}`)).status).toBe(404)
  expect((await get('webhooks')).json.webhooks).toHaveLength(2)
  expect((await call('GET', '/api/v1/webhooks')).json.items).toHaveLength(3)
})

test('a secret is kept encrypted, and neither answers nor the audit log have it or the path of the URL', async () => {
  const { platform, post, call } = await server()
  const url = 'https://receiver.example/T0KEN?key=T0KEN'
  const made = await post('webhooks', { ...hook, url, secret: 'very secret' })
  const { webhook_id: id } = made.json.webhook
  const changed = await call('PATCH', `/api/v1/webhooks/${id}`, { secret: 'more secret' })
  expect(made.text + changed.text).not.toMatch(/(very|more) secret/)
  expect(changed.json.has_secret).toBe(true)
  const { rows, entries } = await platform.db.batch({
    rows: sql`select * from webhooks`,
    entries: sql<{
      after: string
    }>`select action, before, after from audit_entries order by seq`,
  })
  expect(JSON.stringify(rows)).not.toMatch(/(very|more) secret/)
  expect(JSON.stringify(entries)).not.toMatch(/secret|T0KEN/)
  const after = JSON.parse(entries[0]?.after ?? '{}')
  expect(after).toEqual({
    webhook: id,
    name: 'hook',
    origin: 'https://receiver.example',
    events: ['model_version.created'],
    ...{ models: null, stage: null, alias: null },
    format: 'mlflow',
    signed: true,
    status: 'ACTIVE',
  })
  await call('DELETE', `/api/v1/webhooks/${id}`)
  const actions = await platform.db.all<{ action: string }>(
    sql`select action from audit_entries order by seq`,
  )
  expect(actions.map(({ action }) => action)).toEqual([
    'webhook.created',
    'webhook.updated',
    'webhook.deleted',
  ])
})

test('a secret that another key encrypted fails its deliveries, and says what to do', async () => {
  const { platform, post } = await server()
  const { webhook } = (await post('webhooks', { ...hook, secret: 'sek' })).json
  Object.assign(platform.settings, { signingKey: 'another signing key' })
  const { json } = await post(`webhooks/${webhook.webhook_id}/test`, {})
  expect(json).toMatchObject({
    result: { success: false, error_message: expect.stringMatching(/set the secret again/) },
  })
})

test('with access control on, webhooks are for those who may manage them', async () => {
  const { platform } = await server()
  const settings: Settings = { ...platform.settings, auth: true }
  const principal = { ...anonymous, name: 'ada', kind: 'user' as const, verified: true }
  const ask = async (of: Principal, method: string, path: string) => {
    const { call } = client(appOf(() => ({ ...platform, settings }), of))
    const body = { ...hook, events: ['*'], status: 'ACTIVE' }
    return (await call(method, path, method === 'GET' ? undefined : body)).status
  }
  const mlflow = ['GET webhooks', 'GET webhooks/x', 'DELETE webhooks/x', 'POST webhooks/x/test']
  const ours = ['GET', 'POST', 'GET /x', 'PATCH /x', 'DELETE /x', 'GET /x/deliveries']
  const routes = [
    ...mlflow.map((route) => route.replace(' ', ' /api/2.0/mlflow/')),
    ...ours.map((route) => route.replace(/ |$/, ' /api/v1/webhooks')),
    'POST /api/v1/webhooks/x/deliveries/y/redeliver',
  ]
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ')
    expect(await ask(anonymous, method, path), route).toBe(401)
    expect(await ask(principal, method, path), route).toBe(403)
    expect([200, 201, 404]).toContain(await ask({ ...principal, isAdmin: true }, method, path))
  }
  expect(await ask(anonymous, 'GET', '/api/v1/events')).toBe(401)
})
