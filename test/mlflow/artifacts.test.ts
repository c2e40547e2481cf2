import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { testServer } from '../app.ts'

const proxy = '/api/2.0/mlflow-artifacts/artifacts'

/** A server, and the artifact proxy's verbs on it. */
async function artifactServer() {
  const server = await testServer()
  const request = (method: string, path: string, init: RequestInit = {}) =>
    server.app.request(path, { method, ...init })
  return {
    ...server,
    request,
    put: (path: string, body: BodyInit) => request('PUT', `${proxy}/${path}`, { body }),
    fetch: (path: string, headers: Record<string, string> = {}) =>
      request('GET', `${proxy}/${path}`, { headers }),
    remove: (path: string) => request('DELETE', `${proxy}/${path}`),
    async names(path: string): Promise<string[]> {
      const res = await request('GET', `${proxy}?path=${encodeURIComponent(path)}`)
      const { files = [] } = (await res.json()) as { files?: { path: string }[] }
      return files.map((file) => file.path)
    },
  }
}

async function code(res: Response): Promise<[number, string]> {
  const { error_code } = (await res.json()) as { error_code: string }
  return [res.status, error_code]
}

describe('the artifact proxy', () => {
  test('gives back what was put, empty files and odd names included', async () => {
    const { put, fetch, names } = await artifactServer()
    for (const name of [
      'a.txt',
      'my%20f%C3%AFle.txt',
      'a+b',
      '100%25.txt',
      'x%3Fy',
      '%23'.slice(1),
    ]) {
      const put1 = await put(`d/${name}`, name)
      expect([put1.status, await put1.text()]).toEqual([200, ''])
      expect(await (await fetch(`d/${name}`)).text()).toBe(name)
    }
    expect((await put('d/empty', '')).status).toBe(200)
    expect(await (await fetch('d/empty')).text()).toBe('')
    expect(await names('d')).toEqual([
      '100%.txt',
      '23',
      'a+b',
      'a.txt',
      'empty',
      'my fïle.txt',
      'x?y',
    ])
  })

  test('answers with what a browser and a cache need to know', async () => {
    const { put, fetch } = await artifactServer()
    await put('d/report.html', '<b>')
    const res = await fetch('d/report.html')
    const sha256 = '93ab00ae90fb4e4ec61c7f97c8b9a01a20d1f2ee4a8ad9ee4e3ed5c5a1b52c4f'.length
    expect(Object.fromEntries(res.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-disposition': 'attachment; filename=report.html',
      'content-length': '3',
      'content-type': 'text/html',
      'x-content-type-options': 'nosniff',
    })
    const checksum = res.headers.get('x-checksum-sha256')
    expect(checksum).toHaveLength(sha256)
    expect(res.headers.get('etag')).toBe(`"${checksum}"`)
    expect(Date.parse(res.headers.get('last-modified') ?? '')).toBeGreaterThan(0)
  })

  test.each([
    ['MLmodel', 'text/plain'],
    ['data.json', 'text/plain'],
    ['plot.png', 'image/png'],
    ['model.pkl', 'application/octet-stream'],
    ['constructor', 'application/octet-stream'],
    ['x.__proto__', 'application/octet-stream'],
  ])('serves %s as %s', async (name, type) => {
    const { put, fetch } = await artifactServer()
    await put(name, 'x')
    expect((await fetch(name)).headers.get('content-type')).toBe(type)
  })

  test('no file name can end the Content-Disposition header', async () => {
    const { put, fetch } = await artifactServer()
    const name = '%22%0d%0aSet-Cookie%3a%20a%3db%5c%20%C3%BC'
    expect((await put(name, 'x')).status).toBe(200)
    const res = await fetch(name)
    expect(res.headers.get('set-cookie')).toBeNull()
    expect(res.headers.get('content-disposition')).toBe(
      `attachment; filename="\\"%0d%0aSet-Cookie: a=b\\\\ u"; filename*=UTF-8''%22%250d%250aSet-Cookie%3A%20a%3Db%5C%20%C3%BC`,
    )
  })

  test.each([
    ['bytes=0-4', 206, 'hello', 'bytes 0-4/11'],
    ['bytes=6-', 206, 'world', 'bytes 6-10/11'],
    ['bytes=-3', 206, 'rld', 'bytes 8-10/11'],
    ['bytes=-99', 206, 'hello world', 'bytes 0-10/11'],
    ['bytes=6-999', 206, 'world', 'bytes 6-10/11'],
    ['bytes=4-2', 200, 'hello world', null],
    ['bytes=0-1,3-4', 200, 'hello world', null],
    ['lines=1-2', 200, 'hello world', null],
  ])('answers Range %s with %d', async (range, status, text, contentRange) => {
    const { put, fetch } = await artifactServer()
    await put('f', 'hello world')
    const res = await fetch('f', { range })
    expect([res.status, await res.text(), res.headers.get('content-range')]).toEqual([
      status,
      text,
      contentRange,
    ])
    expect(res.headers.get('content-length')).toBe(String(text.length))
  })

  test('a range past the end is 416 and tells the size', async () => {
    const { put, fetch } = await artifactServer()
    await put('f', 'hello world')
    for (const range of ['bytes=11-', 'bytes=999-1000', 'bytes=-0']) {
      const res = await fetch('f', { range })
      expect(res.headers.get('content-range')).toBe('bytes */11')
      expect(await code(res)).toEqual([416, 'RANGE_NOT_SATISFIABLE'])
    }
  })

  test('conditional requests: 304 for the same file, a range only of the same file', async () => {
    const { put, fetch } = await artifactServer()
    await put('f', 'hello world')
    const first = await fetch('f')
    const etag = first.headers.get('etag') ?? ''
    const modified = first.headers.get('last-modified') ?? ''
    await first.text()
    expect((await fetch('f', { 'if-none-match': etag })).status).toBe(304)
    expect((await fetch('f', { 'if-none-match': `"x", W/${etag}` })).status).toBe(304)
    expect((await fetch('f', { 'if-none-match': '"x"' })).status).toBe(200)
    expect((await fetch('f', { 'if-modified-since': modified })).status).toBe(304)
    const range = 'bytes=0-1'
    expect((await fetch('f', { range, 'if-range': etag })).status).toBe(206)
    expect((await fetch('f', { range, 'if-range': modified })).status).toBe(206)
    expect((await fetch('f', { range, 'if-range': '"x"' })).status).toBe(200)
  })

  test('HEAD answers the headers of GET and no body', async () => {
    const { put, request } = await artifactServer()
    await put('f', 'hello')
    const res = await request('HEAD', `${proxy}/f`)
    expect([res.status, res.headers.get('content-length'), await res.text()]).toEqual([
      200,
      '5',
      '',
    ])
  })

  test('what is not a file is 404, or 400 for a folder', async () => {
    const { put, fetch } = await artifactServer()
    await put('d/f', 'x')
    expect(await code(await fetch('d/g'))).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
    expect(await code(await fetch('d'))).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(await code(await fetch('d/f/g'))).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
  })

  test('a path that climbs, is absolute, or is no file is refused on every verb', async () => {
    const { put, fetch, remove, request } = await artifactServer()
    const bad = [
      '..%2fx',
      '%252e%252e/x',
      'a%2f..%2f..%2fx',
      '/etc/passwd',
      'file:///x',
      'a%23b',
      'a%00b',
      '%ff',
    ]
    for (const path of bad) {
      for (const res of [
        await put(path, 'x'),
        await fetch(path),
        await remove(path),
        await request('GET', `${proxy}?path=${encodeURIComponent(path)}`),
      ]) {
        expect([path, ...(await code(res))]).toEqual([path, 400, 'INVALID_PARAMETER_VALUE'])
      }
    }
    expect(await code(await put('d/', 'x'))).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(await code(await put('', 'x'))).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(await code(await put('a?b=c', 'x'))).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(await code(await put('x'.repeat(256), 'x'))).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })

  test('a file is never a folder too', async () => {
    const { put, names } = await artifactServer()
    await put('d/f', 'x')
    expect(await code(await put('d/f/g', 'y'))).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(await code(await put('d', 'y'))).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(await names('')).toEqual(['d'])
    expect(await names('d')).toEqual(['f'])
  })

  test('lists one level, by name, with the sizes of files; nothing for a file or a missing folder', async () => {
    const { put, call } = await artifactServer()
    for (const path of ['d/b.txt', 'd/a/x', 'd/a/y/z', 'd/a.txt', 'd!/no', 'd0', 'd/empty']) {
      await put(path, path.endsWith('empty') ? '' : '12')
    }
    const list = await call('GET', `${proxy}?path=d/`)
    expect(list.json).toEqual({
      files: [
        { path: 'a', is_dir: true },
        { path: 'a.txt', is_dir: false, file_size: 2 },
        { path: 'b.txt', is_dir: false, file_size: 2 },
        { path: 'empty', is_dir: false },
      ],
    })
    expect((await call('GET', `${proxy}?path=d/b.txt`)).json).toEqual({})
    expect((await call('GET', `${proxy}?path=nowhere`)).json).toEqual({})
    expect((await call('GET', proxy)).json.files).toHaveLength(3)
  })

  test('pages through 10,000 files and folders without loss, and lists them at once by default', async () => {
    const { platform, call } = await artifactServer()
    const paths = Array.from({ length: 10_000 }, (_, i) => (i % 2 ? `d/f${i}` : `d/f${i}/deep/x`))
    await platform.db.batch([
      sql`insert into blobs (sha256, size_bytes, key, created_at_ms) values ('00', 1, 'k', 1)`,
      sql`insert into artifact_files (workspace, path, blob, updated_at_ms)
          select 'default', value, 1, 1 from json_each(${JSON.stringify(paths)})`,
    ])
    const whole = await call('GET', `${proxy}?path=d`)
    expect(whole.json.files).toHaveLength(10_000)
    expect(whole.json.next_page_token).toBeUndefined()
    const seen: string[] = []
    let token: string | undefined
    for (let page = 0; page < 5; page++) {
      const more: string = token ? `&page_token=${token}` : ''
      const { json } = await call('GET', `${proxy}?path=d&max_results=3333${more}`)
      seen.push(...json.files.map((file: { path: string }) => file.path))
      token = json.next_page_token
      if (!token) break
    }
    expect(token).toBeUndefined()
    expect(new Set(seen)).toEqual(new Set(paths.map((path) => path.split('/')[1])))
    expect(seen).toHaveLength(10_000)
  })

  test('deletes a file, a folder with all below it, and what is not there, but never the root', async () => {
    const { put, remove, names } = await artifactServer()
    for (const path of ['d/a', 'd/b/c', 'd/b/d/e', 'd/bb', 'keep']) await put(path, 'x')
    for (const path of ['d/a', 'd/a', 'd/b', 'nowhere']) {
      const res = await remove(path)
      expect([res.status, await res.json()]).toEqual([200, {}])
    }
    expect(await names('d')).toEqual(['bb'])
    expect(await code(await remove(''))).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
    expect(await names('')).toEqual(['d', 'keep'])
  })

  test('of sixteen writers of one path one whole file is left, and one blob per content', async () => {
    const { put, fetch, platform } = await artifactServer()
    const bodies = Array.from({ length: 16 }, (_, i) => String(i % 4).repeat(20_000))
    const results = await Promise.all(bodies.map((body) => put('d/f', body)))
    expect(results.map((res) => res.status)).toEqual(bodies.map(() => 200))
    expect(bodies).toContain(await (await fetch('d/f')).text())
    expect(await platform.db.all(sql`select 1 from blobs`)).toHaveLength(4)
    const keys = []
    for await (const { key } of platform.blobs.list('blobs/')) keys.push(key)
    expect(keys).toHaveLength(4)
  })

  test('of sixteen writers of a file and of files below it, the tree stays a tree', async () => {
    const { put, names, fetch } = await artifactServer()
    await Promise.all(Array.from({ length: 16 }, (_, i) => put(i % 2 ? 'd/f' : `d/f/${i}`, `${i}`)))
    const below = await names('d/f')
    expect((await fetch('d/f')).status).toBe(below.length === 0 ? 200 : 400)
  })

  test('an upload that breaks off leaves nothing new and the old file as it was', async () => {
    const { put, fetch, names, app } = await artifactServer()
    await put('d/old', 'old')
    for (const path of ['d/old', 'd/new']) {
      let sent = 0
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent++ < 3) controller.enqueue(new Uint8Array(1000))
          else controller.error(new Error('cut off'))
        },
      })
      const req = new Request(`http://localhost${proxy}/${path}`, {
        method: 'PUT',
        body,
        duplex: 'half',
      } as RequestInit)
      expect((await app.request(req)).status).not.toBe(200)
    }
    expect(await names('d')).toEqual(['old'])
    expect(await (await fetch('d/old')).text()).toBe('old')
  })

  test('a damaged blob is refused, or cut off before its end, and never served whole', async () => {
    const { put, fetch, platform } = await artifactServer()
    await put('d/f', 'good bytes')
    const row = await platform.db.first<{ key: string }>(sql`select key from blobs`)
    const key = row?.key ?? ''
    const replace = async (text: string) => {
      await platform.blobs.delete([key])
      await platform.blobs.put(key, bytesOf(text))
    }
    await replace('evil bytes')
    const cut = await fetch('d/f')
    await expect(cut.text()).rejects.toThrow()
    await replace('short')
    expect(await code(await fetch('d/f'))).toEqual([410, 'DATA_LOSS'])
    await platform.blobs.delete([key])
    expect(await code(await fetch('d/f'))).toEqual([410, 'DATA_LOSS'])
  })
})

async function* bytesOf(text: string) {
  yield new TextEncoder().encode(text)
}
