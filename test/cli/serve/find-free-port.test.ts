import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { findFreePort } from '../../../src/cli/serving/serve/find-free-port.ts'

test('a free port is one that the system gives to nobody by itself', async () => {
  const isLinux = process.platform === 'linux'
  const given = isLinux ? await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8') : '49152'
  const ports = await Promise.all(Array.from({ length: 20 }, findFreePort))
  expect(Math.max(...ports)).toBeLessThan(Number.parseInt(given, 10))
  for (const port of ports) {
    const server = createServer()
    await new Promise<void>((done, failed) => {
      server.once('error', failed).listen(port, '127.0.0.1', done)
    })
    await new Promise((done) => server.close(done))
  }
})
