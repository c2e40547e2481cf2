import { failureText, logError } from './log.ts'

/** A failure that goes on is logged once in so long. */
const sameFailureMs = 60_000

/** Work in the background: a failure is logged and does not end anything. */
export function logged(work: () => Promise<void>, now: () => number): () => Promise<void> {
  let told = { error: '', atMs: 0 }
  return async () => {
    try {
      await work()
      told = { error: '', atMs: 0 }
    } catch (err) {
      const error = failureText(err)
      if (error === told.error && now() - told.atMs < sameFailureMs) return
      told = { error, atMs: now() }
      logError({ event: 'background work failed', error })
    }
  }
}

/**
 * Work that many ask for: it runs once at a time, and once more when it was asked for meanwhile.
 * Failures as `logged` has it.
 *
 * @returns asks for the work; resolves when a run that began after the call has ended
 */
export function coalesced(work: () => Promise<void>, now: () => number): () => Promise<void> {
  const run = logged(work, now)
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

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
