import type { IncomingMessage, ServerResponse } from 'node:http'

/** One answered request, as logs and metrics see it. */
export type Served = {
  readonly method: string
  /** MLflow's name of the operation, or `other`. */
  readonly operation: string
  /** Without the query, which may contain signatures. */
  readonly path: string
  readonly status: number
  readonly durationMs: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly requestId: string
}

/**
 * Call `done` when the answer is sent or cut off. Bytes are those on the wire, headers and all,
 * taken from the socket: a connection carries one request at a time.
 */
export function whenServed(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  done: (sizes: { status: number; durationMs: number; bytesIn: number; bytesOut: number }) => void,
): void {
  const { socket } = incoming
  const startedMs = performance.now()
  const before = counted.get(socket) ?? { read: 0, written: 0 }
  outgoing.once('close', () => {
    counted.set(socket, { read: socket.bytesRead, written: socket.bytesWritten })
    done({
      status: outgoing.statusCode,
      durationMs: Math.round((performance.now() - startedMs) * 10) / 10,
      bytesIn: socket.bytesRead - before.read,
      bytesOut: socket.bytesWritten - before.written,
    })
  })
}

/** The bytes of a kept-alive connection that were counted when its last request ended. */
const counted = new WeakMap<object, { read: number; written: number }>()
