import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { encodePageToken } from '../../src/core/page-token.ts'
import { testServer } from '../support/server.ts'

const proxy = '/api/2.0/mlflow-artifacts/artifacts'

/** A server with a sealed version 1 of `team/m`, whose files are `paths`, each holding its own name. */
async function versionServer(paths: readonly string[]) {
  const server = await testServer()
  const { post, app } = server
  const { json } = await post('runs/create', { experiment_id: '0', start_time: 1 })
  const { run_id, artifact_uri } = json.run.info
  const root = artifact_uri.replace('mlflow-artifacts:/', '')
  for (const path of paths) {
    await app.request(`${proxy}/${root}/model/${path}`, { method: 'PUT', body: path })
  }
  await post('registered-models/create', { name: 'team m' })
  const source = paths.length === 0 ? 's3://bucket/model' : `${artifact_uri}/model`
  const made = await post('model-versions/create', { name: 'team m', source, run_id })
  expect(made.status).toBe(200)
  return { ...server, version: '/api/v1/models/team%20m/versions/1' }
}

describe("a version's files", () => {
  test('are listed by path, with size and hash, page by page', async () => {
    const { call, version } = await versionServer(['b', 'a', 'c/d'])
    const first = await call('GET', `${version}/files?max_results=2`)
    expect(first.json).toMatchObject({
      sealed: true,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      items: [
        // printf a | sha256sum
        { path: 'a', size: 1, sha256: expect.stringMatching(/^ca978112/) },
        { path: 'b', size: 1, sha256: expect.stringMatching(/^3e23e816/) },
      ],
    })
    const token = first.json.next_page_token
    const second = await call('GET', `${version}/files?max_results=2&page_token=${token}`)
    expect(second.json.items.map((file: { path: string }) => file.path)).toEqual(['c/d'])
    expect(second.json).not.toHaveProperty('next_page_token')
  })

  test('are empty, and the version not sealed, when its source is a bucket', async () => {
    const { call, version } = await versionServer([])
    expect((await call('GET', `${version}/files`)).json).toEqual({ sealed: false, items: [] })
    expect((await call('POST', `${version}/verify`)).status).toBe(400)
  })

  test('bad questions are answered 400 or 404 in the envelope', async () => {
    const { call, version } = await versionServer(['a'])
    const forged = encodePageToken(['version-files', 1], [7])
    const asked = [
      [`${version}/files?max_results=0`, 400, 'INVALID_PARAMETER_VALUE'],
      [`${version}/files?max_results=x`, 400, 'INVALID_PARAMETER_VALUE'],
      [`${version}/files?page_token=x`, 400, 'INVALID_PARAMETER_VALUE'],
      [`${version}/files?page_token=${forged}`, 400, 'INVALID_PARAMETER_VALUE'],
      [version.replace(/1$/, '0/files'), 400, 'INVALID_PARAMETER_VALUE'],
      [version.replace(/1$/, '2/files'), 404, 'RESOURCE_DOES_NOT_EXIST'],
      ['/api/v1/models/__proto__/versions/1/files', 404, 'RESOURCE_DOES_NOT_EXIST'],
    ] as const
    for (const [path, status, error_code] of asked) {
      expect(await call('GET', path)).toMatchObject({ status, json: { error_code } })
    }
  })
})

describe('verify', () => {
  test('reads the files again and names those that differ', async () => {
    const { call, version, platform } = await versionServer(['same', 'changed', 'gone'])
    const verify = async () => (await call('POST', `${version}/verify`)).json
    expect(await verify()).toMatchObject({ ok: true, files: 3, differing: [] })
    const rows = await platform.db.all<{ path: string; key: string }>(
      sql`select f.path, b.key from manifest_files f join blobs b on b.id = f.blob`,
    )
    const keyOf = (path: string) => rows.find((row) => row.path === path)?.key ?? ''
    await platform.blobs.delete([keyOf('changed'), keyOf('gone')])
    await platform.blobs.put(keyOf('changed'), evilBytes())
    expect(await verify()).toMatchObject({
      ok: false,
      differing: [
        { path: 'changed', problem: 'changed' },
        { path: 'gone', problem: 'missing' },
      ],
    })
  })
})

async function* evilBytes() {
  yield new TextEncoder().encode('changeD')
}
