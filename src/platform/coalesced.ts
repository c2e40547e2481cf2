import { failureText, logError } from './log.ts'

/** How often the same failure is logged while it lasts. */
const sameFailureMs = 60_000

/** Background work: a failure is logged and ends nothing. */
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
 * Work with many callers: it runs once at a time, and once more if it was called for meanwhile.
 * Failures are logged, as by `logged`.
 *
 * @returns starts the work; resolves when a run that began after the call has ended
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
