import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { appOf } from '../../support/app.ts'
import { hubServer, refusalOf } from './hub-server.ts'

async function served() {
  const server = await hubServer()
  const version = await server.seal('fraud', {
    MLmodel: 'flavors: {}',
    'data/model.bin': '0123456789',
    'data/deep/a b+ü.txt': 'odd',
  })
  return { ...server, ...version }
}

test('a file comes whole, by a range, unchanged, or not at all', async () => {
  const { hub, commit } = await served()
  const whole = await hub('/default/fraud/resolve/1/data/model.bin')
  expect(whole.status).toBe(200)
  expect(await whole.text()).toBe('0123456789')
  const { headers } = whole
  expect(headers.get('x-repo-commit')).toBe(commit)
  expect(headers.get('content-length')).toBe('10')
  expect(headers.get('cache-control')).toBe('private, no-transform, no-cache')
  const etag = headers.get('etag') ?? ''
  expect(etag).toMatch(/^"[0-9a-f]{64}"$/)

  const pinned = await hub(`/default/fraud/resolve/${commit}/data/model.bin`)
  expect(pinned.headers.get('cache-control')).toContain('immutable')
  const part = await hub('/default/fraud/resolve/1/data/model.bin', {
    headers: { range: 'bytes=4-' },
  })
  expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
    206,
    '456789',
    'bytes 4-9/10',
  ])
  const beyond = await hub('/default/fraud/resolve/1/data/model.bin', {
    headers: { range: 'bytes=10-' },
  })
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10'])
  const known = await hub('/default/fraud/resolve/1/data/model.bin', {
    headers: { 'if-none-match': etag },
  })
  expect([known.status, await known.text()]).toEqual([304, ''])
})

test('a HEAD says all in its headers, of a refusal too', async () => {
  const { hub, commit } = await served()
  const head = await hub('/default/fraud/resolve/1/data/model.bin', { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  expect(head.headers.get('x-repo-commit')).toBe(commit)
  expect(head.headers.get('x-linked-size')).toBe('10')
  const missing = await hub('/default/fraud/resolve/1/nope.txt', { method: 'HEAD' })
  expect([...refusalOf(missing), await missing.text()]).toEqual([404, 'EntryNotFound', ''])
  // Clients note by it that this version lacks the file.
  expect(missing.headers.get('x-repo-commit')).toBe(commit)
  expect(missing.headers.get('x-error-message')).toContain("'nope.txt'")
  expect(refusalOf(await hub('/default/fraud/resolve/1/data', { method: 'HEAD' }))).toEqual([
    404,
    'EntryNotFound',
  ])
})

test('a path may have any characters, each part encoded by itself', async () => {
  const { hub } = await served()
  const odd = await hub(`/default/fraud/resolve/1/data/deep/${encodeURIComponent('a b+ü.txt')}`)
  expect(await odd.text()).toBe('odd')
  for (const path of ['%00', '%ff', 'data//model.bin', '%2e%2e/x', "'; drop table blobs"]) {
    const res = await hub(`/default/fraud/resolve/1/${path}`)
    expect([400, 404]).toContain(res.status)
    expect(res.headers.get('x-error-message')).toBeTruthy()
  }
})

test('a tree has the files below a folder, or what lies in it', async () => {
  const { hub, hubJson } = await served()
  type Entry = { type: string; path: string; size: number; lfs?: { oid: string; size: number } }
  const named = (entries: Entry[]) => entries.map(({ type, path }) => `${type} ${path}`)
  const tree = '/api/models/default/fraud/tree/1'
  const all: Entry[] = await hubJson(`${tree}?recursive=true&expand=false`)
  expect(named(all)).toEqual(['file MLmodel', 'file data/deep/a b+ü.txt', 'file data/model.bin'])
  expect(all[2]?.lfs).toEqual({
    oid: expect.stringMatching(/^[0-9a-f]{64}$/),
    size: 10,
    pointerSize: 134,
  })
  expect(named(await hubJson(`${tree}?recursive=False`))).toEqual([
    'file MLmodel',
    'directory data',
  ])
  expect(named(await hubJson(`${tree}/data`))).toEqual([
    'directory data/deep',
    'file data/model.bin',
  ])
  expect(named(await hubJson(`${tree}/data?recursive=True`))).toEqual([
    'file data/deep/a b+ü.txt',
    'file data/model.bin',
  ])
  expect(refusalOf(await hub(`${tree}/nowhere`))).toEqual([404, 'EntryNotFound'])
})

test('paths-info takes a form or JSON and leaves out what is not there', async () => {
  const { hub, hubJson } = await served()
  const path = '/api/models/default/fraud/paths-info/1'
  const body = new URLSearchParams([
    ['paths', 'MLmodel'],
    ['paths', 'data'],
    ['paths', 'nope'],
    ['expand', 'false'],
  ])
  const found = await hubJson(path, { method: 'POST', body })
  expect(found.map((one: { path: string; type: string }) => [one.path, one.type])).toEqual([
    ['MLmodel', 'file'],
    ['data', 'directory'],
  ])
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } }
  expect(await hubJson(path, { ...json, body: '{"paths":["MLmodel"]}' })).toHaveLength(1)
  for (const wrong of [
    '{"paths":[1]}',
    '[',
    '"x"',
    '{"paths":["\\u0000"]}',
    '{"paths":["\\ud800"]}',
  ]) {
    expect((await hub(path, { ...json, body: wrong })).status).toBe(400)
  }
  const many = { paths: Array.from({ length: 10_001 }, (_, i) => `${i}`) }
  expect((await hub(path, { ...json, body: JSON.stringify(many) })).status).toBe(400)
})

test('a long tree has pages of one version, by the public address', async () => {
  const server = await hubServer()
  const settings = { ...server.platform.settings, publicUrl: 'https://example.org/registry' }
  const app = appOf(() => ({ ...server.platform, settings }))
  await server.createModel('big')
  const { root, runId } = await server.createRun()
  await server.upload(`${root}/d/f`, 'x')
  // As many files of the same bytes, without as many uploads.
  await server.platform.db.all(sql`insert into artifact_files
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 2499)
    select f.workspace, f.path || printf('%04d é', i), f.blob, 0 from artifact_files f, n`)
  await server.createVersion('big', root, { run_id: runId })
  await server.transition('big', '1', 'Production')
  for (const query of ['/d?recursive=true', '?recursive=true', '/d?recursive=false']) {
    const paths: string[] = []
    let next: string | undefined = `/hf/api/models/big/tree/Production${query}`
    let pages = 0
    while (next !== undefined) {
      const res: Response = await app.request(next, { headers: { host: 'example.org' } })
      paths.push(...((await res.json()) as { path: string }[]).map(({ path }) => path))
      const link: string | null = res.headers.get('link')
      next = /^<https:\/\/example\.org\/registry(\/hf\/[^>]+)>; rel="next"$/.exec(link ?? '')?.[1]
      expect(next === undefined).toBe(link === null)
      // A page that is asked for later is of the same version, whatever is in Production then.
      if (next !== undefined) expect(next).toMatch(/\/tree\/[0-9a-f]{40}/)
      pages++
    }
    expect([pages, new Set(paths).size, paths.length], query).toEqual([3, 2500, 2500])
  }
})

test('the model says what it is, with its files', async () => {
  const { hubJson, commit, post } = await served()
  await post('registered-models/set-tag', { name: 'fraud', key: 'licence', value: 'MIT' })
  const info = await hubJson('/api/models/default/fraud/revision/1')
  expect(info).toMatchObject({
    id: 'default/fraud',
    author: 'default',
    sha: commit,
    private: true,
    tags: ['licence:MIT'],
    siblings: [
      { rfilename: 'MLmodel' },
      { rfilename: 'data/deep/a b+ü.txt' },
      { rfilename: 'data/model.bin' },
    ],
  })
  const { siblings } = await hubJson('/api/models/default/fraud/revision/1?blobs=true')
  expect(siblings[2]).toMatchObject({ size: 10, lfs: { size: 10 } })
})
