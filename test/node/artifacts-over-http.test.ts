import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { listen } from '../../src/node.ts'

const proxy = '/api/2.0/mlflow-artifacts/artifacts'

describe('artifacts over a socket', () => {
  let server: Awaited<ReturnType<typeof listen>>

  beforeAll(async () => {
    server = await listen(await freshPlatform(), { host: '127.0.0.1', port: 0 })
  })
  afterAll(async () => {
    server.server.closeAllConnections()
    server.server.close()
  })

  async function open(): Promise<Socket> {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }

  /** Send `text` as it is, and read all that comes back; it should ask for the end itself. */
  async function raw(text: string): Promise<string> {
    const socket = await open()
    socket.write(text)
    let answer = ''
    for await (const chunk of socket.setEncoding('utf8')) answer += chunk
    return answer
  }

  test.each(['../x', '%2e%2e/x', 'a/../../x', '.%2E/x', 'a/..', '..%2fx', '%252e%252e/x'])(
    'PUT %s is refused in the envelope, although a URL parser would resolve it',
    async (path) => {
      const answer = await raw(
        `PUT ${proxy}/${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`,
      )
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).toContain('"error_code":"INVALID_PARAMETER_VALUE"')
    },
  )

  test('an empty file may come chunked, as Python sends it', async () => {
    const answer = await raw(
      `PUT ${proxy}/empty HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    const res = await fetch(`${server.url}${proxy}/empty`)
    expect([res.status, await res.text()]).toEqual([200, ''])
  })

  test('a path of bytes that should have been encoded is refused', async () => {
    const answer = await raw(
      `PUT ${proxy}/ü.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('a sender that goes away in the middle leaves nothing, and the old file as it was', async () => {
    await fetch(`${server.url}${proxy}/d/old`, { method: 'PUT', body: 'old' })
    for (const name of ['old', 'new']) {
      const socket = await open()
      socket.write(
        `PUT ${proxy}/d/${name} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc`,
      )
      socket.end()
      socket.resume()
      await once(socket, 'close')
    }
    const list = await fetch(`${server.url}${proxy}?path=d`)
    expect(await list.json()).toEqual({ files: [{ path: 'old', is_dir: false, file_size: 3 }] })
    expect(await (await fetch(`${server.url}${proxy}/d/old`)).text()).toBe('old')
  })

  test('a file of many chunks comes back whole, with its length', async () => {
    const bytes = new Uint8Array(3_000_001).map((_, i) => (i * 31) % 251)
    const put = await fetch(`${server.url}${proxy}/big`, { method: 'PUT', body: bytes })
    expect(put.status).toBe(200)
    const res = await fetch(`${server.url}${proxy}/big`)
    expect(res.headers.get('content-length')).toBe('3000001')
    expect(Buffer.from(await res.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true)
  })
})
