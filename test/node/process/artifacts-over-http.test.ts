import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { listen } from '../../../src/node.ts'
import { drain } from '../../../src/platform/node/http-server.ts'

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

  test('a path with a fragment is refused, not cut', async () => {
    const answer = await raw(
      `PUT ${proxy}/a#b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`,
    )
    expect(answer).toContain('HTTP/1.1 400')
    expect((await fetch(`${server.url}${proxy}/a`)).status).toBe(404)
  })

  test('a GET without a query reads its JSON body, one with a query the query alone', async () => {
    const ask = (query: string, id: string) => {
      const body = JSON.stringify({ experiment_id: id })
      return raw(
        `GET /api/2.0/mlflow/experiments/get${query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      )
    }
    expect(await ask('', '0')).toContain('"name":"Default"')
    expect(await ask('', '7')).toContain('No Experiment with id=7 exists')
    expect(await ask('?experiment_id=0', '7')).toContain('"name":"Default"')
  })

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

  test('who is refused in mid-body may send the rest, gets the answer and keeps the connection', async () => {
    const size = 8_000_000
    const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`
    const refused: [string, string, string | Buffer][] = [
      [
        'POST /ajax-api/2.0/mlflow/upload-artifact?run_id=x&path=a',
        'Transfer-Encoding: chunked',
        `${chunk.repeat(200)}0\r\n\r\n`,
      ],
      [`PUT ${proxy}/a/%252e%252e/b`, `Content-Length: ${size}`, Buffer.alloc(size)],
    ]
    for (const [request, length, body] of refused) {
      const socket = await open()
      socket.write(`${request} HTTP/1.1\r\nHost: localhost\r\n${length}\r\n\r\n`)
      socket.write(body)
      socket.write('GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
      let answers = ''
      for await (const text of socket.setEncoding('utf8')) answers += text
      expect(answers.match(/HTTP\/1\.1 \d+/g), request).toEqual([
        expect.stringMatching(/ 4(00|13)$/),
        'HTTP/1.1 200',
      ])
    }
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

test('a server that stops answers what is under way, and says that the connection ends', async () => {
  const { server, url } = await listen(await freshPlatform(), { host: '127.0.0.1', port: 0 })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(`PUT ${proxy}/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na`)
  await once(server, 'request')
  const stopped = drain(server, 5000)
  socket.write('bcGET /version HTTP/1.1\r\nHost: localhost\r\n\r\n')
  let answers = ''
  for await (const text of socket.setEncoding('utf8')) answers += text
  await stopped
  expect(answers.match(/HTTP\/1\.1 \d+|Connection: \S+/g)).toEqual([
    'HTTP/1.1 200',
    'Connection: keep-alive',
    'HTTP/1.1 200',
    'Connection: close',
  ])
})
