import type { Writable } from 'node:stream'

/** How far a long command is, on one line of the terminal that is written again and again. */
export type ProgressBar = {
  /** So many more are done. */
  advance(count?: number): void
  /** Take the line away, so that what is printed next stands alone. Twice is as good as once. */
  stop(): void
}

type ProgressTerms = {
  /** What is counted, in the plural: `files`. */
  readonly unit: string
  /** How many there will be; without it there is neither bar nor estimate. */
  readonly total?: number | undefined
  readonly output?: ProgressOutput
  /** Unix milliseconds. */
  readonly now?: () => number
}

type ProgressOutput = Pick<Writable, 'write'> & {
  readonly isTTY?: boolean
  readonly columns?: number
}

const redrawMs = 100
const barChars = 20
const quiet: ProgressBar = { advance: () => undefined, stop: () => undefined }

/**
 * Show count, rate and estimate of long work on the terminal's standard error. Nothing is written
 * where that is no terminal. Call `stop` in a `finally`.
 */
export function startProgress({
  unit,
  total,
  output = process.stderr,
  now = Date.now,
}: ProgressTerms): ProgressBar {
  if (!output.isTTY) return quiet
  const beginMs = now()
  let [done, drawnMs, isShown] = [0, Number.NEGATIVE_INFINITY, false]
  return {
    advance(count = 1) {
      done += count
      const nowMs = now()
      if (nowMs - drawnMs < redrawMs) return
      ;[drawnMs, isShown] = [nowMs, true]
      const text = progressText({ unit, done, total, elapsedMs: nowMs - beginMs })
      // One column stays free: a full line would make some terminals go to the next one.
      output.write(`\r${text.slice(0, (output.columns ?? 80) - 1)}\u001b[K`)
    },
    stop() {
      if (isShown) output.write('\r\u001b[K')
      isShown = false
    },
  }
}

type ProgressState = {
  readonly unit: string
  readonly done: number
  readonly total: number | undefined
  readonly elapsedMs: number
}

/** `[#####---------------]  25%  500/2000 runs  50/s  30s left` */
export function progressText({ unit, done, total, elapsedMs }: ProgressState): string {
  const perSecond = elapsedMs > 0 ? (done * 1000) / elapsedMs : 0
  const rate = perSecond > 0 ? [`${shortNumber(perSecond)}/s`] : []
  if (total === undefined) return [`${done} ${unit}`, ...rate].join('  ')
  const part = total === 0 ? 1 : Math.min(1, done / total)
  const filled = Math.floor(part * barChars)
  const left =
    perSecond > 0 && done < total ? [`${shortTime((total - done) / perSecond)} left`] : []
  return [
    `[${'#'.repeat(filled)}${'-'.repeat(barChars - filled)}]`,
    `${Math.floor(part * 100)}%`.padStart(4),
    `${done}/${total} ${unit}`,
    ...rate,
    ...left,
  ].join('  ')
}

function shortNumber(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value))
}

function shortTime(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m${whole % 60}s`
  return `${Math.floor(whole / 3600)}h${Math.floor((whole % 3600) / 60)}m`
}
