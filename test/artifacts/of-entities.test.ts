import { describe, expect, test } from 'vitest'
import { testServer } from '../support/server.ts'

const proxy = '/api/2.0/mlflow-artifacts/artifacts'

/** A server with a run, `put` below its artifacts, and raw requests. */
async function runServer(artifactLocation?: string) {
  const server = await testServer()
  const experiment = await server.post('experiments/create', {
    name: 'e',
    ...(artifactLocation && { artifact_location: artifactLocation }),
  })
  const { json } = await server.post('runs/create', {
    experiment_id: experiment.json.experiment_id,
    start_time: 1,
  })
  const runId: string = json.run.info.run_id
  const root: string = json.run.info.artifact_uri
  const request = (method: string, path: string, body?: BodyInit) =>
    server.app.request(path, { method, ...(body === undefined ? {} : { body }) })
  const storePath = root.replace('mlflow-artifacts:/', '')
  return {
    ...server,
    runId,
    root,
    request,
    put: (path: string, body: string) => request('PUT', `${proxy}/${storePath}/${path}`, body),
  }
}

async function code(res: Response): Promise<[number, string]> {
  const { error_code } = (await res.json()) as { error_code: string }
  return [res.status, error_code]
}

describe("a run's artifacts", () => {
  test('are listed with paths from the root of the run, and the root itself', async () => {
    const { put, get, runId, root } = await runServer()
    await put('dir/a.txt', '12')
    await put('dir/sub/b', '1')
    const list = async (path: string) => (await get(`artifacts/list?run_id=${runId}${path}`)).json
    expect(await list('')).toEqual({ root_uri: root, files: [{ path: 'dir', is_dir: true }] })
    expect(await list('&path=dir')).toEqual({
      root_uri: root,
      files: [
        { path: 'dir/a.txt', is_dir: false, file_size: 2 },
        { path: 'dir/sub', is_dir: true },
      ],
    })
    expect(await list('&path=dir/a.txt')).toEqual({ root_uri: root })
    expect(await list('&path=dir&max_results=1')).toMatchObject({
      next_page_token: expect.any(String),
    })
    expect((await list('&path=../x')).error_code).toBe('INVALID_PARAMETER_VALUE')
    expect((await get('artifacts/list?run_id=none')).status).toBe(404)
  })

  test('are downloaded by run_id or run_uuid and path', async () => {
    const { put, request, runId } = await runServer()
    await put('dir/a.txt', 'hello')
    for (const id of [`run_id=${runId}`, `run_uuid=${runId}`]) {
      const res = await request('GET', `/get-artifact?${id}&path=dir/a.txt`)
      expect(res.headers.get('content-disposition')).toBe('attachment; filename=a.txt')
      expect(await res.text()).toBe('hello')
    }
    const id = `run_id=${runId}`
    expect(await code(await request('GET', `/get-artifact?${id}&path=no`))).toEqual([
      404,
      'RESOURCE_DOES_NOT_EXIST',
    ])
    for (const query of [
      '',
      '&path=',
      '&path=dir',
      '&path=../x',
      '&path=%252e%252e',
      '&path=/etc',
    ]) {
      expect((await request('GET', `/get-artifact?${id}${query}`)).status).toBe(400)
    }
    expect((await request('GET', '/get-artifact?path=a')).status).toBe(404)
    expect((await request('GET', `/get-artifact?${id}&run_uuid=other&path=a`)).status).toBe(400)
  })

  test('are uploaded by the web page up to 10 MB, never empty', async () => {
    const { request, runId } = await runServer()
    const upload = (query: string, body: string) =>
      request('POST', `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${runId}${query}`, body)
    expect((await upload('&path=ui/x.txt', 'hello')).status).toBe(200)
    const res = await request('GET', `/get-artifact?run_id=${runId}&path=ui/x.txt`)
    expect(await res.text()).toBe('hello')
    for (const query of ['', '&path=a/', '&path=../x', '&path=/x']) {
      expect(await code(await upload(query, 'x'))).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    }
    expect(await code(await upload('&path=x', ''))).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    const tooLarge = await upload('&path=x', 'x'.repeat(10 * 1024 * 1024 + 1))
    expect([400, 413]).toContain(tooLarge.status)
  })

  test.each(['s3://bucket/x', 'file:///etc', '/etc'])(
    'at %s are never opened by this server',
    async (location) => {
      const { request, get, post, runId } = await runServer(location)
      const tries = [
        await request('GET', `/get-artifact?run_id=${runId}&path=passwd`),
        await request('POST', `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${runId}&path=x`, 'x'),
      ]
      for (const res of tries) expect(await code(res)).toEqual([400, 'INVALID_PARAMETER_VALUE'])
      const list = await get(`artifacts/list?run_id=${runId}`)
      expect(list.json.message).toContain("outside this server's store")
      for (const verb of ['upload', 'download']) {
        const res = await post(`artifacts/presigned-${verb}-url`, { run_id: runId, path: 'a' })
        expect(res.status).toBe(400)
      }
    },
  )

  test('have no presigned URLs, since their store is this server', async () => {
    const { post, runId } = await runServer()
    const upload = (body: object) => post('artifacts/presigned-upload-url', body)
    expect((await upload({ run_id: runId, path: 'a' })).json.message).toMatch(
      /^Presigned upload is/,
    )
    expect((await upload({ path: 'a' })).status).toBe(400)
    expect((await upload({ run_id: runId, model_id: 'm-1', path: 'a' })).status).toBe(400)
    const download = (body: object) => post('artifacts/presigned-download-url', body)
    for (const expiration of [0, 604_801]) {
      expect((await download({ run_id: runId, path: 'a', expiration })).status).toBe(400)
    }
    expect((await download({ run_id: runId, path: 'a' })).json.message).toMatch(
      /^Presigned download/,
    )
  })
})

describe("a logged model's artifacts", () => {
  test('are listed and downloaded by the id of the model', async () => {
    const { post, request, call } = await runServer()
    const { json } = await post('logged-models', { experiment_id: '0', name: 'm' })
    const { model_id, artifact_uri } = json.model.info
    await request(
      'PUT',
      `${proxy}/${artifact_uri.replace('mlflow-artifacts:/', '')}/d/MLmodel`,
      'x',
    )
    const base = `/ajax-api/2.0/mlflow/logged-models/${model_id}/artifacts`
    const list = await call('GET', `${base}/directories?artifact_directory_path=d`)
    expect(list.json).toEqual({
      root_uri: artifact_uri,
      files: [{ path: 'd/MLmodel', is_dir: false, file_size: 1 }],
    })
    const file = await request('GET', `${base}/files?artifact_file_path=d/MLmodel`)
    expect(await file.text()).toBe('x')
    expect((await request('GET', `${base}/files?artifact_file_path=../x`)).status).toBe(400)
    expect((await request('GET', `${base}/files`)).status).toBe(400)
  })
})
