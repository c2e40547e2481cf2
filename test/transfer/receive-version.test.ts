import { expect, test } from 'vitest'
import { registryServer, sixteen } from '../support/registry-server.ts'

const from = { server: 'https://dev.example.com', model: 'm', version: '7', entry: 12 }

/** A server whose run has the files that came, a model `m`, and the digest of the files. */
async function received() {
  const server = await registryServer()
  const { call, createModel, createVersion, createRun, upload } = server
  const { runId, root } = await createRun()
  await upload(`${root}/model/a.bin`, 'weights')
  await createModel('other')
  await createVersion('other', `${root}/model`, { run_id: runId })
  const { digest } = (await call('GET', '/api/v1/models/other/versions/1')).json
  await createModel('m')
  const body = { run_id: runId, path: 'model', digest, from }
  const receive = (more: object = {}, name = 'm') =>
    call('POST', `/api/v1/models/${name}/transfers`, { ...body, ...more })
  const send = (more: object = {}) =>
    call('POST', '/api/v1/models/other/versions/1/sendings', { to: 'https://x', ...more })
  return { ...server, receive, send, runId, root, digest: String(digest) }
}

test('of sixteen who bring the same version at once, one makes it', async () => {
  const { receive, call } = await received()
  const made = await sixteen(() => receive())
  expect(made.map(({ status }) => status)).toEqual(Array(16).fill(201))
  expect(made.filter(({ json }) => json.added)).toHaveLength(1)
  expect(new Set(made.map(({ json }) => `${json.version} ${json.entry}`)).size).toBe(1)
  const version = (await call('GET', '/api/v1/models/m/versions/1')).json
  expect(version).toMatchObject({
    ...{ stage: 'None', sealed: true },
    tags: { 'gatehouse.transferred_from': 'https://dev.example.com models:/m/7' },
  })
  expect((await call('GET', '/api/v1/models/m/versions/2')).status).toBe(404)
})

test('a version that was deleted here comes anew under another number', async () => {
  const { receive, call } = await received()
  await receive()
  await call('DELETE', '/api/2.0/mlflow/model-versions/delete', { name: 'm', version: '1' })
  expect((await receive()).json).toMatchObject({ version: '2', added: true })
  const another = { ...from, version: '8' }
  expect((await receive({ from: another })).json).toMatchObject({ version: '3', added: true })
})

test('other files, no files, and what is no model are refused, and leave nothing', async () => {
  const { receive, call, upload, root } = await received()
  const bundle = `sha256:${'0'.repeat(64)}`
  await call('PUT', '/api/v1/collections/c', {})
  const refused: [object, number, string][] = [
    [{ digest: `sha256:${'0'.repeat(64)}` }, 400, 'have the digest'],
    [{ path: 'nothing' }, 400, 'no files'],
    [{ path: '../model' }, 400, '..'],
    [{ run_id: 'none' }, 400, ''],
    [{ digest: 'sha1:x' }, 400, 'digest'],
    [{ from: { ...from, entry: 0 } }, 400, 'entry'],
    [{ from: { ...from, entry: undefined } }, 400, 'give either entry or bundle'],
    [{ from: { ...from, bundle } }, 400, 'give either entry or bundle'],
    [{ from: { ...from, entry: undefined, bundle: 'x' } }, 400, 'bundle'],
    [{ from: { ...from, server: 'x'.repeat(501) } }, 400, 'server'],
    [{ tags: { a: 1 } }, 400, 'tags'],
  ]
  for (const [more, status, message] of refused) {
    const answer = await receive(more)
    expect([answer.status, answer.json.message]).toEqual([status, expect.stringContaining(message)])
  }
  expect((await receive({}, 'none')).status).toBe(404)
  expect((await receive({}, 'c')).json.message).toContain('is a collection')
  await upload(`${root}/model/more.bin`, 'more')
  expect((await receive()).status).toBe(400)
  expect((await call('GET', '/api/v1/models/m/versions/1')).status).toBe(404)
})

test('what was noted of a sending is not noted again', async () => {
  const { send, call } = await received()
  const first = await send()
  expect(first.status, first.text).toBe(200)
  expect((await send()).json).toEqual(first.json)
  const arrived = { model: 'm', version: '1', entry: 3 }
  const then = (await send({ arrived })).json
  expect(then.entry).toBeGreaterThan(first.json.entry)
  expect((await send({ arrived })).json).toEqual(then)
  expect((await send({ to: 'https://y' })).json.entry).toBeGreaterThan(then.entry)
  const none = await call('POST', '/api/v1/models/other/versions/9/sendings', { to: 'https://x' })
  expect(none.status).toBe(404)
})
