import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'

/** What Node's own fetch reads before it waits: one byte less, or more, hits nothing. */
const waitingBytes = 65_536

test('an answer that waits to be read outlives the connection it came by', async () => {
  const body = Buffer.alloc(waitingBytes, 'a')
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`)
      socket.end(body)
    })
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const res = await fetch(`http://127.0.0.1:${port}/`)
  await pause(300)
  expect(await res.text()).toHaveLength(waitingBytes)
})

test('a server under which an upgrade took the file away still calls out', async () => {
  const before = globalThis.fetch
  const part = '../../src/platform/node/replace-dispatcher.ts'
  onTestFinished(() => {
    globalThis.fetch = before
    vi.doUnmock(part)
    vi.resetModules()
    vi.restoreAllMocks()
  })
  vi.resetModules()
  vi.doMock(part, () => {
    throw new Error('it is gone')
  })
  const log = vi.spyOn(console, 'error').mockReturnValue()
  const { mendFetch } = await import('../../src/platform/node/mend-fetch.ts')
  mendFetch()
  for (const text of ['one', 'two']) {
    expect(await (await fetch(`data:,${text}`)).text()).toBe(text)
  }
  expect(log).toHaveBeenCalledOnce()
})
