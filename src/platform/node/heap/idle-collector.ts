import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const lookMs = 2000
/** Of the time between two looks: what the background takes of a server that nobody asks anything is below. */
const idleShareMax = 0.02
const grownBytesMin = 8 * 1024 * 1024

/** What a look at the process sees. */
export type HeapLook = {
  /** Since the process began. */
  readonly cpuMs: number
  /** Of the heap, and of buffers beside it. */
  readonly bytes: number
}

/**
 * Collects garbage once nothing happens. V8 by itself collects when more is asked for, so a server that was busy
 * would keep what its last requests left behind until the next ones come. Some seconds after the collection V8 gives
 * free pages back to the machine.
 */
export class IdleCollector {
  readonly #look: () => HeapLook
  readonly #collect: () => void
  #timer: NodeJS.Timeout | undefined
  #cpuMs = Number.NEGATIVE_INFINITY
  #bytesKept = 0

  constructor({ look = lookAtHeap, collect = collectGarbage } = {}) {
    this.#look = look
    this.#collect = collect
  }

  /** Look every two seconds from now on. It does not keep the process alive. */
  start(): void {
    this.#timer = setInterval(() => this.lookOnce(), lookMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Collect where the process did next to nothing since the last look and has grown since the last collection. */
  lookOnce(): void {
    const { cpuMs, bytes } = this.#look()
    const isIdle = cpuMs - this.#cpuMs < lookMs * idleShareMax
    this.#cpuMs = cpuMs
    if (!isIdle || bytes - this.#bytesKept < grownBytesMin) return
    this.#collect()
    const after = this.#look()
    this.#cpuMs = after.cpuMs
    this.#bytesKept = after.bytes
  }
}

function lookAtHeap(): HeapLook {
  const { user, system } = process.cpuUsage()
  const { total_heap_size: heap, external_memory: external } = getHeapStatistics()
  return { cpuMs: (user + system) / 1000, bytes: heap + external }
}

/** Go through the whole heap now. It takes a few hundredths of a second. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
}
