import { coalesced } from '../coalesced.ts'

/** Replies come first, and the changes of a few moments are worked on together. */
const delayMs = 50
/** For what another process recorded, and for what failed. */
const intervalMs = 1000

/** Work in the background of a server: soon after each `wake`, and every second. */
export class Loop {
  readonly #run: () => Promise<void>
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined

  constructor(work: () => Promise<void>) {
    this.#run = coalesced(work, Date.now)
  }

  start(): void {
    this.#timer = setInterval(() => this.#run(), intervalMs)
  }

  /** Nothing happens before `start` and after `stop`. */
  wake(): void {
    if (!this.#timer || this.#soon) return
    this.#soon = setTimeout(() => {
      this.#soon = undefined
      void this.#run()
    }, delayMs)
  }

  /** Work once more, on what was recorded last, and end with it; at most `waitMs`. */
  async stop(waitMs: number): Promise<void> {
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
    this.#timer = undefined
    let late: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((done) => {
      late = setTimeout(done, waitMs)
    })
    await Promise.race([this.#run(), timeout])
    clearTimeout(late)
  }
}
