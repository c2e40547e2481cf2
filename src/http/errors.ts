import { accepts } from 'hono/accepts'
import {
  BlockedError,
  excerpt,
  FilterError,
  httpStatus,
  NotYetError,
  RegistryError,
  RequestLimitError,
} from '../core/error.ts'
import { failureText, logError } from '../platform/log.ts'
import { isWorkspaceGone, workspaceNotFound } from '../workspaces/reach.ts'
import type { AppContext } from './app-env.ts'
import { isApiPath } from './guards/reached.ts'
import { noteRefusal } from './guards/refusals.ts'

/** Makes the page that a browser gets for an error. */
export type ErrorPage = (c: AppContext, error: RegistryError) => Promise<Response>

/**
 * The one place where an error becomes a reply: a page for browsers, the form of the dialect that is
 * spoken, and MLflow's envelope for everybody else. An error that is not a RegistryError is a bug or a failing store: it is logged whole and
 * answered without detail.
 */
export async function errorReplyOf(
  err: unknown,
  c: AppContext,
  showPage: ErrorPage,
): Promise<Response> {
  const known = knownError(err, c)
  if (known) {
    await noteRefusal(c, known)
    return replyOf(known, c, showPage)
  }
  const { requestId } = c.var.ctx
  const { method, path } = c.req
  const error = failureText(err)
  const operation = c.var.operation
  logError({ requestId, method, path, operation, error })
  const answered =
    storeFailure(err) ??
    new RegistryError(
      'INTERNAL_ERROR',
      `Internal error; the server log has the details under request id ${requestId}`,
    )
  return replyOf(answered, c, showPage)
}

/** What is no bug of ours. */
function knownError(err: unknown, c: AppContext): RegistryError | undefined {
  if (err instanceof RegistryError) return err
  return isWorkspaceGone(err) ? workspaceNotFound(c.var.ctx.workspace) : disconnected(err)
}

function replyOf(
  err: RegistryError,
  c: AppContext,
  showPage: ErrorPage,
): Response | Promise<Response> {
  if (err instanceof RequestLimitError || err instanceof NotYetError) {
    c.header('Retry-After', String(err.retryAfterS))
  }
  if (c.var.answerError) return c.var.answerError(c, err)
  return isForPage(c) ? showPage(c, err) : envelope(err, c)
}

/** Whether a browser asks for a page. Who takes anything is a program, and so is who asks below `/api`. */
function isForPage(c: AppContext): boolean {
  const { path } = c.req
  if (isApiPath(path) && !path.endsWith('/card.html')) return false
  const wanted = accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'text/html'],
    default: 'application/json',
  })
  return wanted === 'text/html'
}

function envelope(err: RegistryError, c: AppContext): Response {
  // This header makes browsers and HTTP libraries send their credentials.
  if (err.code === 'UNAUTHENTICATED') c.header('WWW-Authenticate', 'Basic realm="gatehouse"')
  // Tells a move that waits from one that is forbidden; the body stays MLflow's.
  if (err instanceof BlockedError) {
    c.header('X-Promotion-Request', String(err.blocked.promotionId))
  }
  const place = err instanceof FilterError && err.place ? { place: err.place } : {}
  return c.json({ error_code: err.code, message: err.message, ...place }, httpStatus[err.code])
}

/** A sender that disconnects in the middle of its body gets no answer; this is no bug. */
function disconnected(err: unknown): RegistryError | undefined {
  const gone = err instanceof Error && 'code' in err && err.code === 'ECONNRESET'
  const aborted = gone && err.message === 'aborted'
  return aborted ? new RegistryError('BAD_REQUEST', 'The request body ended early') : undefined
}

/**
 * A store that is busy or out of reach is a 503, which clients repeat; a full one is not. Drivers
 * show this only by a code or text. Those of SQLite, Node, D1, the libSQL client, S3 and R2 are here.
 */
function storeFailure(err: unknown): RegistryError | undefined {
  const code = err instanceof Error && 'code' in err ? String(err.code) : ''
  const text = `${code} ${err instanceof Error ? err.message : ''}`
  if (/SQLITE_FULL|ENOSPC|EDQUOT|disk is full/.test(text)) {
    return new RegistryError(
      'RESOURCE_EXHAUSTED',
      "The server's storage is full; nothing was stored",
    )
  }
  const away =
    /SQLITE_BUSY|SQLITE_IOERR|SQLITE_READONLY|EACCES|EROFS|EMFILE|ECONNREFUSED|ETIMEDOUT|EIO\b|fetch failed|D1_ERROR: (?:D1 DB is overloaded|Network connection lost|.*storage caused object to be reset|.*its code was updated)|S3 answered \w+ with (?:429|5\d\d)|\((?:10001|10043|10058)\)$/
  return away.test(text)
    ? new RegistryError('TEMPORARILY_UNAVAILABLE', "The server's storage does not answer")
    : undefined
}

/** The error of a path that is not served: 404 ENDPOINT_NOT_FOUND, or 405 with `Allow` where it has other methods. */
export function unknownEndpoint(
  c: AppContext,
  methodsOf: (path: string) => readonly string[],
): RegistryError {
  const asked = `${c.req.method} ${excerpt(c.req.path)}`
  const methods = methodsOf(c.req.path)
  if (methods.length === 0) {
    return new RegistryError('ENDPOINT_NOT_FOUND', `No such endpoint: ${asked}`)
  }
  c.header('Allow', methods.join(', '))
  const message = `${asked}: this endpoint takes ${methods.join(', ')}`
  return new RegistryError('METHOD_NOT_ALLOWED', message)
}
