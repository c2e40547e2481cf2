import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { artifactServer, code, proxy } from '../support/artifact-server.ts'

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
    await platform.db.batch({
      blobs: sql`insert into blobs (sha256, size_bytes, key, created_at_ms) values ('00', 1, 'k', 1)`,
      artifactFiles: sql`insert into artifact_files (workspace, path, blob, updated_at_ms)
          select 'default', value, 1, 1 from json_each(${JSON.stringify(paths)})`,
    })
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
