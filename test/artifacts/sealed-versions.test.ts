import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { testServer } from '../support/server.ts'

const artifacts = '/api/2.0/mlflow-artifacts'
const proxy = `${artifacts}/artifacts`
const files = { MLmodel: 'flavors: {}', 'data/model.pkl': 'weights', 'ü b.txt': 'text' }

/** A server with version 1 of model `m`, made from a run's folder `model`. */
async function versionServer() {
  const server = await testServer()
  const { post, app } = server
  const experiment = await post('experiments/create', { name: 'e' })
  const run = await post('runs/create', {
    experiment_id: experiment.json.experiment_id,
    start_time: 1,
  })
  const { run_id, artifact_uri } = run.json.run.info
  const folder = `${artifact_uri.replace('mlflow-artifacts:/', '')}/model`
  const request = (method: string, path: string, body?: BodyInit) =>
    app.request(path, { method, ...(body === undefined ? {} : { body }) })
  for (const [path, text] of Object.entries(files)) {
    await request('PUT', `${proxy}/${folder}/${encodeURI(path)}`, text)
  }
  await post('registered-models/create', { name: 'm' })
  const created = await post('model-versions/create', {
    name: 'm',
    source: `${artifact_uri}/model`,
    run_id,
  })
  expect(created.status).toBe(200)
  const uri = (await server.get('model-versions/get-download-uri?name=m&version=1')).json
    .artifact_uri as string
  return {
    ...server,
    request,
    folder,
    runId: run_id as string,
    experimentId: experiment.json.experiment_id as string,
    /** The version's read-only address, as a path of the proxy. */
    address: uri.replace('mlflow-artifacts:/', ''),
    /** All files below the version's address, read through the proxy alone. */
    async versionFiles(): Promise<Record<string, string>> {
      const root = uri.replace('mlflow-artifacts:/', '')
      const found: Record<string, string> = {}
      const folders = ['']
      for (const at of folders) {
        const res = await request('GET', `${proxy}?path=${encodeURIComponent(root + at)}`)
        const list = (await res.json()) as { files?: { path: string; is_dir: boolean }[] }
        for (const { path, is_dir } of list.files ?? []) {
          if (is_dir) folders.push(`${at}/${path}`)
          else {
            const file = await request('GET', `${proxy}/${root}${encodeURI(`${at}/${path}`)}`)
            found[`${at}/${path}`.slice(1)] = await file.text()
          }
        }
      }
      return found
    },
  }
}

describe('a sealed version', () => {
  test('serves its files at an address of its own, with ranges and HEAD', async () => {
    const { address, versionFiles, app, request } = await versionServer()
    expect(address).toMatch(/^model-versions\/\d+$/)
    expect(await versionFiles()).toEqual(files)
    const part = await app.request(`${proxy}/${address}/data/model.pkl`, {
      headers: { range: 'bytes=0-1' },
    })
    expect([part.status, await part.text()]).toEqual([206, 'we'])
    const head = await request('HEAD', `${proxy}/${address}/MLmodel`)
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '11'])
    expect((await request('GET', `${proxy}/${address}/nope`)).status).toBe(404)
    expect((await request('GET', `${proxy}/${address}/data`)).status).toBe(400)
    expect((await request('GET', `${proxy}/${address}`)).status).toBe(400)
    expect((await request('GET', `${proxy}/model-versions/999/MLmodel`)).status).toBe(404)
  })

  test('is not written by any route', async () => {
    const { address, request, call, versionFiles } = await versionServer()
    const refused = [
      await request('PUT', `${proxy}/${address}/MLmodel`, 'evil'),
      await request('PUT', `${proxy}/${address}/new`, 'evil'),
      await request('PUT', `${proxy}/${address.replace('m', '%6d')}/new`, 'evil'),
      await request('PUT', `${proxy}/model-versions`, 'evil'),
      await request('PUT', `${proxy}/./${address}/new`, 'evil'),
      await request('DELETE', `${proxy}/${address}/MLmodel`),
      await request('DELETE', `${proxy}/${address}`),
      await request('DELETE', `${proxy}/model-versions`),
    ]
    for (const res of refused) {
      const { error_code } = (await res.json()) as { error_code: string }
      expect([res.status, error_code]).toEqual([409, 'RESOURCE_CONFLICT'])
    }
    for (const verb of ['create', 'complete', 'abort']) {
      const body = { path: 'MLmodel', num_parts: 1, upload_id: 'x', parts: [] }
      const res = await call('POST', `${artifacts}/mpu/${verb}/${address}`, body)
      expect(res.status).toBe(409)
    }
    expect(await versionFiles()).toEqual(files)
  })

  test('is not written through an experiment whose artifacts lie at its address', async () => {
    const { address, request, post, versionFiles } = await versionServer()
    const experiment = await post('experiments/create', {
      name: 'thief',
      artifact_location: `mlflow-artifacts:/${address}`,
    })
    const { json } = await post('runs/create', { experiment_id: experiment.json.experiment_id })
    const upload = `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${json.run.info.run_id}`
    expect((await request('POST', `${upload}&path=MLmodel`, 'evil')).status).toBe(409)
    expect(await versionFiles()).toEqual(files)
  })

  test('keeps its bytes whatever is overwritten, deleted and purged behind it', async () => {
    const { app, folder, request, post, call, runId, experimentId, versionFiles, platform } =
      await versionServer()
    await request('PUT', `${proxy}/${folder}/MLmodel`, 'overwritten')
    const upload = `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${runId}`
    await request('POST', `${upload}&path=model/data/model.pkl`, 'overwritten')
    const { json } = await call('POST', `${artifacts}/mpu/create/${folder}`, {
      path: 'ü b.txt',
      num_parts: 1,
    })
    const put = await app.request(json.credentials[0].url, {
      method: 'PUT',
      body: 'overwritten',
      headers: { 'content-length': '11' },
    })
    const parts = [{ part_number: 1, etag: put.headers.get('etag') }]
    const { upload_id } = json
    const done = await call('POST', `${artifacts}/mpu/complete/${folder}`, {
      path: 'ü b.txt',
      upload_id,
      parts,
    })
    expect(done.status).toBe(200)
    expect(await versionFiles()).toEqual(files)
    await request('DELETE', `${proxy}/${folder}/MLmodel`)
    await request('DELETE', `${proxy}/${folder}`)
    await request('DELETE', `${proxy}/${folder.split('/')[0]}`)
    expect(await versionFiles()).toEqual(files)
    expect((await post('runs/delete', { run_id: runId })).status).toBe(200)
    expect((await post('experiments/delete', { experiment_id: experimentId })).status).toBe(200)
    await platform.db.batch({
      runs: sql`delete from runs`,
      experiments: sql`delete from experiments where id > 0`,
    })
    expect(await versionFiles()).toEqual(files)
  })

  test('of model-versions/get-artifact too', async () => {
    const { request, folder } = await versionServer()
    await request('PUT', `${proxy}/${folder}/MLmodel`, 'overwritten')
    const get = (query: string) => request('GET', `/model-versions/get-artifact?${query}`)
    expect(await (await get('name=m&version=1&path=MLmodel')).text()).toBe(files.MLmodel)
    expect((await get('name=m&version=1&path=zz')).status).toBe(404)
    expect((await get('name=m&version=9&path=MLmodel')).status).toBe(404)
    expect((await get('name=m&version=x&path=MLmodel')).status).toBe(400)
    expect((await get('name=m&version=1&path=../MLmodel')).status).toBe(400)
    expect((await get('name=m&version=1')).status).toBe(400)
  })
})
