import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener, RequestError } from '@hono/node-server'
import { logError } from '../log.ts'

type Fetch = (
  request: Request,
  env: { incoming: IncomingMessage; outgoing: ServerResponse },
) => Response | Promise<Response>

/** A sender that leaves a request unfinished is dropped well within a minute and a half. */
const headersTimeoutMs = 30_000
const silenceMaxMs = 60_000
const keepAliveMs = 65_000

/** How long a busy server may take until it reads a request. */
const unreadMs = 400

/** How much of a refused body is read; a sender of more does not get to see the answer. */
const refusedBytesMax = 1024 ** 3

/** An HTTP server for `fetch`. */
export function httpServer(fetch: Fetch): Server {
  return createHttpServer(
    getRequestListener((request, env) => fetch(request, nodeEnv(env)), {
      errorHandler: malformed,
      autoCleanupIncoming: false,
    }),
  )
}

/**
 * An HTTP server for a listener of Node's. A body may take any time while its bytes keep coming; a client that
 * is silent in the middle of a request or of an answer is dropped.
 */
export function createHttpServer(listener: RequestListener): Server {
  const server = createServer(
    {
      highWaterMark: 256 * 1024,
      maxHeaderSize: 128 * 1024,
      headersTimeout: headersTimeoutMs,
      requestTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      // A request without Host is refused by `malformed`, in the envelope.
      requireHostHeader: false,
      connectionsCheckingInterval: 5000,
    },
    listener,
  )
  dropSilentSockets(server)
  readRefusedBodies(server)
  server.on('clientError', refuseUnreadable)
  server.on('connect', (_request, socket) =>
    refuse(socket, '405 Method Not Allowed', 'This server is no proxy'),
  )
  server.on('checkExpectation', (_request, { socket }) => {
    if (socket) refuse(socket, '417 Expectation Failed', 'Only 100-continue can be expected')
  })
  return server
}

/**
 * Stop taking connections, let requests under way end, and cut what is left after `waitMs`.
 * A connection that looks idle may have sent a request that is not read yet. So none is closed at
 * once, as Node's own `close` would do; clients are told that the connection ends and send no more.
 */
export async function drain(server: Server, waitMs: number): Promise<void> {
  server.prependListener('request', (_incoming, outgoing) => {
    outgoing.shouldKeepAlive = false
  })
  const closed = new Promise<void>((done) => NetServer.prototype.close.call(server, () => done()))
  const idle = setInterval(() => server.closeIdleConnections(), unreadMs)
  const cut = setTimeout(() => server.closeAllConnections(), waitMs)
  await closed
  clearInterval(idle)
  clearTimeout(cut)
}

/** This server speaks HTTP/1 only, so its requests and answers are Node's own. */
function nodeEnv(env: object): { incoming: IncomingMessage; outgoing: ServerResponse } {
  return env as { incoming: IncomingMessage; outgoing: ServerResponse }
}

function malformed(err: unknown): Response {
  if (err instanceof RequestError) {
    return envelope(400, 'BAD_REQUEST', 'The request line or its Host header is malformed')
  }
  logError({ error: String(err) })
  return envelope(500, 'INTERNAL_ERROR', 'Internal error')
}

function envelope(status: number, code: string, message: string): Response {
  return new Response(JSON.stringify({ error_code: code, message }), {
    status,
    headers: inertHeaders,
  })
}

const inertHeaders = {
  'content-type': 'application/json',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Answers what Node's parser gave up on, which never becomes a request. */
function refuseUnreadable(err: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || err.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [status, message]: [string, string] =
    err.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The URL and headers are too long']
      : err.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'The request took too long to arrive']
        : ['400 Bad Request', 'The request is not valid HTTP']
  refuse(socket, status, message)
}

/** Answer without a request, and close. */
function refuse(socket: Duplex, status: string, message: string): void {
  const body = JSON.stringify({ error_code: 'BAD_REQUEST', message })
  const headers = Object.entries(inertHeaders).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    `HTTP/1.1 ${status}\r\n${headers.join('')}content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
}

/** A sender is not silent while its request has arrived whole and is being answered. */
function dropSilentSockets(server: Server): void {
  const working = new WeakMap<Socket, ServerResponse>()
  server.on('request', (incoming, outgoing) => working.set(incoming.socket, outgoing))
  server.timeout = silenceMaxMs
  server.on('timeout', (socket: Socket) => {
    const outgoing = working.get(socket)
    const isBusy = outgoing?.req.complete && !outgoing.headersSent && !outgoing.destroyed
    if (isBusy) socket.setTimeout(silenceMaxMs)
    else socket.destroy()
  })
}

/**
 * Most senders read no answer before they have sent everything. If the connection were closed or
 * left unread, they would see a broken pipe or hang, and not what was wrong with their request.
 */
function readRefusedBodies(server: Server): void {
  server.on('request', (incoming, outgoing) => {
    outgoing.once('finish', () => {
      if (incoming.readableEnded || incoming.destroyed) return
      let left = refusedBytesMax
      incoming.on('data', (chunk: Uint8Array) => {
        left -= chunk.byteLength
        if (left < 0) incoming.destroy()
      })
      incoming.resume()
    })
  })
}
