import { expect, test } from 'vitest'
import { runList, withBatches } from '../../src/db/batch.ts'
import type { Platform } from '../../src/platform/context.ts'
import { OutboundError } from '../../src/platform/outbound.ts'
import { deliverDue } from '../../src/webhooks/delivery/deliver.ts'
import { Clock } from '../support/clock.ts'
import { Receivers } from '../support/receiver.ts'
import { testServer } from '../support/server.ts'

async function server() {
  const clock = new Clock()
  const receivers = new Receivers()
  const { platform, call, post } = await testServer({ now: clock.now, outbound: receivers })
  const hook = async (name: string, more: object = {}) => {
    const made = await call('POST', '/api/v1/webhooks', {
      name,
      url: `https://receiver.example/${name}`,
      events: ['*'],
      ...more,
    })
    expect(made.status, made.text).toBe(201)
    return made.json
  }
  const model = (name: string) => post('registered-models/create', { name })
  const version = (name: string) =>
    post('model-versions/create', { name, source: 's3://bucket/model' })
  const move = (name: string, version: string, stage: string, archive = false) =>
    post('model-versions/transition-stage', {
      name,
      version,
      stage,
      archive_existing_versions: archive,
    })
  const log = async (id: string) =>
    (await call('GET', `/api/v1/webhooks/${id}/deliveries`)).json.items
  return {
    ...{ clock, receivers, platform, call, post, hook, model, version, move, log },
    deliver: () => deliverDue(platform),
    /** Until nothing is left to be tried again. */
    async settle() {
      for (let i = 0; i < 12; i++) {
        await deliverDue(platform)
        clock.ms += 90_000
      }
    },
  }
}

test('a new webhook gets the very next event, and none from before', async () => {
  const { model, hook, deliver, receivers } = await server()
  await model('before')
  await hook('a')
  await model('after')
  await deliver()
  expect(receivers.at('a').map(({ json }) => [json.type, json.model])).toEqual([
    ['registered_model.created', 'after'],
  ])
})

test('every version that a transition changes is an event, in order, under ids that rise', async () => {
  const { model, version, move, hook, deliver, receivers } = await server()
  await model('m')
  for (let i = 0; i < 3; i++) await version('m')
  await move('m', '1', 'Production')
  await move('m', '2', 'Production')
  await hook('a')
  await move('m', '3', 'Production', true)
  await deliver()
  const events = receivers.at('a').map(({ json }) => json)
  expect(events.map(({ version, before, after }) => [version, before.stage, after.stage])).toEqual([
    ['3', 'None', 'Production'],
    ['1', 'Production', 'Archived'],
    ['2', 'Production', 'Archived'],
  ])
  const [seq] = events[0].id.split('.')
  expect(events.map(({ id }) => id)).toEqual([`${seq}.0`, `${seq}.1`, `${seq}.2`])
})

test('a delivery is tried again under the same id, timestamp and signature, until it is taken', async () => {
  const { model, hook, deliver, receivers, clock, log } = await server()
  const { id } = await hook('a', { secret: 'a secret' })
  const answers = [{ status: 503 }, { status: 429, retryAfter: '30' }, { status: 204 }]
  receivers.answer(() => answers.shift() ?? {})
  await model('m')
  await deliver()
  await deliver()
  expect(receivers.received).toHaveLength(1)
  clock.ms += 1300
  await deliver()
  clock.ms += 29_000
  await deliver()
  expect(receivers.received).toHaveLength(2)
  clock.ms += 2000
  await deliver()
  const sent = receivers.received.map(({ headers }) => headers)
  expect(sent).toHaveLength(3)
  for (const header of ['X-MLflow-Delivery-Id', 'X-MLflow-Timestamp', 'X-MLflow-Signature']) {
    expect(sent[0]?.[header]).toBeTruthy()
    expect(new Set(sent.map((headers) => headers[header])).size).toBe(1)
  }
  expect(await log(id)).toEqual([
    expect.objectContaining({ status: 'delivered', attempts: 3, response_status: 204 }),
  ])
})

test.each([
  ['redirect', () => ({ status: 302 }), 1, /302; redirects are not followed/],
  ['client error', () => ({ status: 410 }), 1, /410/],
  ['server error', () => ({ status: 500 }), 4, /500/],
  [
    'dead receiver',
    () => {
      throw new OutboundError('unreachable', 'connection refused')
    },
    4,
    /connection refused/,
  ],
  [
    'private address',
    () => {
      throw new OutboundError('refused', 'its address is not public')
    },
    1,
    /not public/,
  ],
] as const)(
  'a %s fails after its attempts, the queue goes on, and it can be redelivered',
  async (_kind, answer, attempts, error) => {
    const { model, hook, settle, receivers, log, call } = await server()
    const { id } = await hook('a')
    receivers.answer(answer)
    await model('first')
    await settle()
    const [failed] = await log(id)
    expect(failed).toMatchObject({
      status: 'failed',
      attempts,
      error: expect.stringMatching(error),
    })
    receivers.answer(() => ({}))
    await model('second')
    await settle()
    expect((await log(id))[0]).toMatchObject({ status: 'delivered', model: 'second' })
    const path = `/api/v1/webhooks/${id}/deliveries/${failed.id}/redeliver`
    expect((await call('POST', path)).json).toMatchObject({ status: 'pending' })
    await settle()
    expect((await log(id))[1]).toMatchObject({ id: failed.id, status: 'delivered', model: 'first' })
    expect(receivers.received.at(-1)?.headers['X-MLflow-Delivery-Id']).toBe(failed.id)
  },
)

test('what follows a failing delivery waits for it, so a receiver sees events in order', async () => {
  const { model, hook, settle, receivers } = await server()
  await hook('a')
  let left = 2
  receivers.answer(() => ({ status: left-- > 0 ? 500 : 200 }))
  for (const name of ['m1', 'm2', 'm3']) await model(name)
  await settle()
  const models = receivers.at('a').map(({ json }) => json.model)
  expect(models).toEqual(['m1', 'm1', 'm1', 'm2', 'm3'])
})

test('receivers that hang, more than there is room for, do not delay a healthy one', async () => {
  const { model, hook, deliver, receivers, clock, platform } = await server()
  for (let i = 0; i < 2 * receivers.parallelMax; i++) await hook(`dead${i}`)
  receivers.answer(() => ({ status: 500 }))
  await model('first')
  await deliver()
  const hanging: (() => void)[] = []
  await hook('healthy')
  receivers.answer(({ url }) =>
    url.pathname === '/healthy'
      ? {}
      : new Promise((done) => hanging.push(() => done({ status: 500 }))),
  )
  clock.ms += 2000
  const stuck = deliverDue(platform)
  await model('second')
  const going = deliverDue(platform)
  while (receivers.at('healthy').length === 0) await new Promise((done) => setTimeout(done, 5))
  expect(receivers.at('healthy')[0]?.json.model).toBe('second')
  receivers.answer(() => ({}))
  for (const end of hanging) end()
  await Promise.all([stuck, going])
})

test('two that deliver at once send each event once', async () => {
  const { model, hook, receivers, platform } = await server()
  for (const name of ['a', 'b', 'c']) await hook(name)
  receivers.answer(async () => {
    await new Promise((done) => setTimeout(done, 3))
    return {}
  })
  for (let i = 0; i < 8; i++) await model(`m${i}`)
  const other = anotherProcess(platform)
  await Promise.all([
    deliverDue(platform),
    deliverDue(other),
    deliverDue(platform),
    deliverDue(other),
  ])
  await deliverDue(platform)
  for (const name of ['a', 'b', 'c']) {
    expect(receivers.at(name).map(({ json }) => json.model)).toEqual(
      Array.from({ length: 8 }, (_, i) => `m${i}`),
    )
  }
})

test('a delivery whose process died is made again under its id when the lease has ended', async () => {
  const { model, hook, platform, receivers, clock, deliver } = await server()
  await hook('a')
  await model('m')
  receivers.answer(() => new Promise(() => {}))
  void deliverDue(platform)
  while (receivers.received.length === 0) await new Promise((done) => setTimeout(done, 5))
  receivers.answer(() => ({}))
  await deliver()
  expect(receivers.received).toHaveLength(1)
  clock.ms += 13_000
  await deliverDue(anotherProcess(platform))
  const ids = receivers.received.map(({ headers }) => headers['X-MLflow-Delivery-Id'])
  expect(ids).toHaveLength(2)
  expect(ids[0]).toBe(ids[1])
})

/** The same database in a process of its own: nothing of what is under way here is known to it. */
function anotherProcess(platform: Platform): Platform {
  const { db } = platform
  const same = withBatches(db, (statements) => runList(db, statements))
  return { ...platform, db: same }
}

test('a filter by event and by model keeps the rest away', async () => {
  const { model, version, hook, deliver, receivers, move } = await server()
  await hook('fraud', { models: 'fraud-*' })
  await hook('moves', { events: ['model_version.transitioned', 'promotion.*'] })
  for (const name of ['fraud-a', 'churn']) {
    await model(name)
    await version(name)
    await move(name, '1', 'Staging')
  }
  await deliver()
  expect(new Set(receivers.at('fraud').map(({ json }) => json.model))).toEqual(new Set(['fraud-a']))
  expect(receivers.at('fraud')).toHaveLength(3)
  expect(receivers.at('moves').map(({ json }) => [json.type, json.model])).toEqual([
    ['model_version.transitioned', 'fraud-a'],
    ['model_version.transitioned', 'churn'],
  ])
})

test('a disabled webhook gets nothing, not even later', async () => {
  const { model, hook, deliver, receivers, call } = await server()
  const { id } = await hook('a')
  const set = (status: string) => call('PATCH', `/api/v1/webhooks/${id}`, { status })
  await set('DISABLED')
  await model('missed')
  await deliver()
  expect((await set('ACTIVE')).json.status).toBe('ACTIVE')
  await model('seen')
  await deliver()
  expect(receivers.at('a').map(({ json }) => json.model)).toEqual(['seen'])
})

test('a webhook that is deleted takes its queue and its log with it', async () => {
  const { model, hook, deliver, receivers, call } = await server()
  const { id } = await hook('a')
  await model('m')
  expect((await call('DELETE', `/api/v1/webhooks/${id}`)).status).toBe(200)
  await deliver()
  expect(receivers.received).toEqual([])
  expect((await call('GET', `/api/v1/webhooks/${id}/deliveries`)).status).toBe(404)
})

test('the timestamp is renewed before a receiver would find it stale', async () => {
  const { model, hook, deliver, receivers, clock } = await server()
  await hook('a', { secret: 's' })
  receivers.answer(() => ({ status: 503, retryAfter: '500' }))
  await model('m')
  await deliver()
  clock.ms += 501_000
  await deliver()
  const [first, second] = receivers.received.map(({ headers }) => headers)
  expect(second?.['X-MLflow-Delivery-Id']).toBe(first?.['X-MLflow-Delivery-Id'])
  expect(Number(second?.['X-MLflow-Timestamp'])).toBe(Math.floor(clock.ms / 1000))
})

test('a webhook for a stage or an alias gets what is of such a place, and nothing else', async () => {
  const receivers = new Receivers()
  const { platform, post, call } = await testServer({ outbound: receivers })
  const hook = (name: string, more: object) =>
    call('POST', '/api/v1/webhooks', {
      ...{ name, url: `https://receiver.example/${name}`, events: ['*'], ...more },
    })
  const { json: made } = await hook('live', { stage: 'prod*', alias: 'champ*' })
  expect(made).toMatchObject({ stage: 'prod*', alias: 'champ*' })
  await hook('staging', { stage: 'Staging' })
  await post('registered-models/create', { name: 'm' })
  await post('model-versions/create', { name: 'm', source: 's3://b/x' })
  const move = (stage: string) =>
    post('model-versions/transition-stage', { name: 'm', version: '1', stage })
  await move('Staging')
  await move('Production')
  await move('Archived')
  for (const alias of ['champion', 'other']) {
    await post('registered-models/alias', { name: 'm', alias, version: '1' })
  }
  const to = { stage: 'Production' }
  await call('POST', '/api/v1/promotions', { model: 'm', version: '1', to })
  await deliverDue(platform)
  const got = (name: string) =>
    receivers.at(name).map(({ json }) => [json.type, json.after.stage ?? json.after.alias])
  expect(got('live')).toEqual([
    ['model_version.transitioned', 'Production'],
    ['model_version.transitioned', 'Archived'],
    ['model_version.alias_set', 'champion'],
    ['promotion.opened', undefined],
  ])
  expect(got('staging')).toEqual([
    ['model_version.transitioned', 'Staging'],
    ['model_version.transitioned', 'Production'],
  ])
  await call('PATCH', `/api/v1/webhooks/${made.id}`, { stage: '', alias: '' })
  expect((await call('GET', `/api/v1/webhooks/${made.id}`)).json).not.toHaveProperty('stage')
})

test.each([
  [{ stage: 'ＳＴＡＧ*' }, 'model_version.transitioned'],
  [{ stage: 'ſtaging' }, 'model_version.transitioned'],
  [{ alias: 'ｃｈａｍｐｉｏｎ' }, 'model_version.alias_set'],
  [{ alias: 'CHAMP*' }, 'model_version.alias_set'],
])('the place %j of a webhook is compared as places are', async (place, type) => {
  const receivers = new Receivers()
  const { platform, post, call } = await testServer({ outbound: receivers })
  await call('POST', '/api/v1/webhooks', {
    ...{ name: 'hook', url: 'https://receiver.example/hook', events: ['*'], ...place },
  })
  await post('registered-models/create', { name: 'm' })
  await post('model-versions/create', { name: 'm', source: 's3://b/x' })
  await post('model-versions/transition-stage', { name: 'm', version: '1', stage: 'Staging' })
  await post('registered-models/alias', { name: 'm', alias: 'champion', version: '1' })
  await deliverDue(platform)
  expect(receivers.received.map(({ json }) => json.type)).toEqual([type])
})

test('a webhook for a stage is told of the version that had to leave it', async () => {
  const receivers = new Receivers()
  const { platform, post, call } = await testServer({ outbound: receivers })
  await call('POST', '/api/v1/webhooks', {
    ...{ name: 'hook', url: 'https://receiver.example/hook', events: ['*'], stage: 'ARCHIVED' },
  })
  await post('registered-models/create', { name: 'm' })
  for (const version of ['1', '2']) {
    await post('model-versions/create', { name: 'm', source: 's3://b/x' })
    await post('model-versions/transition-stage', {
      ...{ name: 'm', version, stage: 'Production', archive_existing_versions: true },
    })
  }
  await deliverDue(platform)
  expect(receivers.received.map(({ json }) => [json.type, json.version, json.after])).toEqual([
    ['model_version.transitioned', '1', { stage: 'Archived' }],
  ])
})
