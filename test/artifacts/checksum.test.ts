import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { appOf } from '../support/app.ts'
import { registryServer } from '../support/registry-server.ts'
import { type Member, team } from '../support/team.ts'

const files = '/api/2.0/mlflow-artifacts/artifacts'

async function sha256Of(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Uploads to a folder of the artifact proxy, by an app. */
function uploads(app: { request(path: string, init: RequestInit): Response | Promise<Response> }) {
  const put = async (path: string, headers: Record<string, string>, body?: string) => {
    const init = { method: 'PUT', headers, ...(body !== undefined && { body }) }
    const res = await app.request(`${files}/${path}`, init)
    return { status: res.status, headers: res.headers, text: await res.text() }
  }
  const read = async (path: string) => {
    const res = await app.request(`${files}/${path}`, {})
    return res.status === 200 ? await res.text() : res.status
  }
  return { put, read }
}

async function openServer() {
  const server = await registryServer()
  const { root } = await server.createRun()
  return { ...uploads(server.app), at: root.replace('mlflow-artifacts:/', '') }
}

test('bytes that are here are stored under another path by their sum alone', async () => {
  const { put, read, at } = await openServer()
  const sum = { 'X-Checksum-Sha256': await sha256Of('weights') }
  const deploy = { ...sum, 'X-Checksum-Deploy': 'true' }
  expect((await put(`${at}/a.bin`, deploy)).status).toBe(404)
  expect(await read(`${at}/a.bin`)).toBe(404)
  const stored = await put(`${at}/a.bin`, sum, 'weights')
  expect([stored.status, stored.headers.get('etag')]).toEqual([
    200,
    `"${sum['X-Checksum-Sha256']}"`,
  ])
  const shown = await put(`${at}/b.bin`, deploy)
  expect([shown.status, shown.headers.get('x-checksum-sha256')]).toEqual([
    201,
    sum['X-Checksum-Sha256'],
  ])
  const upper = { 'X-Checksum-Sha256': sum['X-Checksum-Sha256'].toUpperCase() }
  expect((await put(`${at}/c.bin`, { ...upper, 'content-length': '0' })).status).toBe(201)
  for (const name of ['b.bin', 'c.bin']) expect(await read(`${at}/${name}`)).toBe('weights')
})

test('no sum makes an empty file but that of nothing', async () => {
  const { put, read, at } = await openServer()
  const unknown = { 'X-Checksum-Sha256': await sha256Of('unknown') }
  expect((await put(`${at}/a.bin`, unknown)).status).toBe(404)
  expect((await put(`${at}/a.bin`, { ...unknown, 'content-length': '0' })).status).toBe(404)
  expect(await read(`${at}/a.bin`)).toBe(404)
  const nothing = { 'X-Checksum-Sha256': await sha256Of(''), 'content-length': '0' }
  expect((await put(`${at}/a.bin`, nothing)).status).toBe(200)
  expect(await read(`${at}/a.bin`)).toBe('')
})

test('a wrong sum is refused, and leaves what was there', async () => {
  const { put, read, at } = await openServer()
  await put(`${at}/a.bin`, {}, 'before')
  const sum = await sha256Of('weights')
  const wrong = await put(`${at}/a.bin`, { 'X-Checksum-Sha256': sum }, 'Weights')
  expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('nothing was stored')])
  expect(await read(`${at}/a.bin`)).toBe('before')
  const refused: [Record<string, string>, string | undefined][] = [
    [{ 'X-Checksum-Sha256': 'abc' }, 'weights'],
    [{ 'X-Checksum-Sha256': `${sum} ` + 'f' }, 'weights'],
    [{ 'X-Checksum-Deploy': 'true' }, undefined],
    [{ 'X-Checksum-Deploy': 'true', 'X-Checksum-Sha1': 'a'.repeat(40) }, undefined],
    [{ 'X-Checksum-Deploy': 'yes', 'X-Checksum-Sha256': sum }, undefined],
    [{ 'X-Checksum-Deploy': 'true', 'X-Checksum-Sha256': sum }, 'weights'],
  ]
  for (const [headers, body] of refused) {
    expect((await put(`${at}/a.bin`, headers, body)).status).toBe(400)
  }
  const isFile = await put(`${at}/a.bin/b`, { 'X-Checksum-Sha256': await sha256Of('before') })
  expect(isFile.status).toBe(400)
  const sealed = await put('model-versions/1/a', { 'X-Checksum-Sha256': await sha256Of('before') })
  expect(sealed.status).toBe(409)
  expect(await read(`${at}/a.bin`)).toBe('before')
})

test('a sum gives nobody bytes that they may not read', async () => {
  const { platform, member, grant } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const ask = (who: Member) => {
    const { put } = uploads(appOf(() => platform, who.principal))
    return { put: async (...args: Parameters<typeof put>) => (await put(...args)).status }
  }
  const experimentOf = async (who: Member, name: string) => {
    const made = await who.post('experiments/create', { name })
    expect(made.status, made.text).toBe(200)
    const id = String(made.json.experiment_id)
    const run = await who.post('runs/create', { experiment_id: id, start_time: 1 })
    const { artifact_uri, run_id } = run.json.run.info
    return { id, runId: String(run_id), at: String(artifact_uri).replace('mlflow-artifacts:/', '') }
  }
  const [ann, eve] = [await member('ann'), await member('eve')]
  const own = await experimentOf(ann, 'secret')
  const sum = { 'X-Checksum-Deploy': 'true', 'X-Checksum-Sha256': await sha256Of('secret weights') }
  expect(await ask(ann).put(`${own.at}/model/a.bin`, {}, 'secret weights')).toBe(200)
  const hers = await experimentOf(eve, 'hers')
  expect(await ask(eve).put(`${hers.at}/stolen.bin`, sum)).toBe(404)
  expect((await eve.send('GET', `${files}/${hers.at}/stolen.bin`)).status).toBe(404)
  expect(await ask(ann).put(`${own.at}/b.bin`, sum)).toBe(201)
  // Nor a version of a model that she may not read; a version that she may read does.
  await ann.post('registered-models/create', { name: 'm' })
  const made = await ann.post('model-versions/create', {
    ...{ name: 'm', source: `mlflow-artifacts:/${own.at}/model`, run_id: own.runId },
  })
  expect(made.status, made.text).toBe(200)
  expect(await ask(eve).put(`${hers.at}/stolen.bin`, sum)).toBe(404)
  await grant('eve', 'registered_model', 'm', 'READ')
  expect(await ask(eve).put(`${hers.at}/a.bin`, sum)).toBe(201)
  // The right to read an experiment does.
  const zoe = await member('zoe')
  const third = await experimentOf(zoe, 'third')
  expect(await ask(zoe).put(`${third.at}/a.bin`, sum)).toBe(404)
  await grant('zoe', 'experiment', own.id, 'READ')
  expect(await ask(zoe).put(`${third.at}/a.bin`, sum)).toBe(201)
  // Where she may not write, a sum is refused like bytes.
  expect(await ask(eve).put(`${own.at}/c.bin`, sum)).toBe(403)
})

test('no number of places that others made hides the one that the caller may read', async () => {
  const { platform, member, grant } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const [ann, eve] = [await member('ann'), await member('eve')]
  const rootOf = async (who: Member, name: string) => {
    const made = await who.post('experiments/create', { name })
    const experiment_id = String(made.json.experiment_id)
    const run = await who.post('runs/create', { experiment_id, start_time: 1 })
    const at = String(run.json.run.info.artifact_uri).replace('mlflow-artifacts:/', '')
    return { id: experiment_id, at, runId: String(run.json.run.info.run_id) }
  }
  const secret = await rootOf(ann, 'secret')
  const shared = await rootOf(ann, 'shared')
  const hers = await rootOf(eve, 'hers')
  const sum = { 'X-Checksum-Deploy': 'true', 'X-Checksum-Sha256': await sha256Of('common') }
  const byAnn = uploads(appOf(() => platform, ann.principal))
  const byEve = uploads(appOf(() => platform, eve.principal))
  await byAnn.put(`${secret.at}/model/a.bin`, {}, 'common')
  await platform.db.all(sql`insert into artifact_files (workspace, path, blob, updated_at_ms)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 6000)
    select a.workspace, ${`${secret.at}/more/`} || n.i, a.blob, 1 from artifact_files a, n
    where a.path = ${`${secret.at}/model/a.bin`}`)
  expect((await byEve.put(`${hers.at}/a.bin`, sum)).status).toBe(404)
  // Its path is behind all the others.
  expect(shared.at > secret.at).toBe(true)
  await byAnn.put(`${shared.at}/z.bin`, {}, 'common')
  expect((await byEve.put(`${hers.at}/a.bin`, sum)).status).toBe(404)
  await grant('eve', 'experiment', shared.id, 'READ')
  expect((await byEve.put(`${hers.at}/a.bin`, sum)).status).toBe(201)
})
