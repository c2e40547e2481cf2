import { RegistryError } from '../core/error.ts'
import { checkDatabase, UnusableError } from '../db/probe.ts'
import { logError } from '../platform/log.ts'
import type { BlobStore } from '../platform/ports.ts'
import type { AppContext } from './app-env.ts'

const waitMs = 5000

/**
 * `GET /ready`: whether requests can be served, that is, whether database and blob store answer and
 * take writes, and the schema is that of this release. `/health` tells only that the process lives,
 * so that a failing store does not get it restarted.
 */
export async function checkReady(c: AppContext): Promise<Response> {
  const { db, blobs, requestId } = c.var.ctx
  const failing = await Promise.all([
    findProblem(requestId, 'database', checkDatabase(db)),
    findProblem(requestId, 'artifacts', probeBlobs(blobs)),
  ])
  const problems = failing.filter((problem) => problem !== undefined)
  if (problems.length === 0) return c.json({ status: 'ready' })
  throw new RegistryError('TEMPORARILY_UNAVAILABLE', `Not ready: ${problems.join('; ')}`)
}

async function probeBlobs(blobs: BlobStore): Promise<void> {
  await blobs.sizeOf('readiness')
  await blobs.probeWrite?.().catch((cause: unknown) => {
    throw new UnusableError('takes no writes', { cause })
  })
}

/** What is wrong with a store; the reason goes only to the log. */
async function findProblem(
  requestId: string,
  store: 'database' | 'artifacts',
  probe: Promise<unknown>,
): Promise<string | undefined> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('no answer in time')), waitMs)
  try {
    await Promise.race([probe, late.promise])
    return undefined
  } catch (err) {
    const cause = err instanceof UnusableError && err.cause ? { cause: String(err.cause) } : {}
    logError({ event: 'not ready', requestId, store, error: String(err), ...cause })
    const problem = err instanceof UnusableError ? err.message : 'does not answer'
    return `the ${store === 'database' ? 'database' : 'store of artifacts'} ${problem}`
  } finally {
    clearTimeout(timer)
  }
}
