import { RequestLimitError } from '../../core/error.ts'
import type { Platform } from '../../platform/context.ts'

/** How many requests a caller had left at a moment. */
type Bucket = { readonly left: number; readonly atMs: number }

/** More callers than a process sees within one second, in which every bucket fills up again. */
const bucketsMax = 10_000

/**
 * A token bucket for each caller: a second's worth of requests at once, refilled over time. It
 * counts only in this process, or this isolate of a Worker.
 */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>()

  /** @throws RequestLimitError the caller has no request left */
  take({ settings, now }: Pick<Platform, 'settings' | 'now'>, caller: string): void {
    const perSecond = settings.rateLimit
    if (perSecond === 0) return
    const atMs = now()
    const { left, atMs: beforeMs } = this.#buckets.get(caller) ?? { left: perSecond, atMs }
    const refilled = Math.min(perSecond, left + (Math.max(0, atMs - beforeMs) * perSecond) / 1000)
    this.#keep(caller, { left: refilled < 1 ? refilled : refilled - 1, atMs })
    if (refilled >= 1) return
    const waitS = Math.ceil((1 - refilled) / perSecond)
    throw new RequestLimitError(
      `More than ${perSecond} requests per second; try again in ${waitS} s`,
      waitS,
    )
  }

  /**
   * The latest caller is last in the map; the first buckets are full again, so they can be dropped.
   */
  #keep(caller: string, bucket: Bucket): void {
    this.#buckets.delete(caller)
    this.#buckets.set(caller, bucket)
    const oldest = this.#buckets.keys().next()
    if (this.#buckets.size > bucketsMax && !oldest.done) this.#buckets.delete(oldest.value)
  }
}
