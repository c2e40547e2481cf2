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
    /** The client's address where the entry knows it: the socket's, or what a trusted proxy says. */
    clientAddress?: string
    /** The operation that answered, for logs and metrics. */
    operation?: string
    /** Whether that operation would change anything. */
    changes?: boolean
    /** What was asked, decoded: the message, or body and path parameters. */
    asked?: object
  }
}
export type AppContext = HonoContext<AppEnv>
