import type { Context as HonoContext } from 'hono'
import type { SignedRequest } from '../access/signatures/sigv4.ts'
import type { RegistryError } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import type { ByteStream } from '../platform/ports.ts'

/** What every surface finds on a request. What each request reads it gets by `c.get(name)`: `c.var` copies all of them each time. */
export type AppEnv = {
  Variables: {
    ctx: Context
    /** Node's raw request body where there is one; reading it is faster than the web stream. */
    rawBody?: ByteStream
    /** The request target as it was sent, where the runtime has it; `c.req.url` has lost `..` segments. */
    rawTarget?: string
    /** The address at the other end of the socket, on Node: a client's or a proxy's. */
    peer?: string
    /** The client's address as the runtime itself gives it, on Workers. */
    clientAddress?: string
    /** Counts one request against the caller's rate limit. @throws REQUEST_LIMIT_EXCEEDED */
    takeTurn(caller: string): void
    /** Authenticates the caller again, for an answer that goes on; undefined: no longer let in. */
    admitAgain(): Promise<Context | undefined>
    /** The workspace that the request names; absent: the default one. */
    workspace?: string | undefined
    /** It stands before the path. */
    isWorkspaceInPath?: boolean
    /** MLflow's own page asked, below its path. */
    isBelowMlflowPage?: boolean
    /** The call is about no workspace: about accounts, or about workspaces themselves. */
    needsNoWorkspace?: boolean
    /** Writes an error in the form of the dialect that the request speaks; absent: MLflow's. */
    answerError?: (c: AppContext, err: RegistryError) => Response
    /** The request with its body, where AWS's clients may have signed it. */
    signed?: SignedRequest
    /** What the answer reads of a database far away goes in few trips: a page reads much at once. */
    joinsReads?: boolean
    /** The operation that answered, for logs and metrics. */
    operation?: string
    /** Whether that operation would change anything. */
    changes?: boolean
    /** The decoded request: the message, or body and path parameters. */
    decoded?: object
  }
}
export type AppContext = HonoContext<AppEnv>
