import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const lookMs = 5000
/** Of the time between two looks: what the background takes of a server that nobody asks anything is below. */
const idleShareMax = 0.02
const grownBytesMin = 8 * 1024 * 1024

/** What a look at the process sees. */
export type ProcessLook = {
  /** Since the process began. */
  readonly cpuMs: number
  /** That it has in memory: pages that V8 keeps free are no part of what it says of its heap. */
  readonly bytes: number
}

/**
 * Collects garbage once nothing happens. V8 by itself collects when more is asked for, so a server that was busy
 * would keep what its last requests left behind until the next ones come.
 */
export class IdleCollector {
  readonly #look: () => ProcessLook
  readonly #collect: () => void
  #cpuMs = Number.NEGATIVE_INFINITY
  #bytesKept = 0

  constructor({ look = lookAtProcess, collect = collectGarbage } = {}) {
    this.#look = look
    this.#collect = collect
  }

  /** Look every five seconds from now on. It does not keep the process alive. */
  start(): void {
    setInterval(() => this.lookOnce(), lookMs).unref()
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

function lookAtProcess(): ProcessLook {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1000, bytes: process.memoryUsage.rss() }
}

/**
 * Go through the whole heap now, and give its free pages back to the machine, which V8 keeps after any other collection.
 * It takes about a tenth of a second.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: (how: object) => void = runInNewContext('gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
