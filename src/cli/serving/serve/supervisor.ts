import { setTimeout as wait } from 'node:timers/promises'
import { versionKeyOf } from '../follow.ts'
import type { ResolvedModel } from '../pull-version.ts'
import { type ReadyVersion, Scorer, type ScorerTerms } from './scorer.ts'

/** Between starts of a version that fails or dies, growing from the first to the second. */
const [retryMsMin, retryMsMax] = [1000, 300_000]
/** A scorer that lived for so long is started again at once. */
const steadyMs = 60_000

/** What a supervisor has to say: which version is live, and what did not come up. */
export type SupervisorEvent =
  | { readonly is: 'live'; readonly resolved: ResolvedModel; readonly wasWarm: boolean }
  | { readonly is: 'failed'; readonly resolved: ResolvedModel; readonly why: string }
  | { readonly is: 'died'; readonly resolved: ResolvedModel; readonly why: string }

export type SupervisorTerms = Omit<ScorerTerms, 'onLine'> & {
  /** Bring the files of a version here, and check them. */
  readonly obtain: (resolved: ResolvedModel) => Promise<ReadyVersion>
  /** How long the version before is kept running. */
  readonly standbyMs: number
  readonly onLine: (resolved: ResolvedModel, line: string) => void
  readonly onEvent: (event: SupervisorEvent) => void
}

/**
 * Keeps a scorer of the wanted version live. A version goes live when it is ready, and until then the one
 * before answers, also where it never gets ready. One that died is started again.
 */
export class Supervisor {
  readonly #terms: SupervisorTerms
  /** By the key of a version: when it may be started again, and how long the pause before was. */
  readonly #pauses = new Map<string, { readonly untilMs: number; readonly ms: number }>()
  #live: Scorer | undefined
  #standby: { readonly scorer: Scorer; readonly timer: NodeJS.Timeout } | undefined
  #wanted: ResolvedModel | undefined
  /** The version that was live last. */
  #proven: ResolvedModel | undefined
  #failure: { readonly resolved: ResolvedModel; readonly why: string } | undefined
  /** Ends a start, when another version is wanted. */
  #start = new AbortController()
  /** Ends a pause, when there is something to do. */
  #pause = new AbortController()
  #isBusy = false
  #isClosed = false

  constructor(terms: SupervisorTerms) {
    this.#terms = terms
  }

  /** The scorer that answers now. */
  get live(): Scorer | undefined {
    return this.#live
  }

  /** Why the wanted version is not live, if it was tried and did not come up. */
  get failure(): { readonly resolved: ResolvedModel; readonly why: string } | undefined {
    const failure = this.#failure
    if (!failure || !this.#wanted) return undefined
    const key = versionKeyOf(this.#wanted)
    const isLive = this.#live !== undefined && isOf(this.#live, key)
    return versionKeyOf(failure.resolved) === key && !isLive ? failure : undefined
  }

  want(resolved: ResolvedModel): void {
    const isNew = !this.#wanted || versionKeyOf(this.#wanted) !== versionKeyOf(resolved)
    this.#wanted = resolved
    if (!isNew) return
    this.#pauses.clear()
    this.#start.abort()
    this.#wake()
  }

  /** End all scorers once they have answered what they have. */
  retire(): void {
    const live = this.#live
    this.#live = undefined
    void live?.drain()
    this.#endStandby()
    this.close()
  }

  /** End all scorers. */
  close(): void {
    this.#isClosed = true
    this.#start.abort()
    this.#pause.abort()
    this.#endStandby()
    this.#live?.stop()
    this.#live = undefined
  }

  #wake(): void {
    this.#pause.abort()
    if (!this.#isBusy) void this.#work()
  }

  /** Until the wanted version is live. */
  async #work(): Promise<void> {
    this.#isBusy = true
    for (let todo = this.#todo(); todo.length > 0; todo = this.#todo()) {
      const now = performance.now()
      const due = todo.find((resolved) => this.#dueMs(resolved) <= now)
      if (due) {
        await this.#tryToBringUp(due)
        continue
      }
      this.#pause = new AbortController()
      const ms = Math.min(...todo.map((resolved) => this.#dueMs(resolved))) - now
      await wait(ms, undefined, { signal: this.#pause.signal }).catch(() => {})
    }
    this.#isBusy = false
  }

  /** What may be brought up, best first: with nothing live, also the version that was live last. */
  #todo(): ResolvedModel[] {
    if (!this.#wanted || this.#isClosed) return []
    if (!this.#live) return [this.#wanted, ...(this.#proven ? [this.#proven] : [])]
    return isOf(this.#live, versionKeyOf(this.#wanted)) ? [] : [this.#wanted]
  }

  #dueMs(resolved: ResolvedModel): number {
    return this.#pauses.get(versionKeyOf(resolved))?.untilMs ?? 0
  }

  #letPause(resolved: ResolvedModel): void {
    const key = versionKeyOf(resolved)
    const before = this.#pauses.get(key)
    const ms = before ? Math.min(2 * before.ms, retryMsMax) : retryMsMin
    this.#pauses.set(key, { ms, untilMs: performance.now() + ms })
  }

  async #tryToBringUp(resolved: ResolvedModel): Promise<void> {
    this.#start = new AbortController()
    const { signal } = this.#start
    try {
      await this.#bringUp(resolved, signal)
    } catch (err) {
      if (signal.aborted) return
      this.#letPause(resolved)
      const why = err instanceof Error ? err.message : String(err)
      this.#failure = { resolved, why }
      this.#terms.onEvent({ is: 'failed', resolved, why })
    }
  }

  async #bringUp(resolved: ResolvedModel, signal: AbortSignal): Promise<void> {
    const warm = this.#standby?.scorer
    if (warm && isOf(warm, versionKeyOf(resolved))) {
      this.#switchTo(warm, true)
      return
    }
    const ready = await this.#terms.obtain(resolved)
    signal.throwIfAborted()
    const { onLine } = this.#terms
    const terms = { ...this.#terms, onLine: (line: string) => onLine(resolved, line) }
    const scorer = await Scorer.start(ready, terms, signal)
    if (signal.aborted) scorer.stop()
    else this.#switchTo(scorer, false)
  }

  #switchTo(scorer: Scorer, wasWarm: boolean): void {
    const before = this.#live
    const { resolved } = scorer.ready
    this.#live = scorer
    scorer.sinceMs = Date.now()
    this.#proven = resolved
    if (wasWarm && this.#standby) {
      clearTimeout(this.#standby.timer)
      this.#standby = undefined
    }
    if (before && before !== scorer) this.#keepWarm(before)
    if (!wasWarm) this.#watchEnd(scorer)
    this.#terms.onEvent({ is: 'live', resolved, wasWarm })
  }

  #keepWarm(scorer: Scorer): void {
    this.#endStandby()
    if (this.#terms.standbyMs === 0) {
      void scorer.drain()
      return
    }
    const timer = setTimeout(() => this.#endStandby(), this.#terms.standbyMs)
    timer.unref()
    this.#standby = { scorer, timer }
  }

  #endStandby(): void {
    if (!this.#standby) return
    const { scorer, timer } = this.#standby
    clearTimeout(timer)
    this.#standby = undefined
    if (this.#isClosed) scorer.stop()
    else void scorer.drain()
  }

  #watchEnd(scorer: Scorer): void {
    const begunMs = performance.now()
    const { resolved } = scorer.ready
    void scorer.ended.then((why) => {
      if (this.#standby?.scorer === scorer) this.#endStandby()
      if (this.#live !== scorer) return
      this.#live = undefined
      this.#terms.onEvent({ is: 'died', resolved, why })
      if (performance.now() - begunMs >= steadyMs) this.#pauses.delete(versionKeyOf(resolved))
      else this.#letPause(resolved)
      this.#wake()
    })
  }
}

function isOf(scorer: Scorer, key: string): boolean {
  return scorer.isAlive && versionKeyOf(scorer.ready.resolved) === key
}
