import { describe, expect, test } from 'vitest'
import type { Level } from '../../src/access/permissions/levels.ts'
import { admin, authServer } from '../support/auth-server.ts'
import { openStream } from '../support/event-source.ts'
import { registryServer } from '../support/registry-server.ts'

const secret = 's3://secret/model'

/** Models `shop`, which Carol may read, and `hidden`, which she may not. */
async function shop() {
  const server = await authServer()
  const { app, mlflow } = server
  const carol = await server.user('carol')
  const as = (method: string, path: string, body: object) => mlflow(admin, method, path, body)
  const create = async (name: string, source: string) => {
    await as('POST', 'registered-models/create', { name })
    await as('POST', 'model-versions/create', { name, source })
  }
  const permit = (name: string, permission: Level) =>
    as('POST', 'registered-models/permissions/create', { name, username: 'carol', permission })
  const rename = async (name: string, new_name: string) => {
    const renamed = await as('POST', 'registered-models/rename', { name, new_name })
    expect(renamed.status, renamed.text).toBe(200)
  }
  const remove = (name: string) => as('DELETE', 'registered-models/delete', { name })
  await create('shop', 's3://open/model')
  await create('hidden', secret)
  // No name is taken over by versions of numbers that it had.
  await as('POST', 'model-versions/create', { name: 'hidden', source: secret })
  await as('DELETE', 'model-versions/delete', { name: 'hidden', version: '1' })
  expect((await permit('hidden', 'NO_PERMISSIONS')).status).toBe(200)
  const watch = (...uris: string[]) =>
    openStream(app, `/api/v1/watch?${uris.map((uri) => `uri=${uri}`).join('&')}`, {
      authorization: carol,
    })
  return { ...server, carol, create, permit, rename, remove, watch }
}

/** All that a stream tells until it ends. */
async function readAll({ block }: Awaited<ReturnType<typeof openStream>>): Promise<string> {
  const told: unknown[] = []
  for (let next = await block(); next; next = await block()) told.push(next)
  return JSON.stringify(told)
}

describe('a watch tells nothing of a model that its reader may not read', () => {
  test('when that model takes over the name', async () => {
    const { rename, watch } = await shop()
    const stream = await watch('models:/shop/latest')
    expect((await stream.block())?.data.source).toBe('s3://open/model')
    await rename('shop', 'old')
    await rename('hidden', 'shop')
    expect(await readAll(stream)).not.toContain(secret)
  })

  test('when another model of the stream was deleted, and then the right was taken', async () => {
    const { create, permit, remove, mlflow, watch } = await shop()
    await create('own', 's3://own/model')
    const stream = await watch('models:/own/1', 'models:/shop/1')
    await stream.block()
    await stream.block()
    await remove('own')
    await permit('shop', 'NO_PERMISSIONS')
    await mlflow(admin, 'PATCH', 'model-versions/update', {
      ...{ name: 'shop', version: '1', description: 'changed' },
    })
    await mlflow(admin, 'POST', 'registered-models/alias', {
      ...{ name: 'shop', version: '1', alias: 'told-to-others' },
    })
    expect(await readAll(stream)).not.toContain('told-to-others')
  })

  test('when it was deleted, and another one of the name is closed', async () => {
    const { create, permit, remove, watch } = await shop()
    const stream = await watch('models:/shop/latest')
    await stream.block()
    await remove('shop')
    await create('shop', secret)
    await permit('shop', 'NO_PERMISSIONS')
    expect(await readAll(stream)).not.toContain(secret)
  })
})

test('a request that waits for a change learns nothing of a model that takes over the name', async () => {
  const { app, carol, rename } = await shop()
  const path = '/api/v1/resolve?uri=models:/shop/latest'
  const ask = (more: string, headers: object) =>
    app.request(path + more, { headers: { authorization: carol, ...headers } })
  const etag = (await ask('', {})).headers.get('etag') ?? ''
  const waiting = ask('&wait=20', { 'if-none-match': etag })
  await rename('shop', 'old')
  await rename('hidden', 'shop')
  const res = await waiting
  expect(res.status).not.toBe(200)
  expect(await res.text()).not.toContain(secret)
  expect(await (await ask('', {})).text()).not.toContain(secret)
})

test('a token without the scope read learns nothing of what URIs mean', async () => {
  const { token, call } = await shop()
  const { bearer } = await token(admin, { scopes: ['write'] })
  for (const path of ['resolve', 'watch']) {
    const res = await call(bearer, 'GET', `/api/v1/${path}?uri=models:/shop/1`)
    expect([res.status, res.json.error_code], path).toEqual([403, 'PERMISSION_DENIED'])
  }
})

test('a token that runs out learns of no change after that', async () => {
  const { app, clock, token, carol, mlflow } = await shop()
  const { bearer } = await token(carol, { expires_in_days: 1 })
  clock.pass(86_400_000 - 20_000)
  const stream = await openStream(app, '/api/v1/watch?uri=models:/shop/1', {
    authorization: bearer,
  })
  await stream.block()
  clock.pass(30_000)
  await mlflow(admin, 'POST', 'registered-models/alias', {
    ...{ name: 'shop', version: '1', alias: 'told-to-others' },
  })
  expect(await stream.block()).toBeUndefined()
})

test('a request that waits ends at once when its client is gone', async () => {
  const { app, createModel, createVersion } = await registryServer()
  await createModel('m')
  await createVersion('m')
  const path = '/api/v1/resolve?uri=models:/m/1'
  const etag = (await app.request(path)).headers.get('etag') ?? ''
  const client = new AbortController()
  const waiting = app.request(`${path}&wait=60`, {
    headers: { 'if-none-match': etag },
    signal: client.signal,
  })
  const startedAt = performance.now()
  setTimeout(() => client.abort(), 200)
  await waiting
  expect(performance.now() - startedAt).toBeLessThan(5000)
})

test.each([
  ['a watch', '/api/v1/watch?uri=models:/shop/1'],
  ['a stream of events', '/api/v1/events?type=registered_model.deleted'],
])('%s shows that it lives while others are busy', async (_what, path) => {
  const { app, clock, mlflow } = await shop()
  const res = await app.request(path, { headers: { authorization: admin } })
  const reader = res.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const until = async (part: string) => {
    while (!text.includes(part)) text += (await reader?.read())?.value ?? expect.fail(text)
  }
  await until('retry: 1000')
  const busy = setInterval(() => {
    clock.pass(8000)
    void mlflow(admin, 'POST', 'registered-models/set-tag', {
      name: 'hidden',
      key: 'k',
      value: 'v',
    })
  }, 200)
  try {
    await until(': still here')
  } finally {
    clearInterval(busy)
    await reader?.cancel()
  }
})

test.each([
  'garbage',
  'x'.repeat(10_000),
  '..',
  '"\'<script>',
  `${'0'.repeat(16)}.${'0'.repeat(16)}`,
])('a watch with the last id %.20s begins anew, and repeats none of it', async (id) => {
  const { app, createModel, createVersion } = await registryServer()
  await createModel('m')
  await createVersion('m')
  const stream = await openStream(app, '/api/v1/watch?uri=models:/m/1', { 'last-event-id': id })
  expect(await stream.block()).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{16}$/),
    event: 'resolved',
  })
  await stream.close()
})

test('"*" stands for any answer, and with wait for the one of now', async () => {
  const { app, createModel, createVersion, transition } = await registryServer()
  await createModel('m')
  await createVersion('m')
  const ask = async (uri: string, wait = '') =>
    app.request(`/api/v1/resolve?uri=${uri}${wait}`, { headers: { 'if-none-match': '*' } })
  expect((await ask('models:/m/1')).status).toBe(304)
  expect((await ask('models:/m/Staging', '&wait=20')).status).toBe(404)
  let res: Response | undefined
  void ask('models:/m/1', '&wait=20').then((answer) => {
    res = answer
  })
  for (let i = 0; !res; i++) await transition('m', '1', i % 2 === 0 ? 'Staging' : 'Production')
  expect(res.status).toBe(200)
})

test.each([
  ['a@b', 'models:/a@b/1'],
  ['100%25', 'models:/100%25/1'],
  ['line\nbreak', 'models:/line\nbreak/1'],
  ['a b?c#d&e=f', 'models:/a b?c#d&e=f/1'],
  ['Ünï', 'models:/Ünï/1'],
])('the model %j is named as it is written', async (name, uri) => {
  const { app, createModel, createVersion } = await registryServer()
  expect((await createModel(name)).status).toBe(200)
  await createVersion(name)
  const stream = await openStream(app, `/api/v1/watch?uri=${encodeURIComponent(uri)}`)
  expect((await stream.block())?.data).toMatchObject({ uri, model: name, version: '1' })
  await stream.close()
})
