import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { registryServer, sixteen } from '../../support/registry-server.ts'

const day = 86_400_000

/** A server with a sealed version of one file, and a clock that is held. */
async function damageServer() {
  let now = Date.now()
  const server = await registryServer({ now: () => now })
  await server.createModel('m')
  const run = await server.createRun()
  const uri = `${run.root}/model/weights`
  await server.upload(uri, 'good bytes')
  await server.createVersion('m', `${run.root}/model`, { run_id: run.runId })
  const sealed = (await server.downloadUri('m', 1)).json.artifact_uri as string
  const { db, blobs } = server.platform
  const key = async () =>
    (await db.first<{ key: string }>(sql`select key from blobs order by id desc limit 1`))?.key ??
    ''
  return {
    ...server,
    run,
    uri,
    sealedUri: `${sealed}/weights`,
    later: (ms: number) => {
      now += ms
    },
    async damage(text: string | undefined) {
      const at = await key()
      await blobs.delete([at])
      if (text !== undefined) await blobs.put(at, bytesOf(text))
    },
    /** The status, and the text or that it broke off. */
    async read(at: string) {
      const path = at.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/')
      const res = await server.app.request(path)
      return [res.status, await res.text().catch(() => 'broken off')]
    },
    entries: async () => {
      const rows = await db.all<{ action: string; model: string; version: number; after: string }>(
        sql`select action, model, version, after from audit_entries
          where action like '%damaged' order by seq`,
      )
      return rows.map((row) => ({ ...row, after: JSON.parse(row.after) }))
    },
  }
}

async function* bytesOf(text: string) {
  yield new TextEncoder().encode(text)
}

test('changed bytes break off, are in the audit log once a day, and shown by verify', async () => {
  const { damage, read, sealedUri, uri, entries, call, later } = await damageServer()
  await damage('evil bytes')
  expect(await read(sealedUri)).toEqual([200, 'broken off'])
  const entry = {
    action: 'model_version.damaged',
    model: 'm',
    version: 1,
    after: {
      path: 'weights',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      size: 10,
      problem: 'changed',
    },
  }
  expect(await entries()).toEqual([entry])
  await sixteen(() => read(uri))
  const verified = await call('POST', '/api/v1/models/m/versions/1/verify')
  expect(verified.json).toMatchObject({ ok: false, differing: [entry.after] })
  expect(verified.text).not.toContain('blobs/')
  expect(await entries()).toHaveLength(1)
  later(day + 1)
  await read(uri)
  expect(await entries()).toEqual([entry, entry])
})

test.each([
  ['missing', undefined],
  ['changed', 'short'],
])(
  'bytes that are %s (%s) are refused with 410 at once, and in the audit log',
  async (problem, text) => {
    const { damage, app, sealedUri, entries } = await damageServer()
    await damage(text)
    const path = sealedUri.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/')
    for (const headers of [{}, { range: 'bytes=0-1' }]) {
      const res = await app.request(path, { headers })
      expect([res.status, (await res.json()) as object]).toEqual([
        410,
        expect.objectContaining({ error_code: 'DATA_LOSS' }),
      ])
    }
    expect(await entries()).toMatchObject([{ action: 'model_version.damaged', after: { problem } }])
  },
)

test('verify puts what it finds in the audit log, for every version that has the file', async () => {
  const { damage, createVersion, entries, call } = await damageServer()
  await createVersion('m', 'models:/m/1')
  await damage(undefined)
  expect((await call('POST', '/api/v1/models/m/versions/1/verify')).json.ok).toBe(false)
  expect((await entries()).map(({ version }) => version).sort()).toEqual([1, 2])
})

test('a damaged file of no version is in the audit log under its path', async () => {
  const { damage, upload, run, read, entries } = await damageServer()
  await upload(`${run.root}/plot`, 'a plot')
  await damage(undefined)
  expect((await read(`${run.root}/plot`))[0]).toBe(410)
  expect(await entries()).toMatchObject([
    {
      action: 'artifact.damaged',
      model: null,
      version: null,
      after: { path: `${run.root}/plot`.replace('mlflow-artifacts:/', ''), problem: 'missing' },
    },
  ])
})

test('sound bytes come with their hash and leave no entry', async () => {
  const { app, sealedUri, entries } = await damageServer()
  const path = sealedUri.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/')
  const res = await app.request(path)
  const digest = await crypto.subtle.digest('SHA-256', await res.arrayBuffer())
  const sha256 = [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, '0')).join('')
  expect(res.headers.get('x-checksum-sha256')).toBe(sha256)
  expect(res.headers.get('etag')).toBe(`"${sha256}"`)
  expect(await entries()).toEqual([])
})
