import { describe, expect, test } from 'vitest'
import { admin, authServer } from '../support/auth-server.ts'
import { openStream } from '../support/event-source.ts'
import { registryServer } from '../support/registry-server.ts'

/** Model `fraud` with two versions: 1 in Production under the alias champion, 2 in no stage. */
async function world() {
  const server = await registryServer()
  await server.createModel('fraud')
  for (let i = 0; i < 2; i++) await server.createVersion('fraud')
  await server.transition('fraud', '1', 'Production')
  await server.post('registered-models/alias', { name: 'fraud', alias: 'champion', version: '1' })
  const resolve = (uri: string, headers: Record<string, string> = {}, query = '') =>
    server.app.request(`/api/v1/resolve?uri=${encodeURIComponent(uri)}${query}`, { headers })
  const watch = (uris: readonly string[], headers: Record<string, string> = {}) => {
    const query = uris.map((uri) => `uri=${encodeURIComponent(uri)}`).join('&')
    return openStream(server.app, `/api/v1/watch?${query}`, headers)
  }
  const promote = (version: string) =>
    server.transition('fraud', version, 'Production', { archive_existing_versions: true })
  return { ...server, resolve, watch, promote }
}

describe('a model URI', () => {
  test.each([
    ['models:/fraud/Production', '1'],
    ['models:/fraud/production', '1'],
    ['models:/fraud@champion', '1'],
    ['models:/fraud/2', '2'],
    ['models:/fraud/latest', '2'],
    ['models:/fraud@latest', '2'],
  ])('%s means version %s', async (uri, version) => {
    const { resolve } = await world()
    const res = await resolve(uri)
    expect(res.status).toBe(200)
    expect(await res.json()).toMatchObject({
      uri,
      model: 'fraud',
      version,
      source: 's3://bucket/model',
    })
  })

  test('of a sealed version comes with its digest and the address of its own files', async () => {
    const { resolve, createRun, upload, post } = await world()
    const { runId, root } = await createRun()
    await upload(`${root}/model/MLmodel`, 'flavors: {}')
    await post('model-versions/create', {
      name: 'fraud',
      source: `runs:/${runId}/model`,
      run_id: runId,
    })
    expect(await (await resolve('models:/fraud/3')).json()).toMatchObject({
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      download_uri: expect.stringMatching(/^mlflow-artifacts:\/model-versions\/\d+$/),
      run_id: runId,
      stage: 'None',
      aliases: [],
    })
  })

  test.each([
    ['models:/fraud/Staging', 404],
    ['models:/fraud@nobody', 404],
    ['models:/fraud/9', 404],
    ['models:/no-such/1', 404],
    ['models:/fraud/Nowhere', 400],
    ['models:/fraud', 400],
    ['models:/fraud/1/2', 400],
    ['models:/', 400],
    ['models://host/fraud/1', 400],
    ['runs:/abc/model', 400],
    ['fraud/1', 400],
    [`models:/${'a'.repeat(1000)}/1`, 400],
    ['models:/fraud@a b', 400],
  ])('%s is answered %i in the envelope', async (uri, status) => {
    const { resolve } = await world()
    const res = await resolve(uri)
    expect(res.status, await res.clone().text()).toBe(status)
    expect(await res.json()).toMatchObject({
      error_code: expect.any(String),
      message: expect.any(String),
    })
  })
})

describe('an ETag', () => {
  test('stays while nothing changes, and changes with the version, its stage and its aliases', async () => {
    const { resolve, post, promote } = await world()
    const tagOf = async () => (await resolve('models:/fraud/Production')).headers.get('etag') ?? ''
    const first = await tagOf()
    expect(await tagOf()).toBe(first)
    const unchanged = await resolve('models:/fraud/Production', {
      'if-none-match': `W/"x", ${first}`,
    })
    expect([unchanged.status, await unchanged.text()]).toEqual([304, ''])
    await post('registered-models/alias', { name: 'fraud', alias: 'second', version: '1' })
    const second = await tagOf()
    expect(second).not.toBe(first)
    await promote('2')
    const changed = await resolve('models:/fraud/Production', { 'if-none-match': second })
    expect(changed.status).toBe(200)
    expect(await changed.json()).toMatchObject({ version: '2' })
  })

  test('with wait holds the answer until it changes', async () => {
    const { resolve, promote } = await world()
    const known = (await resolve('models:/fraud/Production')).headers.get('etag') ?? ''
    const waiting = resolve('models:/fraud/Production', { 'if-none-match': known }, '&wait=20')
    await promote('2')
    const res = await waiting
    expect(res.status).toBe(200)
    expect(await res.json()).toMatchObject({ version: '2' })
  })

  test('with wait is 304 when the time is over, and an emptied stage is news', async () => {
    const { resolve, transition } = await world()
    const known = (await resolve('models:/fraud/Production')).headers.get('etag') ?? ''
    const held = await resolve('models:/fraud/Production', { 'if-none-match': known }, '&wait=1')
    expect([held.status, held.headers.get('etag')]).toEqual([304, known])
    const waiting = resolve('models:/fraud/Production', { 'if-none-match': known }, '&wait=20')
    await transition('fraud', '1', 'Archived')
    expect((await waiting).status).toBe(404)
  })

  test.each(['-1', '61', '1.5', 'x', '1e1'])('a wait of %s is refused', async (wait) => {
    const { resolve } = await world()
    expect((await resolve('models:/fraud/1', {}, `&wait=${wait}`)).status).toBe(400)
  })
})

describe('a watch', () => {
  test('tells what each URI means, then each change', async () => {
    const { watch, promote, transition } = await world()
    const stream = await watch(['models:/fraud/Production', 'models:/fraud/Staging'])
    expect(await stream.block()).toMatchObject({
      event: 'resolved',
      data: {
        uri: 'models:/fraud/Production',
        version: '1',
        stage: 'Production',
        aliases: ['champion'],
      },
    })
    expect(await stream.block()).toMatchObject({
      event: 'unresolved',
      data: { uri: 'models:/fraud/Staging', error_code: 'RESOURCE_DOES_NOT_EXIST' },
    })
    await promote('2')
    expect((await stream.block())?.data).toMatchObject({ version: '2', stage: 'Production' })
    await transition('fraud', '2', 'Staging')
    const last = [await stream.block(), await stream.block()]
    expect(last.map((block) => [block?.event, block?.data.uri])).toEqual([
      ['unresolved', 'models:/fraud/Production'],
      ['resolved', 'models:/fraud/Staging'],
    ])
    await stream.close()
  })

  test('that broke is taken up with what changed meanwhile, and nothing else', async () => {
    const { watch, promote } = await world()
    const uris = ['models:/fraud/Production', 'models:/fraud/2', 'models:/fraud/latest']
    const first = await watch(uris)
    let id = ''
    for (let i = 0; i < 3; i++) id = (await first.block())?.id ?? ''
    await first.close()
    await promote('2')
    await promote('1')
    const second = await watch(uris, { 'last-event-id': id })
    const told = [await second.block(), await second.block()]
    expect(told.map((block) => [block?.data.uri, block?.data.stage])).toEqual([
      ['models:/fraud/2', 'Archived'],
      ['models:/fraud/latest', 'Archived'],
    ])
    const lastId = told[1]?.id ?? ''
    await second.close()
    const third = await watch(uris, { 'last-event-id': lastId })
    await promote('2')
    expect((await third.block())?.data).toMatchObject({
      uri: 'models:/fraud/Production',
      version: '2',
    })
    await third.close()
  })

  test('goes on through a rename, a deletion, and a new model of that name', async () => {
    const { watch, post, del, createModel, createVersion } = await world()
    const stream = await watch(['models:/fraud/latest'])
    expect((await stream.block())?.data.version).toBe('2')
    await post('registered-models/rename', { name: 'fraud', new_name: 'scam' })
    await isGone(stream)
    await createModel('fraud')
    await createVersion('fraud')
    expect((await stream.block())?.data).toMatchObject({ model: 'fraud', version: '3' })
    await del('registered-models/delete', { name: 'fraud' })
    await isGone(stream)
    await stream.close()
  })

  test('of nothing, of too much, or of what is no URI is refused', async () => {
    const { app } = await world()
    const many = Array.from({ length: 17 }, () => 'uri=models:/fraud/1').join('&')
    for (const query of ['', '?uri=nonsense', `?${many}`]) {
      expect((await app.request(`/api/v1/watch${query}`)).status, query).toBe(400)
    }
  })
})

async function isGone(stream: Awaited<ReturnType<typeof openStream>>): Promise<void> {
  expect(await stream.block()).toMatchObject({
    event: 'unresolved',
    data: { error_code: 'RESOURCE_DOES_NOT_EXIST' },
  })
}

describe('with access control', () => {
  const uri = 'models:/secret/1'

  async function guarded() {
    const server = await authServer()
    const carol = await server.user('carol')
    await server.mlflow(admin, 'POST', 'registered-models/create', { name: 'secret' })
    await server.mlflow(admin, 'POST', 'model-versions/create', {
      name: 'secret',
      source: 's3://b/x',
    })
    const permit = (permission: string) =>
      server.mlflow(admin, 'POST', 'registered-models/permissions/create', {
        name: 'secret',
        username: 'carol',
        permission,
      })
    return { ...server, carol, permit }
  }

  test('who may not read the model learns nothing of it', async () => {
    const { call, carol, permit } = await guarded()
    expect((await permit('NO_PERMISSIONS')).status).toBe(200)
    for (const path of [
      `resolve?uri=${uri}`,
      `watch?uri=${uri}`,
      `watch?uri=${uri}&uri=models:/x/1`,
    ]) {
      const res = await call(carol, 'GET', `/api/v1/${path}`)
      expect(res.status, path).toBe(403)
      expect(res.text).not.toContain('s3://')
    }
    expect((await call(undefined, 'GET', `/api/v1/resolve?uri=${uri}`)).status).toBe(401)
  })

  test('a watch ends within a second when the right to read is gone', async () => {
    const { app, carol, permit, mlflow } = await guarded()
    const stream = await openStream(app, `/api/v1/watch?uri=${uri}`, { authorization: carol })
    expect((await stream.block())?.data.version).toBe('1')
    await permit('NO_PERMISSIONS')
    await mlflow(admin, 'PATCH', 'model-versions/update', {
      name: 'secret',
      version: '1',
      description: 'not for carol',
    })
    const startedAt = performance.now()
    expect(await stream.block()).toBeUndefined()
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })
})
