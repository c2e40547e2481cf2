import { expect, test } from 'vitest'
import { defaultSettings } from '../../src/platform/settings/settings.ts'
import { deliverDue } from '../../src/webhooks/delivery/deliver.ts'
import type { RegistryEvent } from '../../src/webhooks/events/events.ts'
import { exampleEvent } from '../../src/webhooks/events/example-event.ts'
import { type Format, payloadOf } from '../../src/webhooks/formats/formats.ts'
import { Receivers } from '../support/receiver.ts'
import { testServer } from '../support/server.ts'

const atMs = Date.UTC(2026, 10, 24, 12, 0, 0, 7)
const moved: RegistryEvent = {
  ...exampleEvent('model_version.transitioned', atMs),
  seq: 118,
  reason: 'passes <all> & more',
}

function sent(format: Format, event = moved) {
  const { contentType, body } = payloadOf(event, {
    format,
    webhookId: 'a-webhook',
    packages: defaultSettings.packages,
  })
  return { contentType, json: JSON.parse(body) }
}

test('json has the event with what was and what is', () => {
  expect(sent('json')).toEqual({
    contentType: 'application/json',
    json: {
      id: '118.0',
      type: 'model_version.transitioned',
      at: atMs,
      actor: { name: 'example', kind: 'user', verified: false, groups: [] },
      model: 'example_model',
      version: '1',
      before: { stage: 'Staging' },
      after: { stage: 'Production' },
      reason: 'passes <all> & more',
    },
  })
})

test('cloudevents is the structured form of CloudEvents 1.0', () => {
  const { contentType, json } = sent('cloudevents')
  expect(contentType).toBe('application/cloudevents+json')
  expect(json).toMatchObject({
    specversion: '1.0',
    id: '118.0',
    source: '/gatehouse/webhooks/a-webhook',
    type: 'gatehouse.model_version.transitioned',
    subject: 'models/example_model/versions/1',
    time: '2026-11-24T12:00:00.007Z',
    datacontenttype: 'application/json',
    data: { id: '118.0', version: '1' },
  })
})

test('slack has a text without anything that Slack would take for markup', () => {
  const named = { ...moved, model: '<!channel> *m* & <@U1>' }
  const { json } = sent('slack', named)
  expect(json.text).toContain('&lt;!channel&gt;')
  expect(json.text).not.toMatch(/<|[^&]>/)
  expect(json.blocks[0]).toEqual({ type: 'section', text: { type: 'mrkdwn', text: json.text } })
  expect(json.blocks[1].elements[0].text).toContain('passes &lt;all&gt; &amp; more')
})

test('a long name does not make a message that Slack refuses', () => {
  const { json } = sent('slack', { ...moved, model: '<'.repeat(5000) })
  expect(json.blocks[0].text.text.length).toBeLessThan(3000)
})

test('eventbridge has the form of a change of a SageMaker model package', () => {
  const after = { ...moved.after, approval_status: 'Approved' }
  expect(sent('eventbridge', { ...moved, after }).json).toMatchObject({
    'detail-type': 'SageMaker Model Package State Change',
    source: 'gatehouse',
    time: '2026-11-24T12:00:00.007Z',
    detail: {
      ModelPackageGroupName: 'example_model',
      ModelPackageVersion: 1,
      ModelPackageStatus: 'Completed',
      ModelApprovalStatus: 'Approved',
    },
  })
})

test.each([
  [
    moved,
    [
      'arn:aws:sagemaker:us-east-1:000000000000:model-package/example_model/1',
      'models:/example_model',
      'models:/example_model/1',
      'models:/example_model/Staging',
      'models:/example_model/Production',
    ],
  ],
  [
    exampleEvent('model_version.alias_set', atMs),
    [
      'arn:aws:sagemaker:us-east-1:000000000000:model-package/example_model/1',
      ...[
        'models:/example_model',
        'models:/example_model/1',
        'models:/example_model@example_alias',
      ],
    ],
  ],
  [
    exampleEvent('promotion.opened', atMs),
    [
      'arn:aws:sagemaker:us-east-1:000000000000:model-package/example_model/1',
      ...['models:/example_model', 'models:/example_model/1', 'models:/example_model/Production'],
    ],
  ],
  [exampleEvent('registered_model.created', atMs), ['models:/example_model']],
])('eventbridge names each resource so that a rule matches it whole', (event, resources) => {
  expect(sent('eventbridge', event).json.resources).toEqual(resources)
})

const packageArn = 'arn:aws:sagemaker:us-east-1:000000000000:model-package/example_model/1'

test('sagemaker is what SageMaker itself sends of a package', () => {
  const after = { ...moved.after, approval_status: 'Approved' }
  expect(sent('sagemaker', { ...moved, after }).json).toMatchObject({
    ...{ 'detail-type': 'SageMaker Model Package State Change', source: 'aws.sagemaker' },
    ...{ account: '000000000000', region: 'us-east-1', resources: [packageArn] },
    detail: {
      ...{ ModelPackageGroupName: 'example_model', ModelPackageVersion: 1 },
      ...{ ModelPackageArn: packageArn, ModelPackageStatus: 'Completed' },
      ModelPackageStatusDetails: { ValidationStatuses: [], ImageScanStatuses: [] },
      ModelApprovalStatus: 'Approved',
      CreationTime: '2026-11-24T12:00:00.007Z',
    },
  })
  expect(sent('eventbridge').json.detail.ModelPackageArn).toBe(packageArn)
})

test.each([
  ['model_version.created', {}, 'PendingManualApproval'],
  ['model_version.transitioned', { stage: 'Production' }, 'Approved'],
  [
    'model_version.transitioned',
    { stage: 'Production', approval_status: 'PendingManualApproval' },
    'PendingManualApproval',
  ],
  ['model_version.transitioned', { stage: 'Staging', approval_status: 'Approved' }, undefined],
  ['model_version.transitioned', { stage: 'Archived' }, 'Rejected'],
  ['promotion.opened', { to: { stage: 'Production' } }, 'PendingManualApproval'],
  ['promotion.opened', { to: { stage: 'Staging' } }, undefined],
  ['promotion.rejected', { to: { stage: 'Production' } }, 'Rejected'],
  ['promotion.rejected', { to: { alias: 'champion' } }, undefined],
  ['promotion.approved', { to: { stage: 'Production' } }, undefined],
] as const)(
  'SageMaker’s forms say of %s with %j what Describe says then',
  (type, after, status) => {
    const event = { ...exampleEvent(type, atMs), after }
    for (const format of ['sagemaker', 'eventbridge'] as const) {
      expect(sent(format, event).json.detail.ModelApprovalStatus).toBe(status)
    }
  },
)

test('github starts the workflows of a repository, with at most ten fields', () => {
  const { json, contentType } = sent('github')
  expect(contentType).toBe('application/json')
  expect(json).toEqual({
    event_type: 'model_version.transitioned',
    client_payload: {
      ...{ model: 'example_model', version: '1', stage: 'Production' },
      event: sent('json').json,
    },
  })
})

test('a token for GitHub goes to the URL that it was given for, and to no other', async () => {
  const receivers = new Receivers()
  const { platform, post, call } = await testServer({ outbound: receivers })
  const made = await call('POST', '/api/v1/webhooks', {
    ...{ name: 'ci', url: 'https://api.github.com/repos/o/r/dispatches', format: 'github' },
    ...{ events: ['registered_model.created'], secret: 'ghp_token' },
  })
  const path = `/api/v1/webhooks/${made.json.id}`
  await post('registered-models/create', { name: 'a' })
  await deliverDue(platform)
  expect(receivers.received[0]?.headers).toMatchObject({
    Authorization: 'Bearer ghp_token',
    Accept: 'application/vnd.github+json',
  })
  expect(receivers.received[0]?.headers).not.toHaveProperty('X-MLflow-Signature')
  for (const change of [{ url: 'https://evil.example/' }, { format: 'json' }]) {
    await call('PATCH', path, change)
    await post('registered-models/create', { name: crypto.randomUUID() })
    await deliverDue(platform)
  }
  expect(receivers.received).toHaveLength(1)
  const { items } = (await call('GET', `${path}/deliveries`)).json
  expect(items[1].error).toContain('set the secret again')
  const github = { url: 'https://github.example/', format: 'github', secret: 'ghp_other' }
  await call('PATCH', path, github)
  await post('registered-models/create', { name: 'd' })
  await deliverDue(platform)
  expect(receivers.received[1]?.headers.Authorization).toBe('Bearer ghp_other')
})

test('what belongs to a request has its link, its reason and its gates', async () => {
  const receivers = new Receivers()
  const { platform, post, call } = await testServer({ outbound: receivers })
  const settings = { ...platform.settings, publicUrl: 'https://ml.example.com' }
  for (const format of ['json', 'slack', 'github']) {
    const url = `https://receiver.example/${format}`
    await call('POST', '/api/v1/webhooks', { name: format, url, format, events: ['promotion.*'] })
  }
  await post('registered-models/create', { name: 'm' })
  await post('model-versions/create', { name: 'm', source: 's3://b/x' })
  const put = await call('PUT', '/api/v1/policies/p', {
    applies_to: { models: '*', stage: 'Production' },
    approvals: { required: 1, from: ['user:rita'], allow_unverified: true },
    gates: [{ name: 'tested', type: 'check', check: 'ci' }],
  })
  expect(put.status).toBe(200)
  const to = { stage: 'Production' }
  const asked = { model: 'm', version: '1', to, reason: 'it is <better>' }
  expect((await call('POST', '/api/v1/promotions', asked)).status).toBe(201)
  await deliverDue({ ...platform, settings })
  const request = {
    ...{ url: 'https://ml.example.com/promotions/1', status: 'open', to },
    ...{ requested_by: 'anonymous', reason: 'it is <better>' },
    gates: [
      { name: 'tested', policy: 'p', status: 'pending', detail: "check 'ci' has no result yet" },
    ],
    approvals: { required: 1, given: 0, missing: ['user:rita'] },
    blocked_by: ['1 approval', "gate 'tested' waits: check 'ci' has no result yet"],
  }
  expect(receivers.at('json')[0]?.json).toMatchObject({ type: 'promotion.opened', request })
  expect(receivers.at('github')[0]?.json.client_payload).toMatchObject({
    url: request.url,
    event: { request },
  })
  const [, waits, context] = receivers.at('slack')[0]?.json.blocks ?? []
  expect(waits.text.text).toBe(
    "waits for 1 approval\nwaits for gate 'tested' waits: check 'ci' has no result yet\n<https://ml.example.com/promotions/1|Review it>",
  )
  expect(JSON.stringify(context)).toContain('it is &lt;better&gt;')
})

test.each([
  'https://ml_ops.example.com/my_app*~/promotions/12',
  'https://ml.example.com/workspaces/team_a/promotions/12',
])('slack has the link %s whole, whatever a request waits for', (url) => {
  const request: RegistryEvent['request'] = {
    url,
    status: 'open',
    target: { stage: 'Production' },
    requestedBy: 'ann',
    reason: null,
    gates: [],
    approvals: { required: 0, given: 0, missing: [] },
    blockedBy: Array.from({ length: 50 }, (_, i) => `gate '${i}' ${'waits '.repeat(100)}`),
  }
  const { json } = sent('slack', { ...exampleEvent('promotion.opened', atMs), request })
  const { text } = json.blocks[1].text
  expect(text.endsWith(`\n<${url}|Review it>`), text).toBe(true)
  expect(text.length).toBeLessThan(3000)
})

test('of runs that not everybody may read, a webhook is told no values', async () => {
  const receivers = new Receivers()
  const { platform, post, call } = await testServer({ outbound: receivers })
  const url = 'https://receiver.example/json'
  await call('POST', '/api/v1/webhooks', { name: 'json', url, events: ['promotion.opened'] })
  const { json } = await post('runs/create', { experiment_id: '0', start_time: 1 })
  const { run_id } = json.run.info
  await post('runs/log-metric', { run_id, key: 'acc', value: 0.123, timestamp: 1, step: 0 })
  await post('registered-models/create', { name: 'm' })
  await call('PUT', '/api/v1/policies/p', {
    applies_to: { models: '*', stage: 'Production' },
    gates: [{ name: 'accurate', type: 'metric', metric: 'acc', min: 0.9 }],
  })
  const gatesFor = async (settings: typeof platform.settings) => {
    const made = await post('model-versions/create', { name: 'm', source: 's3://b/x', run_id })
    const { version } = made.json.model_version
    await call('POST', '/api/v1/promotions', { model: 'm', version, to: { stage: 'Production' } })
    await deliverDue({ ...platform, settings })
    return JSON.stringify(receivers.received.at(-1)?.json.request)
  }
  expect(await gatesFor(platform.settings)).toContain('0.123')
  const guarded = { ...platform.settings, auth: true, defaultPermission: 'NO_PERMISSIONS' } as const
  const told = await gatesFor(guarded)
  expect(told).toContain('accurate')
  expect(told).not.toContain('0.123')
})

/** What MLflow's own server sent for these calls, as recorded from 3.17.2. */
test('mlflow has the payloads that MLflow sends, field by field', async () => {
  const receivers = new Receivers()
  const { platform, post, call } = await testServer({ outbound: receivers })
  await call('POST', '/api/v1/webhooks', {
    name: 'hook',
    url: 'https://receiver.example/',
    events: ['*'],
    format: 'mlflow',
  })
  const remove = (path: string, body: object) => call('DELETE', `/api/2.0/mlflow/${path}`, body)
  const prompt = { key: 'mlflow.prompt.is_prompt', value: 'true' }
  const text = { key: 'mlflow.prompt.text', value: 'Hi {{x}}' }
  const type = { key: '_mlflow_prompt_type', value: 'text' }
  const [v, tag] = [{ version: '1' }, { key: 'k', value: 'v' }]
  await post('registered-models/create', { name: 'm', tags: [tag], description: 'desc' })
  await post('model-versions/create', { name: 'm', source: 's3://b/x', tags: [tag] })
  await post('model-versions/set-tag', { name: 'm', ...v, ...tag })
  await remove('model-versions/delete-tag', { name: 'm', ...v, key: 'k' })
  await post('registered-models/alias', { name: 'm', alias: 'champ', ...v })
  await remove('registered-models/alias', { name: 'm', alias: 'champ' })
  await post('registered-models/create', { name: 'p', tags: [prompt] })
  const prompts = { source: 'dummy-source', tags: [prompt, text, type], description: 'c' }
  await post('model-versions/create', { name: 'p', ...prompts })
  await post('registered-models/set-tag', { name: 'p', ...tag })
  await remove('registered-models/delete-tag', { name: 'p', key: 'k' })
  await post('model-versions/set-tag', { name: 'p', ...v, ...tag })
  await remove('model-versions/delete-tag', { name: 'p', ...v, key: 'k' })
  await post('registered-models/alias', { name: 'p', alias: 'prod', ...v })
  await remove('registered-models/alias', { name: 'p', alias: 'prod' })
  await deliverDue(platform)
  const got = receivers.received.map(({ json }) => [`${json.entity}.${json.action}`, json.data])
  expect(receivers.received[0]?.json.timestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}\+00:00$/)
  expect(got).toEqual([
    ['registered_model.created', { name: 'm', tags: { k: 'v' }, description: 'desc' }],
    [
      'model_version.created',
      { name: 'm', ...v, source: 's3://b/x', run_id: null, tags: { k: 'v' }, description: null },
    ],
    ['model_version_tag.set', { name: 'm', ...v, ...tag }],
    ['model_version_tag.deleted', { name: 'm', ...v, key: 'k' }],
    ['model_version_alias.created', { name: 'm', alias: 'champ', ...v }],
    ['model_version_alias.deleted', { name: 'm', alias: 'champ' }],
    ['prompt.created', { name: 'p', tags: {}, description: '' }],
    [
      'prompt_version.created',
      { name: 'p', ...v, template: 'Hi {{x}}', tags: {}, description: 'c' },
    ],
    ['prompt_tag.set', { name: 'p', ...tag }],
    ['prompt_tag.deleted', { name: 'p', key: 'k' }],
    ['prompt_version_tag.set', { name: 'p', ...v, ...tag }],
    ['prompt_version_tag.deleted', { name: 'p', ...v, key: 'k' }],
    ['prompt_alias.created', { name: 'p', alias: 'prod', ...v }],
    ['prompt_alias.deleted', { name: 'p', alias: 'prod' }],
  ])
})
