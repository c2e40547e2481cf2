import { expect, test } from 'vitest'
import { deliverDue } from '../../../src/webhooks/delivery/deliver.ts'
import { admin } from '../../support/auth-server.ts'
import { Receivers } from '../../support/receiver.ts'
import { databricksServer, toProduction, version } from './world.ts'

const create = 'registry-webhooks/create'
const url = 'https://receiver.example/hook'
const asked = {
  model_name: 'fraud',
  events: ['MODEL_VERSION_TRANSITIONED_TO_PRODUCTION', 'COMMENT_CREATED'],
  description: 'tells the team',
  http_url_spec: { url, secret: 'a shared secret' },
}

async function withReceivers() {
  const receivers = new Receivers()
  return { receivers, ...(await databricksServer({ outbound: receivers })) }
}

/** The hex of HMAC-SHA256, as a receiver computes it. */
async function signed(secret: string, body: string): Promise<string> {
  const bytes = new TextEncoder()
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes.encode(secret), hmac, false, ['sign'])
  const made = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes.encode(body)))
  return [...made].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

test('a webhook is told of its own events alone, in the form and with the signature of Databricks', async () => {
  const { root, rita, receivers, platform } = await withReceivers()
  const made = await root('POST', create, asked)
  expect(made.json.webhook).toMatchObject({
    model_name: 'fraud',
    events: asked.events,
    status: 'ACTIVE',
    http_url_spec: { url, enable_ssl_verification: true },
  })
  expect(made.text).not.toContain('a shared secret')
  await rita('POST', 'model-versions/transition-stage', { ...version, stage: 'Staging' })
  await rita('POST', 'model-versions/transition-stage', toProduction)
  await rita('POST', 'comments/create', { ...version, comment: 'it is live' })
  await deliverDue(platform)
  const { id } = made.json.webhook
  expect(receivers.received.map(({ json }) => json)).toEqual([
    {
      event: 'MODEL_VERSION_TRANSITIONED_TO_PRODUCTION',
      webhook_id: id,
      event_timestamp: expect.any(Number),
      model_name: 'fraud',
      version: '1',
      to_stage: 'Production',
      from_stage: 'Staging',
      text: "Registered model 'fraud' version 1 transitioned from Staging to Production by rita.",
    },
    expect.objectContaining({
      event: 'COMMENT_CREATED',
      text: "rita commented on registered model 'fraud' version 1: it is live",
    }),
  ])
  for (const { headers, body } of receivers.received) {
    expect(headers['X-Databricks-Signature']).toBe(await signed('a shared secret', body))
  }
})

test('requests are told by the stage that they are for, and archived versions as moved', async () => {
  const { root, ada, receivers, platform } = await withReceivers()
  const events = [
    'TRANSITION_REQUEST_TO_PRODUCTION_CREATED',
    'MODEL_VERSION_TRANSITIONED_TO_ARCHIVED',
  ]
  await root('POST', create, { ...asked, events })
  await ada('POST', 'transition-requests/create', { ...version, stage: 'Staging' })
  await ada('POST', 'transition-requests/create', { ...toProduction, comment: 'ready' })
  await root('POST', 'model-versions/create', { name: 'fraud', source: 's3://b/m' })
  await root('POST', 'model-versions/transition-stage', toProduction)
  await root('POST', 'model-versions/transition-stage', {
    ...toProduction,
    version: '2',
    archive_existing_versions: true,
  })
  await deliverDue(platform)
  expect(receivers.received.map(({ json }) => [json.event, json.version, json.to_stage])).toEqual([
    ['TRANSITION_REQUEST_TO_PRODUCTION_CREATED', '1', 'Production'],
    ['MODEL_VERSION_TRANSITIONED_TO_ARCHIVED', '1', 'Archived'],
  ])
})

test('one in test mode takes examples and no events', async () => {
  const { root, rita, receivers, platform } = await withReceivers()
  const made = await root('POST', create, { ...asked, status: 'TEST_MODE' })
  const { id, status } = made.json.webhook
  expect(status).toBe('TEST_MODE')
  await rita('POST', 'model-versions/transition-stage', toProduction)
  await deliverDue(platform)
  expect(receivers.received).toEqual([])
  const event = 'MODEL_VERSION_TRANSITIONED_TO_STAGING'
  const tested = await root('POST', 'registry-webhooks/test', { id, event })
  expect(tested.json).toEqual({ status_code: 200, body: 'ok' })
  await root('POST', 'registry-webhooks/test', { id })
  expect(receivers.received.map(({ json }) => [json.event, json.to_stage])).toEqual([
    ['MODEL_VERSION_TRANSITIONED_TO_STAGING', 'Staging'],
    ['MODEL_VERSION_TRANSITIONED_TO_PRODUCTION', 'Production'],
  ])
})

test('webhooks are listed by model and event, in pages, beside those of the other APIs', async () => {
  const { root, call } = await withReceivers()
  const ofFraud = (await root('POST', create, asked)).json.webhook
  const everywhere = { events: ['REGISTERED_MODEL_CREATED'], http_url_spec: { url } }
  const ofAll = (await root('POST', create, everywhere)).json.webhook
  await call(admin, 'POST', '/api/v1/webhooks', { name: 'ours', url, events: ['*'] })
  const list = async (query: Record<string, string>) => {
    const { json } = await root('GET', 'registry-webhooks/list', query)
    return { ids: (json.webhooks ?? []).map(({ id }: { id: string }) => id), json }
  }
  expect((await list({})).ids).toEqual([ofAll.id, ofFraud.id])
  expect((await list({ model_name: 'fraud' })).ids).toEqual([ofFraud.id])
  expect((await list({ events: 'REGISTERED_MODEL_CREATED' })).ids).toEqual([ofAll.id])
  expect((await list({ events: 'MODEL_VERSION_TAG_SET' })).ids).toEqual([])
  const first = await list({ max_results: '1' })
  const page_token = first.json.next_page_token
  expect((await list({ max_results: '1', page_token })).ids).toEqual([ofFraud.id])
  expect((await list({ page_token, model_name: 'fraud' })).json.error_code).toBeDefined()
})

test('a webhook is changed in part, and deleted', async () => {
  const { root } = await withReceivers()
  const { id } = (await root('POST', create, asked)).json.webhook
  const disabled = await root('PATCH', 'registry-webhooks/update', { id, status: 'DISABLED' })
  expect(disabled.json.webhook).toMatchObject({ status: 'DISABLED', events: asked.events })
  const events = ['MODEL_VERSION_TAG_SET']
  const changed = await root('PATCH', 'registry-webhooks/update', { id, events })
  expect(changed.json.webhook).toMatchObject({ status: 'DISABLED', events })
  expect((await root('DELETE', 'registry-webhooks/delete', { id })).json).toEqual({})
  expect((await root('DELETE', 'registry-webhooks/delete', { id })).status).toBe(404)
})

test('the audit log tells for which events of Databricks a webhook is', async () => {
  const { root, call } = await withReceivers()
  const { id } = (await root('POST', create, asked)).json.webhook
  const events = ['MODEL_VERSION_TAG_SET']
  await root('PATCH', 'registry-webhooks/update', { id, events })
  await call(admin, 'PATCH', `/api/v1/webhooks/${id}`, { events: ['*'] })
  const { json } = await call(admin, 'GET', '/api/v1/audit?max_results=3')
  const told = json.items.map(({ after }: { after: Record<string, unknown> }) => [
    after.databricks_events,
    after.status,
  ])
  expect(told).toEqual([
    [undefined, 'ACTIVE'],
    [events, 'ACTIVE'],
    [asked.events, 'ACTIVE'],
  ])
})

test('one whose events are changed in /api/v1 is none of Databricks’ any more', async () => {
  const { root, call } = await withReceivers()
  const { id } = (await root('POST', create, asked)).json.webhook
  await call(admin, 'PATCH', `/api/v1/webhooks/${id}`, { events: ['*'] })
  expect((await root('GET', 'registry-webhooks/list', {})).json).toEqual({})
  expect((await root('DELETE', 'registry-webhooks/delete', { id })).status).toBe(404)
})

test.each([
  ['job_spec', { http_url_spec: undefined, job_spec: { job_id: '1', access_token: 't' } }, 400],
  ['authorization', { http_url_spec: { url, authorization: 'Bearer x' } }, 400],
  ['unverified certificates', { http_url_spec: { url, enable_ssl_verification: false } }, 400],
  ['no receiver', { http_url_spec: undefined }, 400],
  ['an address of this machine', { http_url_spec: { url: 'https://127.0.0.1/' } }, 400],
  ['no events', { events: [] }, 400],
  ['an unknown event', { events: ['MODEL_VERSION_EATEN'] }, 400],
  ['models of one model', { events: ['REGISTERED_MODEL_CREATED'] }, 400],
  ['a glob', { model_name: 'f*' }, 400],
  ['an unknown model', { model_name: 'nothing' }, 404],
])('a webhook with %s is refused', async (_what, bad, status) => {
  const { root } = await withReceivers()
  const refused = await root('POST', create, { ...asked, ...bad })
  expect([refused.status, refused.json.message]).toEqual([status, expect.any(String)])
})

test('webhooks are for who may manage them', async () => {
  const { rita, root } = await withReceivers()
  const { id } = (await root('POST', create, asked)).json.webhook
  const answers = [
    await rita('POST', create, asked),
    await rita('GET', 'registry-webhooks/list', {}),
    await rita('PATCH', 'registry-webhooks/update', { id, status: 'DISABLED' }),
    await rita('POST', 'registry-webhooks/test', { id }),
    await rita('DELETE', 'registry-webhooks/delete', { id }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403])
})
