import { coalesced, logged } from '../coalesced.ts'

/** A short wait: replies go first, and changes close together are handled in one run. */
const delayMs = 50
/** For what another process wrote, and to try again what failed. */
const intervalMs = 500

/** Work in the background of a server: soon after each `wake`, and twice a second. */
export class Loop {
  readonly #jobs: readonly (() => Promise<void>)[]
  readonly #beside: () => Promise<void>
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined

  /**
   * @param jobs each runs once at a time, and none waits for another
   * @param beside may run several times at once, since it waits for others; nothing waits for it
   */
  constructor(jobs: readonly (() => Promise<void>)[], beside: () => Promise<void>) {
    this.#jobs = jobs.map((job) => coalesced(job, Date.now))
    this.#beside = logged(beside, Date.now)
  }

  start(): void {
    this.#timer = setInterval(() => this.#begin(), intervalMs)
  }

  /** Nothing happens before `start` or after `stop`. */
  wake(): void {
    if (!this.#timer || this.#soon) return
    this.#soon = setTimeout(() => {
      this.#soon = undefined
      this.#begin()
    }, delayMs)
  }

  /** Work once more, on what was written last, and then stop; takes at most `waitMs`. */
  async stop(waitMs: number): Promise<void> {
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
    this.#timer = undefined
    let late: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((done) => {
      late = setTimeout(done, waitMs)
    })
    await Promise.race([Promise.all(this.#jobs.map((job) => job())), timeout])
    clearTimeout(late)
  }

  #begin(): void {
    for (const job of this.#jobs) void job()
    void this.#beside()
  }
}
