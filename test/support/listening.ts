import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'

/** An application of this process behind a port, for what calls servers by their URL. */
export async function listenAt(app: { request(input: Request): Response | Promise<Response> }) {
  const server = createServer(getRequestListener((request) => app.request(request)))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}`, [Symbol.dispose]: stop }
}
