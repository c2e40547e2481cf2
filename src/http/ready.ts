import { RegistryError } from '../core/error.ts'
import { pingDatabase } from '../db/database.ts'
import { logError } from '../platform/log.ts'
import type { AppContext } from './app-env.ts'

const waitMs = 5000

/**
 * `GET /ready`: whether requests can be served, that is, whether database and blob store answer.
 * `/health` tells only that the process lives, so that a failing store does not get it restarted.
 */
export async function checkReady(c: AppContext): Promise<Response> {
  const { db, blobs, requestId } = c.var.ctx
  const failing = await Promise.all([
    failure(requestId, 'database', pingDatabase(db)),
    failure(requestId, 'artifacts', blobs.sizeOf('readiness')),
  ])
  const names = failing.filter((name) => name !== undefined)
  if (names.length === 0) return c.json({ status: 'ready' })
  throw new RegistryError(
    'TEMPORARILY_UNAVAILABLE',
    `Not ready: ${names.join(' and ')} do not answer`,
  )
}

/** The name of a store that does not answer; the reason goes only to the log. */
async function failure(
  requestId: string,
  name: string,
  probe: Promise<unknown>,
): Promise<string | undefined> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('no answer in time')), waitMs)
  try {
    await Promise.race([probe, late.promise])
    return undefined
  } catch (err) {
    logError({ event: 'not ready', requestId, store: name, error: String(err) })
    return name
  } finally {
    clearTimeout(timer)
  }
}
