import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { verifyFiles } from '../../../src/artifacts/manifest.ts'
import { contextOf } from '../../support/accounts.ts'
import { registryServer } from '../../support/registry-server.ts'
import { hiddenFields, pagesOf, textOf } from '../../ui/page.ts'

const names = ['a', 'b/c', 'b/d', 'e', 'f']
const path = '/api/v1/models/m/versions/1/verify'

/** A sealed version of five files of ten bytes each. */
async function versionOfFive() {
  const server = await registryServer()
  const { runId, root } = await server.createRun()
  for (const name of names) await server.upload(`${root}/model/${name}`, `file${name.padStart(6)}`)
  await server.createModel('m')
  await server.createVersion('m', `${root}/model`, { run_id: runId })
  const { db, blobs } = server.platform
  return {
    ...server,
    root,
    runId,
    async lose(name: string) {
      const found = await db.first<{ key: string }>(sql`select b.key from blobs b
        join artifact_files f on f.blob = b.id where f.path like ${`%/model/${name}`}`)
      await blobs.delete([found?.key ?? ''])
    },
    verify: async (query: Readonly<Record<string, string>>) =>
      server.call('POST', `${path}?${new URLSearchParams(query)}`),
    damaged: async () =>
      (await db.all(sql`select 1 from audit_entries where action = 'model_version.damaged'`))
        .length,
    pages: pagesOf(server.app),
  }
}

test('a part ends before it is too large, says nothing of the whole, and the next goes on behind it', async () => {
  const { lose, verify, damaged } = await versionOfFive()
  await lose('a')
  const found: unknown[] = []
  let query: Record<string, string> = { max_bytes: '25' }
  for (;;) {
    const { status, json } = await verify(query)
    expect(status).toBe(200)
    found.push([json.files, json.ok, json.differing.map((file: { path: string }) => file.path)])
    if (!json.next_page_token) break
    query = { ...query, page_token: json.next_page_token }
  }
  expect(found).toEqual([
    [2, undefined, ['a']],
    [4, undefined, []],
    [5, false, []],
  ])
  expect(await damaged()).toBe(1)
})

test('a file that is larger than a part is read in one of its own', async () => {
  const { verify } = await versionOfFive()
  let token = ''
  for (const [i] of names.entries()) {
    const { json } = await verify({ max_bytes: '1', page_token: token })
    expect([json.files, json.ok]).toEqual([i + 1, i === 4 ? true : undefined])
    token = json.next_page_token
  }
  expect((await verify({})).json).toMatchObject({ ok: true, files: 5, differing: [] })
})

test('a part has so many files at most', async () => {
  const { platform } = await versionOfFive()
  const manifest = await platform.db.first<{ id: number }>(sql`select id from manifests`)
  const bounds = { bytesMax: Number.POSITIVE_INFINITY, filesMax: 3 }
  const ctx = contextOf(platform)
  const first = await verifyFiles(ctx, manifest?.id ?? 0, { after: '', ...bounds })
  expect([first.files.length, first.next]).toEqual([3, 'b/d'])
  const rest = await verifyFiles(ctx, manifest?.id ?? 0, { after: 'b/d', ...bounds })
  expect([rest.files.length, rest.next]).toEqual([2, undefined])
})

test('the token of another version, a made one and a size of nothing are refused', async () => {
  const { call, verify, upload, root, runId, createVersion } = await versionOfFive()
  await upload(`${root}/other/x`, 'x')
  await upload(`${root}/other/y`, 'y')
  await createVersion('m', `${root}/other`, { run_id: runId })
  const { json } = await verify({ max_bytes: '1' })
  const foreign = `${path.replace('/1/', '/2/')}?page_token=${json.next_page_token}`
  expect((await call('POST', foreign)).status).toBe(400)
  expect((await verify({ page_token: 'x' })).status).toBe(400)
  for (const max_bytes of ['0', '-1', '1.5', 'all']) {
    expect((await verify({ max_bytes })).status, max_bytes).toBe(400)
  }
})

test('the page reads nothing before somebody asks for it, and then a part for each press', async () => {
  const { lose, pages, damaged, post } = await versionOfFive()
  const page = '/models/m/1/verify'
  await lose('e')
  expect((await pages.get('/models/m/1')).html).toContain(`href="${page}"`)
  const before = await pages.get(page)
  expect([before.status, textOf(before.html)]).toEqual([
    200,
    expect.stringContaining('Read the files'),
  ])
  expect(await damaged()).toBe(0)
  const read = await pages.post(page, hiddenFields(before.html, page))
  expect(textOf(read.html)).toContain('5 files read')
  expect(textOf(read.html)).toContain('1 not what was sealed')
  expect(textOf(read.html)).toMatch(/e missing/)
  expect(await damaged()).toBe(1)
  await post('model-versions/create', { name: 'm', source: 's3://elsewhere/m' })
  const outside = await pages.get('/models/m/2/verify')
  expect([outside.status, textOf(outside.html)]).toEqual([
    200,
    expect.stringContaining('not sealed'),
  ])
})

test('the page goes on with a press of a button, and with no link', async () => {
  const { verify, pages } = await versionOfFive()
  const { json } = await verify({ max_bytes: '25' })
  const page = '/models/m/1/verify'
  const rest = await pages.post(page, { from: json.next_page_token })
  expect(textOf(rest.html)).toMatch(/5 files read .*all are what was sealed/)
  const linked = await pages.get(`${page}?from=${json.next_page_token}`)
  expect(textOf(linked.html), 'a link reads nothing').not.toContain('files read')
  expect((await pages.post(page, { from: 'x' })).status).toBe(400)
  expect((await pages.post('/models/m/9/verify', {})).status).toBe(404)
})

test('a list that lacks a file is not what was sealed, though each file of it is', async () => {
  const { verify, pages, platform } = await versionOfFive()
  await platform.db.all(sql`delete from manifest_files where path = 'f'`)
  expect((await verify({})).json).toMatchObject({ ok: false, files: 4, differing: [] })
  const page = '/models/m/1/verify'
  const read = await pages.post(page, hiddenFields((await pages.get(page)).html, page))
  expect(textOf(read.html)).toMatch(/4 files read .*their list is not what was sealed/)
})
