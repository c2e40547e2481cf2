import { bucketOf, type Latencies } from './latencies.ts'

/** What was counted of a variant or a shadow, by the version that answered. */
export type RequestCounts = {
  readonly kind: 'variant' | 'shadow'
  readonly name: string
  /** 0 where only the scorer knows. */
  readonly version: number
  readonly requests: number
  /** No answer, one that broke off, or a status from 500 on. */
  readonly errors: number
  /** A status from 400 to 499: what the caller sent was refused. */
  readonly refused: number
  readonly latencies: Latencies
  /** Of a shadow: requests of which it got no copy, since they were too large or too many. */
  readonly skipped: number
  /** Of a shadow: answers that were compared with the one that the caller got, and those that were the same. */
  readonly compared: number
  readonly agreed: number
  /** Of a shadow: the largest difference of two numbers at the same place. */
  readonly differenceMax: number
}

type Counted = Pick<RequestCounts, 'kind' | 'name' | 'version'>

type Open = { -readonly [K in keyof RequestCounts]: RequestCounts[K] } & {
  latencies: Record<string, number>
}

/** Variants, shadows and versions that are told apart; what goes beyond is not counted. */
const countsMax = 100

/** Counts requests until they are taken, to be reported. */
export class RequestTally {
  #open = new Map<string, Open>()

  /**
   * @param end.status undefined: there was no answer, or it broke off
   * @param end.ms from the end of the request to the begin of the answer
   */
  countAnswer(counted: Counted, end: { readonly status: number | undefined; ms: number }): void {
    const { status = 0, ms } = end
    const open = this.#of(counted)
    if (!open) return
    open.requests++
    if (status < 100 || status >= 500) open.errors++
    else if (status >= 400) open.refused++
    const bucket = bucketOf(ms)
    open.latencies[bucket] = (open.latencies[bucket] ?? 0) + 1
  }

  countSkipped(counted: Counted): void {
    const open = this.#of(counted)
    if (open) open.skipped++
  }

  /** @param difference the largest of two numbers; 0 where none differ */
  countCompared(
    counted: Counted,
    { agrees, difference }: { readonly agrees: boolean; readonly difference: number },
  ): void {
    const open = this.#of(counted)
    if (!open) return
    open.compared++
    if (agrees) open.agreed++
    open.differenceMax = Math.max(open.differenceMax, difference)
  }

  /** What was counted since the last time; the count begins anew. */
  take(): RequestCounts[] {
    const taken = [...this.#open.values()]
    this.#open = new Map()
    return taken
  }

  #of({ kind, name, version }: Counted): Open | undefined {
    const key = `${kind} ${name} ${version}`
    const known = this.#open.get(key)
    if (known || this.#open.size >= countsMax) return known
    const none = { requests: 0, errors: 0, refused: 0, skipped: 0, compared: 0, agreed: 0 }
    const fresh: Open = { kind, name, version, ...none, latencies: {}, differenceMax: 0 }
    this.#open.set(key, fresh)
    return fresh
  }
}
