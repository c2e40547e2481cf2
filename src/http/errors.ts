import { httpStatus, RegistryError } from '../core/error.ts'
import type { AppContext } from './app-env.ts'

/**
 * The one place where an error becomes a reply, in MLflow's envelope. Whatever is no RegistryError
 * is a bug: logged whole, answered without detail.
 */
export function errorReply(err: unknown, c: AppContext): Response {
  if (err instanceof RegistryError) {
    return c.json({ error_code: err.code, message: err.message }, httpStatus[err.code])
  }
  console.error(JSON.stringify({ level: 'error', error: String(err) }), err)
  const message = 'Internal error; the server log has the details under this request id'
  return c.json({ error_code: 'INTERNAL_ERROR', message }, 500)
}

/** 404 ENDPOINT_NOT_FOUND, in the envelope too. */
export function unknownEndpoint(c: AppContext): Response {
  const message = `No such endpoint: ${c.req.method} ${c.req.path.slice(0, 200)}`
  return errorReply(new RegistryError('ENDPOINT_NOT_FOUND', message), c)
}
