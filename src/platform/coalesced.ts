import { logError } from './log.ts'

/** A failure that goes on is logged once in so long. */
const sameFailureMs = 60_000

/**
 * Work that many ask for: it runs once at a time, and once more when it was asked for meanwhile. A
 * failure is logged and does not end anything.
 *
 * @returns asks for the work; resolves when a run that began after the call has ended
 */
export function coalesced(work: () => Promise<void>, now: () => number): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let told = { error: '', atMs: 0 }

  async function run(): Promise<void> {
    try {
      await work()
      told = { error: '', atMs: 0 }
    } catch (err) {
      const error = err instanceof Error ? (err.stack ?? err.message) : String(err)
      if (error === told.error && now() - told.atMs < sameFailureMs) return
      told = { error, atMs: now() }
      logError({ event: 'background work failed', error })
    }
  }

  function begin(): Promise<void> {
    running = run().finally(() => {
      running = undefined
    })
    return running
  }

  return () => {
    if (!running) return begin()
    next ??= running.then(() => {
      next = undefined
      return running ?? begin()
    })
    return next
  }
}
