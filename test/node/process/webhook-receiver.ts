import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Got = {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A real receiver on this machine. @param answer status of the answer, or undefined for none at all */
export async function startReceiver(answer: (got: Got) => number | undefined = () => 200) {
  const got: Got[] = []
  const server = createServer((req, res) => {
    let body = ''
    req.on('data', (chunk) => {
      body += chunk
    })
    req.on('end', () => {
      const one = { path: req.url ?? '', headers: req.headers, body }
      got.push(one)
      const status = answer(one)
      if (status === undefined) return
      res.writeHead(status, { location: 'http://127.0.0.1:1/elsewhere' })
      res.end('ok'.repeat(5000))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    got,
    port,
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    },
    /** Until so many requests have come. */
    async until(count: number, ms = 20_000): Promise<void> {
      const end = Date.now() + ms
      while (got.length < count) {
        if (Date.now() > end) throw new Error(`${got.length} of ${count} requests came in ${ms} ms`)
        await new Promise((done) => setTimeout(done, 20))
      }
    },
  }
}
