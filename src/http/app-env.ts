import type { Context as HonoContext } from 'hono'
import type { Context } from '../platform/context.ts'
import type { ByteStream } from '../platform/ports.ts'

/** What every surface finds on a request. */
export type AppEnv = {
  Variables: {
    ctx: Context
    /** Node's raw request body where there is one; reading it is faster than the web stream. */
    rawBody?: ByteStream
    /** The request target as it was sent, where the runtime has it; `c.req.url` has lost `..` segments. */
    rawTarget?: string
    /** The address at the other end of the socket, on Node: a client's or a proxy's. */
    peer?: string
    /** What the runtime itself vouches for as the client's address, on Workers. */
    clientAddress?: string
    /** Takes one request of a caller from what it may send. @throws REQUEST_LIMIT_EXCEEDED */
    takeTurn(caller: string): void
    /** Finds out again who asks, for an answer that goes on; undefined: by now nobody. */
    admitAgain(): Promise<Context | undefined>
    /** The operation that answered, for logs and metrics. */
    operation?: string
    /** Whether that operation would change anything. */
    changes?: boolean
    /** What was asked, decoded: the message, or body and path parameters. */
    asked?: object
  }
}
export type AppContext = HonoContext<AppEnv>
