import type { Router } from './router.ts'
import type { RequestCounts } from './tally.ts'

/** What was counted since the report before, of a deployment. */
export type NumberedCounts = {
  readonly deployment: number
  readonly sequence: number
  readonly items: readonly RequestCounts[]
}

type PendingReport = { readonly report: NumberedCounts; readonly takenMs: number }

export type CountReporterTerms = {
  readonly send: (report: NumberedCounts) => Promise<void>
  /** Whether what `send` rejected with may pass, so that it is sent again. */
  readonly mayPass: (err: unknown) => boolean
}

/** What could not be reported for so long is forgotten: it would count for a time that is not its own. */
const keptMs = 60_000
/** A report that takes longer has been given up, also where its end was not told. */
const sendingMsMax = 30_000

/**
 * Reports what a router counts. A report of which is not known whether it arrived is sent again as it was, under
 * its number, so that it counts once.
 */
export class CountReporter {
  readonly #router: Router
  readonly #terms: CountReporterTerms
  #pending: PendingReport | undefined
  #sequence = 0
  #sentMs = Number.NEGATIVE_INFINITY

  constructor(router: Router, terms: CountReporterTerms) {
    this.#router = router
    this.#terms = terms
  }

  /**
   * Report what was counted, if anything was and no report is under way.
   *
   * @throws what `send` rejects with
   */
  async report(): Promise<void> {
    const now = this.#router.now()
    if (now - this.#sentMs < sendingMsMax) return
    const pending = this.#next(now)
    if (!pending) return
    this.#sentMs = now
    try {
      await this.#terms.send(pending.report)
      this.#forget(pending)
    } catch (err) {
      if (!this.#terms.mayPass(err)) this.#forget(pending)
      throw err
    } finally {
      this.#sentMs = Number.NEGATIVE_INFINITY
    }
  }

  #forget(pending: PendingReport): void {
    if (this.#pending === pending) this.#pending = undefined
  }

  #next(now: number): PendingReport | undefined {
    if (this.#pending && now - this.#pending.takenMs < keptMs) return this.#pending
    const { id: deployment } = this.#router.split
    const items = this.#router.tally.take()
    this.#pending =
      items.length > 0 && deployment !== undefined
        ? { report: { deployment, sequence: ++this.#sequence, items }, takenMs: now }
        : undefined
    return this.#pending
  }
}
