import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { LibsqlFile } from '../../../src/platform/node/libsql/libsql-file.ts'
import { startServer, temporaryFolder } from '../../support/gatehouse-process.ts'

const bytes = 300_000

/** A real server, and a sealed version of one file of many chunks on its disk. */
async function servedVersion() {
  const data = await temporaryFolder()
  const server = await startServer(data)
  const made = await server.post('runs/create', { experiment_id: '0', start_time: 1 })
  const { run_id, artifact_uri } = made.json.run.info
  const proxy = `${server.url}/api/2.0/mlflow-artifacts/artifacts`
  const path = `${artifact_uri.replace('mlflow-artifacts:/', '')}/model`
  const body = 'weights '.repeat(bytes / 8)
  await fetch(`${proxy}/${path}/weights`, { method: 'PUT', body })
  await server.post('registered-models/create', { name: 'm' })
  await server.post('model-versions/create', { name: 'm', source: `${artifact_uri}/model`, run_id })
  const blobs = join(data, 'artifacts', 'blobs')
  const files = (await readdir(blobs, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  )
  const [file] = files
  return {
    server,
    blob: join(file?.parentPath ?? '', file?.name ?? ''),
    read: () => fetch(`${proxy}/model-versions/1/weights`),
    async problems() {
      const db = new LibsqlFile(join(data, 'gatehouse.db'))
      const rows = await db.all<{ problem: string }>(sql`
        select after ->> 'problem' as problem from audit_entries
        where action = 'model_version.damaged' and model = 'm' and version = 1`)
      db.close()
      return rows.map(({ problem }) => problem)
    },
  }
}

test('one flipped bit on the disk cuts the next download off before its end, and is in the audit log', async () => {
  const { server, blob, read, problems } = await servedVersion()
  expect((await (await read()).text()).length).toBe(bytes)
  const stored = await readFile(blob)
  stored[bytes / 2] = (stored[bytes / 2] ?? 0) ^ 1
  await writeFile(blob, stored)
  const res = await read()
  expect([res.status, res.headers.get('content-length')]).toEqual([200, String(bytes)])
  await expect(res.arrayBuffer()).rejects.toThrow()
  await expect((await read()).arrayBuffer()).rejects.toThrow()
  expect(await problems()).toEqual(['changed'])
  const verify = await fetch(`${server.url}/api/v1/models/m/versions/1/verify`, { method: 'POST' })
  expect(await verify.json()).toMatchObject({
    ok: false,
    differing: [{ path: 'weights', problem: 'changed' }],
  })
  stored[bytes / 2] = (stored[bytes / 2] ?? 0) ^ 1
  await writeFile(blob, stored)
  expect((await (await read()).text()).length).toBe(bytes)
  expect((await server.stop()).err).toContain('"event":"blob damaged"')
})

test('a file that is short or gone is 410 at once, which clients do not repeat', async () => {
  const { server, blob, read, problems } = await servedVersion()
  await truncate(blob, bytes - 1)
  expect((await read()).status).toBe(410)
  await rm(blob)
  const res = await read()
  expect([res.status, (await res.json()) as object]).toEqual([
    410,
    expect.objectContaining({ error_code: 'DATA_LOSS' }),
  ])
  expect(await problems()).toEqual(['changed'])
  await server.stop()
})
