import { describe, expect, test } from 'vitest'
import { registryServer } from '../../support/registry-server.ts'

/** A server with version 1 of `m`, of a run's folder `model` of two files. */
async function detailServer() {
  const server = await registryServer()
  await server.createModel('m')
  const run = await server.createRun()
  const file = (path: string) => `${run.root}/model/${path}`
  await server.upload(file('MLmodel'), 'flavors: {}')
  await server.upload(file('data/model'), 'weights')
  await server.createVersion('m', `runs:/${run.runId}/model`, { run_id: run.runId })
  const proxy = (uri: string) =>
    uri.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/')
  return {
    ...server,
    run,
    file,
    detail: async (version = 1) =>
      (await server.call('GET', `/api/v1/models/m/versions/${version}`)).json,
    remove: async (uri: string) => server.app.request(proxy(uri), { method: 'DELETE' }),
  }
}

describe('a version as our surface shows it', () => {
  test('has what MLflow shows, its seal, and nothing that is not there', async () => {
    const { detail, run, post, transition, createVersion } = await detailServer()
    await post('registered-models/alias', { name: 'm', alias: 'champ', version: '1' })
    for (const key of ['k', '__proto__']) {
      await post('model-versions/set-tag', { name: 'm', version: '1', key, value: 'v' })
    }
    await transition('m', '1', 'Staging')
    const shown = await detail()
    expect(Object.entries(shown.tags)).toEqual([
      ['__proto__', 'v'],
      ['k', 'v'],
    ])
    expect(shown).toMatchObject({
      name: 'm',
      version: '1',
      stage: 'Staging',
      status: 'READY',
      aliases: ['champ'],
      source: `runs:/${run.runId}/model`,
      run_id: run.runId,
      sealed: true,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      source_changed: false,
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
    })
    await createVersion('m')
    expect(await detail(2)).toEqual({
      name: 'm',
      version: '2',
      stage: 'None',
      status: 'READY',
      aliases: [],
      tags: {},
      source: 's3://bucket/model',
      sealed: false,
      source_changed: false,
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
    })
  })

  test('is 404 where there is none, and 400 for what is no number', async () => {
    const { call } = await detailServer()
    expect((await call('GET', '/api/v1/models/m/versions/2')).status).toBe(404)
    expect((await call('GET', '/api/v1/models/x/versions/1')).status).toBe(404)
    expect((await call('GET', '/api/v1/models/m/versions/x')).status).toBe(400)
  })
})

describe('source_changed', () => {
  test.each<[string, (server: Awaited<ReturnType<typeof detailServer>>) => Promise<unknown>]>([
    ['a file is overwritten', ({ upload, file }) => upload(file('MLmodel'), 'evil')],
    ['a file is added', ({ upload, file }) => upload(file('new'), 'x')],
    ['a file is deleted', ({ remove, file }) => remove(file('data/model'))],
    ['all is deleted', ({ remove, run }) => remove(`${run.root}/model`)],
    [
      'a file is moved',
      async ({ remove, upload, file }) => {
        await remove(file('data/model'))
        await upload(file('data/moved'), 'weights')
      },
    ],
  ])('is true when %s, and the digest stays', async (_what, change) => {
    const server = await detailServer()
    const before = await server.detail()
    await change(server)
    expect(await server.detail()).toEqual({ ...before, source_changed: true })
  })

  test('is false when the same bytes are written again, or what was changed is put back', async () => {
    const { detail, upload, file } = await detailServer()
    await upload(file('MLmodel'), 'flavors: {}')
    expect((await detail()).source_changed).toBe(false)
    await upload(file('MLmodel'), 'evil')
    await upload(file('MLmodel'), 'flavors: {}')
    expect((await detail()).source_changed).toBe(false)
  })

  test('is told of a source that is one file, and never of a copy', async () => {
    const { detail, upload, file, createVersion, run } = await detailServer()
    await createVersion('m', file('data/model'), { run_id: run.runId })
    await createVersion('m', 'models:/m/1')
    expect((await detail(2)).source_changed).toBe(false)
    await upload(file('data/model'), 'evil')
    expect((await detail(2)).source_changed).toBe(true)
    expect((await detail(3)).source_changed).toBe(false)
  })
})

test('the second life of a name never serves the bytes of the first', async () => {
  const { del, createModel, createVersion, run, upload, file, detail, downloadUri, download } =
    await detailServer()
  const first = (await detail()).digest
  const address = (await downloadUri('m', 1)).json.artifact_uri
  await del('registered-models/delete', { name: 'm' })
  await createModel('m')
  await upload(file('MLmodel'), 'second')
  const again = await createVersion('m', `runs:/${run.runId}/model`, { run_id: run.runId })
  expect(again.json.model_version.version).toBe('2')
  expect((await detail(2)).digest).not.toBe(first)
  expect((await downloadUri('m', 1)).status).toBe(404)
  expect((await download(`${address}/MLmodel`)).status).toBe(404)
  await del('model-versions/delete', { name: 'm', version: '2' })
  const third = await createVersion('m', `runs:/${run.runId}/model`, { run_id: run.runId })
  expect(third.json.model_version.version).toBe('3')
})
