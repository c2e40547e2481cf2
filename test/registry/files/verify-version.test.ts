import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { verifyFiles } from '../../../src/artifacts/manifest.ts'
import { fromBase64Url, toBase64Url } from '../../../src/core/bytes.ts'
import { verifyVersion } from '../../../src/registry/files/verify-version.ts'
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
  const all = Number.POSITIVE_INFINITY
  const bounds = { bytesMax: all, wholeBytesMax: all, filesMax: 3 }
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

const large = 'l'.repeat(1000)

/** A sealed version with a file that is larger than a call reads; what is read is counted. */
async function versionOfLarge() {
  const server = await registryServer()
  const { runId, root } = await server.createRun()
  for (const [name, text] of [
    ['a', 'small'],
    ['large', large],
    ['z', 'small too'],
  ]) {
    await server.upload(`${root}/model/${name}`, text ?? '')
  }
  await server.createModel('m')
  await server.createVersion('m', `${root}/model`, { run_id: runId })
  const { db, blobs: store } = server.platform
  const watched = { bytes: 0 }
  const get: typeof store.get = async (key, range) => {
    if (range) watched.bytes += range.end - range.start
    return store.get(key, range)
  }
  const blobs: typeof store = Object.assign(Object.create(store), { get })
  const ctx = { ...contextOf(server.platform), blobs }
  const keyOf = async () =>
    (await db.first(sql<{ key: string }>`select key from blobs where size_bytes = ${large.length}`))
      ?.key ?? ''
  const put = async (key: string, text: string) => {
    await store.delete([key])
    const body = new Blob([text]).stream() as unknown as AsyncIterable<Uint8Array>
    await store.put(key, body, text.length)
  }
  const read = (token?: string) =>
    verifyVersion(ctx, { name: 'm', version: 1 }, { bytesMax: 1, token, pieceBytesMin: 300 })
  /** Calls until all is read, from a token on. */
  const readOn = async (token?: string) => {
    const verdicts = [await read(token)]
    for (;;) {
      const next = verdicts.at(-1)?.nextPageToken
      if (next === undefined || verdicts.length > 20) return verdicts
      verdicts.push(await read(next))
    }
  }
  const noted = async () =>
    (await db.all(sql`select 1 from audit_entries where action = 'model_version.damaged'`)).length
  return { db, store, watched, keyOf, put, read, readOn, noted }
}

test('a file that is larger than a part is read in pieces, over several calls, and nothing twice', async () => {
  const { readOn, watched } = await versionOfLarge()
  const verdicts = await readOn()
  // A piece ends between two blocks of the hash: 256 bytes of 300.
  expect(verdicts.map(({ filesRead }) => filesRead)).toEqual([1, 1, 1, 1, 2, 3])
  expect(verdicts.at(-1)).toMatchObject({ isIntact: true, differing: [] })
  expect(verdicts.map(({ reading }) => reading?.bytesRead)).toEqual([
    ...[undefined, 256, 512, 768, undefined, undefined],
  ])
  expect(watched.bytes).toBe(large.length)
})

test.each([
  ['changed', `${large.slice(1)}L`],
  ['changed', 'short'],
  ['missing', undefined],
])('a large file that is %s is told, and noted in the audit log', async (problem, text) => {
  const { readOn, keyOf, put, store, noted } = await versionOfLarge()
  const key = await keyOf()
  if (text === undefined) await store.delete([key])
  else await put(key, text)
  const verdicts = await readOn()
  expect(verdicts.flatMap(({ differing }) => differing)).toMatchObject([{ path: 'large', problem }])
  expect([verdicts.at(-1)?.isIntact, await noted()]).toEqual([false, 1])
})

test('nobody makes damage of a sound file by a token of their own', async () => {
  const { read, readOn, noted } = await versionOfLarge()
  const third = (await readOn()).slice(0, 3).at(-1)?.nextPageToken ?? ''
  const fields = JSON.parse(fromBase64Url(third) ?? '')
  expect(fields).toEqual([
    ...[expect.any(Number), 'a', 1, 0, 512, expect.any(String), expect.any(String)],
  ])
  for (const [at, other] of [
    [4, 576],
    [5, '0'.repeat(64)],
    [6, '0'.repeat(64)],
    [6, 'x'],
  ] as const) {
    const forged = fields.with(at, other)
    // It is read from its beginning.
    const verdicts = await readOn(toBase64Url(JSON.stringify(forged)))
    expect(verdicts).toHaveLength(5)
    expect(verdicts.at(-1)).toMatchObject({ isIntact: true })
  }
  for (const forged of [fields.with(4, -1), fields.with(4, '512'), fields.slice(0, 5)]) {
    const token = toBase64Url(JSON.stringify(forged))
    await expect(read(token)).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
  }
  expect(await noted()).toBe(0)
})

test.each([
  ['sound by a damaged one', large, `L${large.slice(1)}`, false],
  ['damaged by a sound one', `L${large.slice(1)}`, large, true],
])('no large file is judged by bytes of two objects: one %s', async (_, first, then, isIntact) => {
  const { db, readOn, read, keyOf, put, store, noted } = await versionOfLarge()
  const key = await keyOf()
  await put(key, first)
  const one = await read()
  const two = await read(one.nextPageToken)
  const replaced = `blobs/aa/${'0'.repeat(32)}`
  await put(replaced, then)
  await db.all(sql`update blobs set key = ${replaced} where key = ${key}`)
  await store.delete([key])
  expect((await readOn(two.nextPageToken)).at(-1)).toMatchObject({ isIntact })
  expect(await noted()).toBe(isIntact ? 0 : 1)
})

test('the answer says how far a file is read that is larger than one call reads', async () => {
  const { createRun, createModel, createVersion, upload, call } = await registryServer()
  const { runId, root } = await createRun()
  const [piece, size] = [64 * 1024 ** 2, 64 * 1024 ** 2 + 1]
  await upload(`${root}/model/large`, 'l'.repeat(size))
  await createModel('m')
  await createVersion('m', `${root}/model`, { run_id: runId })
  const first = await call('POST', `${path}?max_bytes=1`)
  expect(first.json).toMatchObject({ files: 0, reading: { path: 'large', bytes: piece, size } })
  expect(first.json.ok).toBeUndefined()
  const second = await call('POST', `${path}?max_bytes=1&page_token=${first.json.next_page_token}`)
  expect([second.json.files, second.json.reading]).toEqual([1, undefined])
  const end = await call('POST', `${path}?page_token=${second.json.next_page_token}`)
  expect(end.json).toMatchObject({ ok: true, files: 1 })
})
