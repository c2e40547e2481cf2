import { describe, expect, test } from 'vitest'
import { artifactServer, code, proxy } from '../support/artifact-server.ts'

describe('a download', () => {
  test('answers with what a browser and a cache need to know', async () => {
    const { put, fetch } = await artifactServer()
    await put('d/report.html', '<b>')
    const res = await fetch('d/report.html')
    const sha256 = '507ca5a2742e533022ed641cb7c8d830d815ea5dcd4f37e470c2cd206ac01875'
    expect(Object.fromEntries(res.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-disposition': 'attachment; filename=report.html',
      'content-length': '3',
      'content-type': 'text/html',
      etag: `"${sha256}"`,
      'x-checksum-sha256': sha256,
      'x-content-type-options': 'nosniff',
    })
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
})
