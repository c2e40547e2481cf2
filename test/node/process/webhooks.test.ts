import { createHmac } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { client, serverAt } from '../../support/client.ts'
import { run, startServer, temporaryFolder } from '../../support/gatehouse-process.ts'
import { startReceiver } from './webhook-receiver.ts'

const closers: (() => Promise<unknown>)[] = []
afterAll(() => Promise.all(closers.map((close) => close())))

async function receiver(answer?: Parameters<typeof startReceiver>[0]) {
  const started = await startReceiver(answer)
  closers.push(started.close)
  return started
}

const flags = ['--webhook-hosts', '127.0.0.1']

function create(url: string, body: object) {
  const hook = { name: 'hook', events: ['*'], ...body }
  return client(serverAt(url)).call('POST', '/api/v1/webhooks', hook)
}

test('a delivery that was under way when the process was killed is made again after a restart', async () => {
  const data = await temporaryFolder()
  let answers = false
  const { got, url, until } = await receiver(() => (answers ? 200 : undefined))
  const first = await startServer(data, flags)
  await create(first.url, { url: `${url}/hook`, secret: 's3cret' })
  await first.post('registered-models/create', { name: 'm' })
  await until(1)
  await first.post('registered-models/create', { name: 'n' })
  await first.stop('SIGKILL')
  answers = true
  const second = await startServer(data, flags)
  await until(3, 40_000)
  await second.stop()
  expect(got.map(({ body }) => JSON.parse(body).model)).toEqual(['m', 'm', 'n'])
  const ids = got.map(({ headers }) => headers['x-mlflow-delivery-id'])
  expect(ids[0]).toBe(ids[1])
  for (const { headers, body } of got) {
    const { 'x-mlflow-delivery-id': id, 'x-mlflow-timestamp': time } = headers
    const hmac = createHmac('sha256', 's3cret').update(`${id}.${time}.${body}`).digest('base64')
    expect(headers['x-mlflow-signature']).toBe(`v1,${hmac}`)
  }
}, 90_000)

test('a receiver that hangs delays neither the API nor another receiver', async () => {
  const server = await startServer(await temporaryFolder(), flags)
  const hanging = await receiver(() => undefined)
  const healthy = await receiver()
  for (const { url } of [hanging, healthy]) await create(server.url, { url })
  const startedAt = Date.now()
  for (let i = 0; i < 10; i++) await server.post('registered-models/create', { name: `m${i}` })
  await healthy.until(10, 5000)
  expect(Date.now() - startedAt).toBeLessThan(5000)
  expect(hanging.got).toHaveLength(1)
  await server.stop('SIGKILL')
}, 60_000)

test('redirects are not followed, and the answer of a test call is an excerpt', async () => {
  const server = await startServer(await temporaryFolder(), flags)
  const { url, got } = await receiver(({ path }) => (path === '/moved' ? 302 : 200))
  const { json: moved } = await create(server.url, { url: `${url}/moved` })
  const test = (id: string) =>
    fetch(`${server.url}/api/v1/webhooks/${id}/test`, { method: 'POST' }).then((res) => res.json())
  expect(await test(moved.id)).toMatchObject({ success: false, response_status: 302 })
  const { json: fine } = await create(server.url, { url })
  const result = await test(fine.id)
  expect(result).toMatchObject({ success: true, response_status: 200 })
  expect(result.response_body.length).toBeLessThanOrEqual(500)
  expect(got.map(({ path }) => path)).toEqual(['/moved', '/'])
  await server.stop()
}, 60_000)

test('the command line makes, tests, shows and deletes webhooks, and prints events', async () => {
  const data = await temporaryFolder()
  const { url, until } = await receiver()
  const server = await startServer(data, flags)
  const gatehouse = async (...args: string[]) => {
    const { code, out, err } = await run([...args, '--server', server.url, '--json'], {
      HOOK_SECRET: 'from the environment',
    })
    expect(code, err).toBe(0)
    return out === '' ? undefined : JSON.parse(out)
  }
  const made = await gatehouse(
    ...['webhooks', 'create', 'ci', url, '--event', 'registered_model.*', '--models', 'm*'],
    ...['--secret-variable', 'HOOK_SECRET'],
  )
  expect(made).toMatchObject({ name: 'ci', format: 'json', has_secret: true })
  expect(await gatehouse('webhooks', 'list')).toEqual([made])
  expect(await gatehouse('webhooks', 'test', made.id)).toMatchObject({ success: true })
  await server.post('registered-models/create', { name: 'm' })
  await until(2)
  const [delivery] = await gatehouse('webhooks', 'deliveries', made.id)
  expect(delivery).toMatchObject({ event: 'registered_model.created', model: 'm' })
  await gatehouse('webhooks', 'redeliver', made.id, delivery.id)
  await until(3)
  const renamed = await gatehouse('webhooks', 'update', made.id, '--name', 'cd', '--disable')
  expect(renamed).toMatchObject({ name: 'cd', status: 'DISABLED' })
  expect(await gatehouse('events', '--model', 'm')).toMatchObject({ model: 'm' })
  await gatehouse('webhooks', 'delete', made.id)
  expect(await gatehouse('webhooks', 'list')).toEqual([])
  await server.stop()
}, 90_000)
