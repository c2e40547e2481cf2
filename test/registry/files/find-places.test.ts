import { sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { toHex, toUtf8 } from '../../../src/core/bytes.ts'
import { appOf } from '../../support/app.ts'
import { registryServer } from '../../support/registry-server.ts'
import { type Member, team } from '../../support/team.ts'

const search = '/api/v1/search'
async function sumOf(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', toUtf8(text))))
}

test('the sum of a file leads to every version and artifact that has it', async () => {
  const { createModel, createRun, createVersion, upload, transition, post, call } =
    await registryServer()
  const { root, runId } = await createRun()
  for (const path of ['model/a.bin', 'model/b/a.bin', 'other/c.bin']) {
    await upload(`${root}/${path}`, 'weights')
  }
  await upload(`${root}/model/MLmodel`, 'else')
  for (const name of ['m', 'n']) {
    await createModel(name)
    await createVersion(name, `${root}/model`, { run_id: runId })
  }
  await createVersion('m', `${root}/other`, { run_id: runId })
  await transition('m', '1', 'Production')
  await post('registered-models/alias', { name: 'm', alias: 'champion', version: '1' })

  const sha256 = await sumOf('weights')
  const at = root.replace('mlflow-artifacts:/', '')
  const live = { model: 'm', version: '1', stage: 'Production', aliases: ['champion'] }
  const other = { stage: 'None', aliases: [] }
  const versions = [
    { ...live, path: 'a.bin' },
    { ...live, path: 'b/a.bin' },
    { ...other, model: 'm', version: '2', path: 'c.bin' },
    { ...other, model: 'n', version: '1', path: 'a.bin' },
    { ...other, model: 'n', version: '1', path: 'b/a.bin' },
  ]
  const artifacts = ['model/a.bin', 'model/b/a.bin', 'other/c.bin'].map((path) => `${at}/${path}`)
  const found = await call('GET', `${search}?sha256=${sha256.toUpperCase()}`)
  expect(found.json).toEqual({ versions, artifacts })

  // Pages have all of both, once.
  const seen = { versions: [] as unknown[], artifacts: [] as unknown[] }
  let token = ''
  for (let page = 0; page < 9; page += 1) {
    const { json } = await call('GET', `${search}?sha256=${sha256}&max_results=2${token}`)
    seen.versions.push(...json.versions)
    seen.artifacts.push(...json.artifacts)
    if (json.next_page_token === undefined) break
    token = `&page_token=${json.next_page_token}`
  }
  expect(seen).toEqual({ versions, artifacts })

  const files = await call('GET', '/api/v1/models/n/versions/1/files')
  const whole = await call('GET', `${search}?digest=${files.json.digest}`)
  expect(whole.json).toEqual({
    versions: [live, { ...other, model: 'n', version: '1' }],
    artifacts: [],
  })
  const none = await call('GET', `${search}?sha256=${await sumOf('nothing of it')}`)
  expect(none.json).toEqual({ versions: [], artifacts: [] })
})

test('what names no file, or two things, or a page of another search is refused', async () => {
  const { call } = await registryServer()
  const sha256 = await sumOf('weights')
  const forged = btoa(JSON.stringify([1, '', 0, 0, '']))
  for (const query of [
    '',
    '?sha256=abc',
    `?digest=${sha256}`,
    `?sha256=${sha256}&digest=sha256:${sha256}`,
    `?sha256=${sha256}&max_results=0`,
    `?sha256=${sha256}&page_token=${forged}`,
  ]) {
    const { status, json } = await call('GET', search + query)
    expect([query, status, json.error_code]).toEqual([query, 400, 'INVALID_PARAMETER_VALUE'])
  }
})

async function experimentOf(who: Member, name: string) {
  const made = await who.post('experiments/create', { name })
  const id = String(made.json.experiment_id)
  const run = await who.post('runs/create', { experiment_id: id, start_time: 1 })
  const { artifact_uri, run_id } = run.json.run.info
  return { id, runId: String(run_id), at: String(artifact_uri).replace('mlflow-artifacts:/', '') }
}

/** Two experiments of ann's with a file of the same bytes each, and many more of them in the first one. */
async function commonFiles(more: number, overrides: object = {}) {
  const { platform, member, grant } = await team({
    ...{ defaultPermission: 'NO_PERMISSIONS', ...overrides },
  })
  const [ann, eve] = [await member('ann'), await member('eve')]
  const put = async (who: Member, path: string) => {
    const url = `/api/2.0/mlflow-artifacts/artifacts/${path}`
    const app = appOf(() => platform, who.principal)
    expect((await app.request(url, { method: 'PUT', body: 'common' })).status).toBe(200)
  }
  const putSum = async (who: Member, path: string) => {
    const url = `/api/2.0/mlflow-artifacts/artifacts/${path}`
    const headers = { 'x-checksum-sha256': await sumOf('common') }
    const app = appOf(() => platform, who.principal)
    return (await app.request(url, { method: 'PUT', headers })).status
  }
  const secret = await experimentOf(ann, 'secret')
  const shared = await experimentOf(ann, 'shared')
  await put(ann, `${secret.at}/model/a.bin`)
  await put(ann, `${shared.at}/z.bin`)
  await platform.db.all(sql`insert into artifact_files (workspace, path, blob, updated_at_ms)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${more})
    select a.workspace, ${`${secret.at}/more/`} || n.i, a.blob, 1 from artifact_files a, n
    where a.path = ${`${secret.at}/model/a.bin`}`)
  const url = `${search}?sha256=${await sumOf('common')}`
  const ask = async (rest = '') => (await eve.call('GET', url + rest)).json
  return { platform, grant, ann, eve, secret, shared, ask, putSum }
}

test('nobody is told of what they may not read, and nobody hides what they may', async () => {
  const { grant, ann, secret, shared, ask } = await commonFiles(2500)
  await ann.post('registered-models/create', { name: 'm' })
  await ann.post('model-versions/create', {
    ...{ name: 'm', source: `mlflow-artifacts:/${secret.at}/model`, run_id: secret.runId },
  })
  expect(await ask()).toEqual({ versions: [], artifacts: [] })
  await grant('eve', 'experiment', shared.id, 'READ')
  expect(await ask()).toEqual({ versions: [], artifacts: [`${shared.at}/z.bin`] })
  await grant('eve', 'registered_model', 'm', 'READ')
  expect((await ask()).versions).toMatchObject([{ model: 'm', version: '1', path: 'a.bin' }])
})

test('whom nothing was granted makes the server look at none of the files of others', async () => {
  const { platform, ask, grant, shared, eve, putSum } = await commonFiles(2500)
  const own = await experimentOf(eve, 'own')
  const all = vi.spyOn(platform.db, 'all')
  const rows = async () => {
    const results = await Promise.all(all.mock.results.map(({ value }) => value))
    return results.flat().filter((row) => 'path' in row).length
  }
  // The folder of her own experiment.
  expect(await putSum(eve, `${own.at}/mine.bin`)).toBe(404)
  expect(await rows()).toBeLessThan(5)
  all.mockClear()
  await ask()
  expect(await rows()).toBe(0)
  await grant('eve', 'experiment', shared.id, 'READ')
  all.mockClear()
  expect((await ask()).artifacts).toEqual([`${shared.at}/z.bin`])
  // The file, and the folder that it is judged by.
  expect(await rows()).toBe(2)
})

test.each(['NO_PERMISSIONS', 'READ'])(
  'a page ends where much was looked through in vain, and the next goes on: by default %s',
  async (defaultPermission) => {
    const { ask, grant, secret, shared } = await commonFiles(21_000, { defaultPermission })
    for (const { id } of [secret, shared]) await grant('eve', 'experiment', id, 'READ')
    await grant('eve', 'run', '*', 'DENY')
    const first = await ask()
    expect(first).toEqual({ versions: [], artifacts: [], next_page_token: expect.any(String) })
    const token = `&page_token=${first.next_page_token}`
    expect(await ask(token)).toEqual({ versions: [], artifacts: [] })
  },
)
