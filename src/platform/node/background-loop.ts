import { logError } from '../log.ts'

/** Between two looks for work that nobody woke the loop for: of other processes, or to be tried again. */
const everyMs = 500

/** Work that goes on beside requests; `wake` begins it at once, `stop` ends the loop. */
export class BackgroundLoop {
  readonly #work: () => Promise<void>
  readonly #timer: NodeJS.Timeout
  #isAwake = false

  /** @param work may run several times at once; the loop does not wait for it */
  constructor(work: () => Promise<void>) {
    this.#work = work
    this.#timer = setInterval(() => this.#begin(), everyMs)
  }

  /** Soon, once for all who ask before it begins. */
  wake(): void {
    if (this.#isAwake) return
    this.#isAwake = true
    setImmediate(() => {
      this.#isAwake = false
      this.#begin()
    })
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #begin(): void {
    this.#work().catch((err) => {
      logError({ work: 'background', error: err instanceof Error ? err.stack : String(err) })
    })
  }
}
