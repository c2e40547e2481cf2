import { expect, test } from 'vitest'
import { openStream } from '../support/event-source.ts'
import { testServer } from '../support/server.ts'

type App = Awaited<ReturnType<typeof testServer>>['app']

const open = (app: App, query = '', headers: Record<string, string> = {}) =>
  openStream(app, `/api/v1/events${query}`, headers)

test('a stream tells what happens from now on, each event with its id and type', async () => {
  const { app, post } = await testServer()
  await post('registered-models/create', { name: 'before' })
  const stream = await open(app)
  await post('registered-models/create', { name: 'm' })
  await post('model-versions/create', { name: 'm', source: 's3://b/x' })
  const first = await stream.block()
  expect(first).toMatchObject({
    event: 'registered_model.created',
    data: { type: 'registered_model.created', model: 'm', actor: { name: 'anonymous' } },
  })
  expect(first?.id).toBe(first?.data.id)
  expect(await stream.block()).toMatchObject({ event: 'model_version.created' })
  await stream.close()
})

test('a stream that broke anywhere is taken up by the last id, without a miss or a repeat', async () => {
  const { app, post } = await testServer()
  const first = await open(app)
  await first.close()
  await post('registered-models/create', { name: 'm' })
  for (let i = 0; i < 3; i++) await post('model-versions/create', { name: 'm', source: 's3://b/x' })
  for (const version of ['1', '2']) {
    await post('model-versions/transition-stage', { name: 'm', version, stage: 'Staging' })
  }
  const archive = { name: 'm', version: '3', stage: 'Staging', archive_existing_versions: true }
  await post('model-versions/transition-stage', archive)
  const seen: string[] = []
  let last = first.start?.id ?? ''
  for (let i = 0; i < 9; i++) {
    const stream = await open(app, '', { 'last-event-id': last })
    const event = await stream.block()
    last = event?.id ?? ''
    seen.push(`${event?.data.type} ${event?.data.version ?? ''}`)
    await stream.close()
  }
  expect(seen).toEqual([
    'registered_model.created ',
    ...['1', '2', '3'].map((version) => `model_version.created ${version}`),
    ...['1', '2', '3', '1', '2'].map((version) => `model_version.transitioned ${version}`),
  ])
})

test('filters by model and type hold in streams and lists alike', async () => {
  const { app, post, call } = await testServer()
  for (const name of ['fraud-a', 'churn']) {
    await post('registered-models/create', { name })
    await post('model-versions/create', { name, source: 's3://b/x' })
  }
  const query = '?model=fraud-*&type=model_version.*&after=0'
  const stream = await open(app, query)
  expect((await stream.block())?.data).toMatchObject({ model: 'fraud-a', version: '1' })
  await stream.close()
  const { json } = await call('GET', `/api/v1/events/history${query}`)
  expect(json.items.map((event: { model: string }) => event.model)).toEqual(['fraud-a'])
  expect(json.next_page_token).toBeUndefined()
})

test('the list goes in pages, across the events of one change too', async () => {
  const { post, call } = await testServer()
  await post('registered-models/create', { name: 'm' })
  for (let i = 0; i < 4; i++) await post('model-versions/create', { name: 'm', source: 's3://b/x' })
  await call('DELETE', '/api/2.0/mlflow/registered-models/delete', { name: 'm' })
  const ids: string[] = []
  let token = ''
  do {
    const page = await call('GET', `/api/v1/events/history?max_results=2&page_token=${token}`)
    expect(page.status, page.text).toBe(200)
    ids.push(...page.json.items.map(({ id }: { id: string }) => id))
    token = page.json.next_page_token ?? ''
  } while (token !== '')
  expect(ids).toEqual(['1.0', '2.0', '3.0', '4.0', '5.0', '6.0', '6.1', '6.2', '6.3', '6.4'])
})

test.each([
  ['?type=nonsense', {}],
  ['?after=x', {}],
  ['?after=-1', {}],
  ['', { 'last-event-id': '1.2.3' }],
  ['', { 'last-event-id': '99999999999999999999' }],
])('%s %j is refused', async (query, headers) => {
  const { app } = await testServer()
  const res = await app.request(`/api/v1/events${query}`, { headers })
  expect(res.status).toBe(400)
  expect(await res.json()).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' })
})

test('an id that is still to come does not hide what happens before it', async () => {
  const { app, post } = await testServer()
  const stream = await open(app, '', { 'last-event-id': '5000.3' })
  expect(stream.start?.id).toBe('0')
  await post('registered-models/create', { name: 'm' })
  expect((await stream.block())?.data.model).toBe('m')
  await stream.close()
})

test('a stream ends after its time, so that the caller is asked for credentials again', async () => {
  let now = Date.now()
  const { app, post } = await testServer({ now: () => now })
  const stream = await open(app)
  now += 300_000
  await post('registered-models/create', { name: 'm' })
  const seen = await stream.block()
  expect(seen === undefined || seen.data.model === 'm').toBe(true)
  if (seen) expect(await stream.block()).toBeUndefined()
})
