import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { testServer } from '../support/server.ts'

const artifacts = '/api/2.0/mlflow-artifacts'

type Created = { upload_id: string; credentials?: { url: string; part_number: number }[] }

/** 5 MiB, the least that R2 and S3 take of a part that is not the last. */
const partBytes = 5 * 1024 * 1024

async function multipartServer(overrides: Parameters<typeof testServer>[0] = {}) {
  const server = await testServer(overrides)
  const { app, call } = server
  return {
    ...server,
    create: (folder: string, path: unknown, num_parts: unknown) =>
      call('POST', `${artifacts}/mpu/create/${folder}`, { path, num_parts }),
    putPart: (url: string, body: BodyInit, length: number) =>
      app.request(url, { method: 'PUT', body, headers: { 'content-length': String(length) } }),
    complete: (folder: string, body: object) =>
      call('POST', `${artifacts}/mpu/complete/${folder}`, body),
    abort: (folder: string, body: object) => call('POST', `${artifacts}/mpu/abort/${folder}`, body),
    fetch: (path: string) => app.request(`${artifacts}/artifacts/${path}`),
  }
}

describe('a multipart upload', () => {
  test('that cannot be recorded leaves nothing in the store', async () => {
    const { platform } = await testServer()
    const full = () => Promise.reject(Object.assign(new Error('full'), { code: 'SQLITE_FULL' }))
    const db = { ...platform.db, all: full, first: full, batch: full }
    const { create } = await multipartServer({ ...platform, db })
    expect((await create('d', 'f', 1)).status).toBe(507)
    expect(await Array.fromAsync(platform.blobs.leftovers())).toEqual([])
  })

  test('sends parts to signed URLs in any order and shows the file when it is complete', async () => {
    const { create, putPart, complete, fetch } = await multipartServer()
    const { json } = await create('d/e', '/home/me/big.bin', 2)
    const { upload_id, credentials = [] } = json as Created
    expect(credentials.map((part) => part.part_number)).toEqual([1, 2])
    const bodies = ['a'.repeat(partBytes), 'tail']
    const parts = []
    for (const i of [1, 0]) {
      const { url = '', part_number = 0 } = credentials[i] ?? {}
      const body = bodies[i] ?? ''
      const res = await putPart(url, body, body.length)
      expect([res.status, await res.text()]).toEqual([200, ''])
      parts.push({ part_number, etag: res.headers.get('etag'), url })
    }
    expect((await fetch('d/e/big.bin')).status).toBe(404)
    const done = await complete('d/e', { path: '/home/me/big.bin', upload_id, parts })
    expect([done.status, done.json]).toEqual([200, {}])
    expect(await (await fetch('d/e/big.bin')).text()).toBe(bodies.join(''))
    expect((await complete('d/e', { path: 'big.bin', upload_id, parts })).status).toBe(200)
  })

  test('is completed, and may be told so again, however the clock goes on meanwhile', async () => {
    let now = Date.now()
    const { create, putPart, complete } = await multipartServer({ now: () => ++now })
    const { upload_id, credentials: [{ url = '' } = {}] = [] } = (await create('d', 'f', 1))
      .json as Partial<{ upload_id: string; credentials: { url: string }[] }>
    const etag = (await putPart(url, 'tail', 4)).headers.get('etag')
    const body = { path: 'f', upload_id, parts: [{ part_number: 1, etag, url }] }
    expect([(await complete('d', body)).status, (await complete('d', body)).status]).toEqual([
      200, 200,
    ])
  })

  test('takes the name of the local file, of Windows too, and never its folders', async () => {
    const { create, platform } = await multipartServer()
    for (const path of ['/tmp/x/a.bin', 'rel/b.bin', 'C:\\models\\c.bin', 'd e%20ü.bin']) {
      expect((await create('to', path, 0)).json).toEqual({ upload_id: expect.any(String) })
    }
    const rows = await platform.db.all(sql`select path from multipart_uploads order by path`)
    expect(rows).toEqual(
      ['to/a.bin', 'to/b.bin', 'to/c.bin', 'to/d e ü.bin'].map((path) => ({ path })),
    )
  })

  test('refuses a path that climbs, in body and URL, so that the client falls back to one PUT', async () => {
    const { create, complete, abort } = await multipartServer()
    for (const path of ['../x', 'a/%2e%2e/x', '..%252fx']) {
      const refusals = [
        await create('d', path, 1),
        await complete('d', { path, upload_id: 'u', parts: [] }),
        await abort('d', { path, upload_id: 'u' }),
      ]
      for (const { status, json } of refusals) {
        expect(status).toBe(400)
        expect(json.message).toMatch(/^Multipart upload is not supported for the current artifact/)
      }
    }
    for (const folder of ['..%2fx', '%252e%252e', 'a%23']) {
      const { status, json } = await create(folder, 'x', 1)
      expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    }
    for (const path of ['a#b', 'file:///x', 'a\u0000', 'd/', '/']) {
      expect((await create('d', path, 1)).status).toBe(400)
    }
  })

  test('refuses part counts and part lists that make no file', async () => {
    const { create, complete, putPart } = await multipartServer()
    for (const count of [-1, 10_001, 'many', 1.5, '9223372036854775807']) {
      expect((await create('d', 'x', count)).status).toBe(400)
    }
    const { json } = await create('d', 'x', 1)
    const { upload_id, credentials } = json as Created
    await putPart(credentials?.[0]?.url ?? '', 'abc', 3)
    const lists = [[], [{ part_number: 1, etag: 'wrong' }], [{ part_number: 7, etag: 'x' }], [{}]]
    for (const parts of lists) {
      expect((await complete('d', { path: 'x', upload_id, parts })).status).toBe(400)
    }
    expect((await complete('other', { path: 'x', upload_id, parts: [] })).status).toBe(400)
    expect((await complete('d', { path: 'x', upload_id: 'nope', parts: [] })).status).toBe(404)
  })

  test('a part URL is for one part of one upload, for a day', async () => {
    let now = 1_000_000
    const { create, putPart } = await multipartServer({ now: () => now })
    const { json } = await create('d', 'x', 2)
    const url = new URL((json as Created).credentials?.[0]?.url ?? '')
    const other = new URL((json as Created).credentials?.[1]?.url ?? '')
    const forged = [
      `${url.pathname.replace(/1$/, '2')}${url.search}`,
      `${url.pathname}${other.search}`,
      url.pathname,
      `${url.pathname}${url.search.replace(/expires=\d+/, 'expires=99999999999999')}`,
      `${url.pathname}?expires=x&signature=y`,
    ]
    for (const path of forged) expect((await putPart(path, 'abc', 3)).status).toBe(403)
    const stranger = url.pathname.replace(/uploads\/\w+/, 'uploads/none')
    expect((await putPart(`${stranger}${url.search}`, 'abc', 3)).status).toBe(404)
    now += 24 * 60 * 60 * 1000 + 1
    expect((await putPart(url.href, 'abc', 3)).status).toBe(403)
  })

  test('aborting forgets the parts, and twice is no error', async () => {
    const { create, abort, putPart, platform } = await multipartServer()
    const { json } = await create('d', 'x', 1)
    const { upload_id, credentials } = json as Created
    const url = credentials?.[0]?.url ?? ''
    await putPart(url, 'abc', 3)
    for (let i = 0; i < 2; i++) {
      expect(await abort('d', { path: 'x', upload_id })).toMatchObject({ status: 200, json: {} })
    }
    expect((await putPart(url, 'abc', 3)).status).toBe(404)
    expect(await platform.db.all(sql`select 1 from multipart_uploads`)).toEqual([])
  })

  test('presigned downloads are by ranges, of one content, and for this file alone', async () => {
    const { call, app } = await multipartServer()
    const put = (body: string) =>
      app.request(`${artifacts}/artifacts/d/ü%20x.bin`, { method: 'PUT', body })
    await put('hello world')
    const { status, json } = await call('GET', `${artifacts}/presigned/d/ü%20x.bin`)
    expect([status, json]).toEqual([200, { url: expect.any(String), headers: {}, file_size: 11 }])
    const range = await app.request(json.url, { headers: { range: 'bytes=6-' } })
    expect([range.status, await range.text()]).toEqual([206, 'world'])
    const other = new URL(json.url)
    other.searchParams.set('path', 'd/other')
    expect((await app.request(other.href)).status).toBe(403)
    await put('overwritten')
    expect((await app.request(json.url)).status).toBe(409)
    expect((await call('GET', `${artifacts}/presigned/d`)).status).toBe(400)
    expect((await call('GET', `${artifacts}/presigned/none`)).status).toBe(404)
    expect((await call('GET', `${artifacts}/presigned/..%2fx`)).status).toBe(400)
  })
})
