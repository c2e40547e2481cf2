import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { registryServer, sixteen } from '../../support/registry-server.ts'

/** A server with a model `m` whose version 1 has one file, and an empty collection `c`. */
async function collected() {
  const server = await registryServer()
  const { call, createModel, createVersion, createRun, upload } = server
  const sealed = async (model: string, text = 'weights') => {
    const { runId, root } = await createRun()
    await upload(`${root}/model/weights.bin`, text)
    const made = await createVersion(model, `${root}/model`, { run_id: runId })
    expect(made.status, made.text).toBe(200)
    return String(made.json.model_version.version)
  }
  await createModel('m')
  await sealed('m')
  const put = (name: string, body: object = {}) => call('PUT', `/api/v1/collections/${name}`, body)
  await put('c')
  const link = (body: object, name = 'c') => call('POST', `/api/v1/collections/${name}/links`, body)
  const links = async (name = 'c') => (await call('GET', `/api/v1/collections/${name}/links`)).json
  const unlink = (version: string, name = 'c') =>
    call('DELETE', `/api/v1/collections/${name}/links/${version}`)
  const countBlobs = async () =>
    (await server.platform.db.all(sql<{ n: number }>`select count(*) as n from blobs`))[0]?.n
  return { ...server, sealed, put, link, links, unlink, countBlobs }
}

test('versions of several models stand under one name, with aliases of their own, and no byte is stored twice', async () => {
  const { createModel, sealed, link, links, post, byAlias, downloadUri, download, countBlobs } =
    await collected()
  await createModel('other')
  await sealed('other', 'other weights')
  const stored = await countBlobs()
  expect((await link({ model: 'm', version: '1' })).json).toMatchObject({
    collection: 'c',
    version: '1',
    source: { workspace: 'default', model: 'm', version: '1', deleted: false },
  })
  expect((await link({ model: 'other', version: 1 })).json.version).toBe('2')
  await post('registered-models/alias', { name: 'c', alias: 'best', version: '2' })
  await post('registered-models/alias', { name: 'm', alias: 'best', version: '1' })
  expect((await byAlias('c', 'best')).json.model_version).toMatchObject({ name: 'c', version: '2' })
  const uri = (await downloadUri('c', 2)).json.artifact_uri
  expect(await download(`${uri}/weights.bin`)).toEqual({ status: 200, text: 'other weights' })
  expect(await countBlobs()).toBe(stored)
  expect((await links()).items).toMatchObject([
    { version: '2', aliases: ['best'], source: { model: 'other' } },
    { version: '1', aliases: [], source: { model: 'm' } },
  ])
})

test('unlinking and deleting a collection delete nothing, and a link outlives its version', async () => {
  const { call, link, links, unlink, getVersion, post, downloadUri, download } = await collected()
  await link({ model: 'm', version: '1' })
  expect((await unlink('1')).status).toBe(200)
  expect((await getVersion('m', 1)).status).toBe(200)
  expect((await link({ model: 'm', alias: 'latest' })).json.version).toBe('2')
  await call('DELETE', '/api/2.0/mlflow/model-versions/delete', { name: 'm', version: '1' })
  expect((await links()).items).toMatchObject([{ source: { model: 'm', deleted: true } }])
  const uri = (await downloadUri('c', 2)).json.artifact_uri
  expect((await download(`${uri}/weights.bin`)).text).toBe('weights')
  await post('registered-models/rename', { name: 'c', new_name: 'd' })
  expect((await links('d')).items).toHaveLength(1)
  expect((await call('DELETE', '/api/v1/collections/d')).status).toBe(200)
  expect((await call('GET', '/api/v1/collections/d')).status).toBe(404)
})

test('a collection that protects its versions keeps them, and says how they are let go', async () => {
  const { call, put, link, getVersion } = await collected()
  await link({ model: 'm', version: '1' })
  expect((await put('c', { protect: true })).json).toMatchObject({ protect: true, links: 1 })
  const one = { name: 'm', version: '1' }
  const refused = await call('DELETE', '/api/2.0/mlflow/model-versions/delete', one)
  expect(refused.status).toBe(403)
  expect(refused.json.message).toContain("linked in the collection 'c'")
  const whole = await call('DELETE', '/api/2.0/mlflow/registered-models/delete', { name: 'm' })
  expect(whole.status).toBe(403)
  expect((await getVersion('m', 1)).status).toBe(200)
  const { items } = (await call('GET', '/api/v1/models/m/versions/1/links')).json
  expect(items).toMatchObject([{ collection: 'c', workspace: 'default', version: '1' }])
  const path = `/api/v1/models/m/versions/1/links/${items[0].id}`
  expect((await call('DELETE', path)).status).toBe(200)
  expect((await call('DELETE', '/api/2.0/mlflow/model-versions/delete', one)).status).toBe(200)
})

test('what cannot be linked is refused with the reason, and leaves nothing', async () => {
  const { call, createModel, createVersion, put, link, links } = await collected()
  await createModel('plain')
  await createVersion('plain')
  await createModel('p', { tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] })
  await createVersion('p', 'dummy-source', {
    tags: [
      { key: 'mlflow.prompt.is_prompt', value: 'true' },
      { key: 'mlflow.prompt.text', value: 'x' },
    ],
  })
  await put('chain')
  await link({ model: 'm', version: '1' }, 'chain')
  const refused: [object, number, string][] = [
    [{ model: 'm', version: '9' }, 404, 'version=9'],
    [{ model: 'none', version: '1' }, 404, 'none'],
    [{ model: 'm' }, 400, "one of 'version' and 'alias'"],
    [{ model: 'm', version: '1', alias: 'x' }, 400, "one of 'version' and 'alias'"],
    [{ model: 'm', alias: 'x' }, 400, 'alias'],
    [{ model: 'm', version: '0' }, 400, 'version'],
    [{ model: 'm', version: '1', workspace: 'else' }, 404, 'else'],
    [{ model: 'm', version: '1', more: 1 }, 400, 'more'],
    [{ model: 'p', version: '1' }, 400, 'prompt'],
    [{ model: 'chain', version: '1' }, 400, 'is a link'],
  ]
  for (const [body, status, message] of refused) {
    const answer = await link(body)
    expect([answer.status, answer.json.message]).toEqual([status, expect.stringContaining(message)])
  }
  expect((await links()).items).toEqual([])
  expect((await link({ model: 'm', version: '1' }, 'plain')).status).toBe(404)
  expect((await link({ model: 'm', version: '1' }, 'nothing')).status).toBe(404)
  expect((await put('plain')).json).toMatchObject({ error_code: 'RESOURCE_ALREADY_EXISTS' })
  expect((await call('DELETE', '/api/v1/collections/plain')).status).toBe(404)
  expect((await call('DELETE', '/api/v1/collections/c/links/1')).status).toBe(404)
  expect((await put('a/b')).status).toBe(404)
  expect((await put('a%3Ab')).status).toBe(400)
})

test('a collection takes no versions of its own', async () => {
  const { createVersion, links } = await collected()
  for (const source of ['s3://bucket/model', 'models:/m/1']) {
    const refused = await createVersion('c', source)
    expect([refused.status, refused.json.message]).toEqual([
      400,
      expect.stringContaining("'c' is a collection"),
    ])
  }
  expect((await links()).items).toEqual([])
})

test('of sixteen who link a version at once, one does', async () => {
  const { link, links } = await collected()
  const made = await sixteen(() => link({ model: 'm', version: '1' }))
  const statuses = made.map(({ status }) => status).sort()
  expect(statuses).toEqual([201, ...Array(15).fill(400)])
  expect(made.find(({ status }) => status === 400)?.json.message).toContain('already, as version 1')
  expect((await links()).items).toHaveLength(1)
})

test('a policy of an alias holds for collections', async () => {
  const { call, link, unlink, post } = await collected()
  await link({ model: 'm', version: '1' })
  await call('PUT', '/api/v1/policies/p', {
    applies_to: { models: 'c', alias: 'champion' },
    approvals: { required: 1, from: ['group:reviewers'] },
  })
  const alias = { name: 'c', alias: 'champion', version: '1' }
  const refused = await post('registered-models/alias', alias)
  expect([refused.status, refused.json.message]).toEqual([403, expect.stringContaining('#')])
  expect((await post('registered-models/alias', { ...alias, name: 'm' })).status).toBe(200)
  expect((await unlink('1')).status).toBe(200)
})

test('the list has pages, by name', async () => {
  const { call, put } = await collected()
  for (const name of ['b', 'd', 'a']) await put(name)
  const names: string[] = []
  let token = ''
  do {
    const { json } = await call(
      'GET',
      `/api/v1/collections?max_results=2${token && `&page_token=${token}`}`,
    )
    names.push(...json.items.map(({ name }: { name: string }) => name))
    token = json.next_page_token ?? ''
  } while (token !== '')
  expect(names).toEqual(['a', 'b', 'c', 'd'])
})
