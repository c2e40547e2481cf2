import { PerformanceObserver } from 'node:perf_hooks'

/** What every turn stays under, and how often it is tried. */
export const turnMsMax = 100
const triesMax = 4

/**
 * The longest turn of the event loop while some work runs, as `watchTurns` measures it. Work that took
 * longer than `turnMsMax` is tried again: a turn that is long by itself is long each time.
 */
export async function longestTurnMs(work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < triesMax && least >= turnMsMax; i++) {
    const watch = await watchTurns()
    await work()
    least = Math.min(least, await watch.stop())
  }
  return least
}

type Turn = { readonly fromMs: number; readonly toMs: number; readonly workMs: number }

/** Ends the turn of the watch that is on, if one is. */
let endWatchedTurn: (() => void) | undefined
/** Begins it anew, and forgets what it did until now. */
let restartWatchedTurn: (() => void) | undefined

/**
 * Measure turns of the event loop until `stop`, which gives the longest in milliseconds. They are of
 * this thread's own CPU time: what the machine gives to others meanwhile, and what other threads do,
 * counts for nothing, and neither does the garbage collector. Longer ones than `turnMsMax` are told as
 * they would be on a machine where `yardstick` takes `yardstickMs`.
 */
export async function watchTurns(): Promise<{ stop(): Promise<number> }> {
  // What went before is no part of it.
  await nextTurn()
  const turns: Turn[] = []
  const pauses: { readonly startTime: number; readonly duration: number }[] = []
  const observer = new PerformanceObserver((list) => pauses.push(...list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  let [fromMs, before] = [performance.now(), cpuMs()]
  const restart = () => {
    fromMs = performance.now()
    before = cpuMs()
  }
  const endTurn = () => {
    const [toMs, now] = [performance.now(), cpuMs()]
    if (now - before >= turnMsMax) turns.push({ fromMs, toMs, workMs: now - before })
    else longestMs = Math.max(longestMs, now - before)
    restart()
  }
  let longestMs = 0
  let isOver = false
  const next = () => {
    endTurn()
    if (!isOver) setImmediate(next)
  }
  setImmediate(next)
  endWatchedTurn = endTurn
  restartWatchedTurn = restart
  return {
    stop: async () => {
      endTurn()
      isOver = true
      endWatchedTurn = undefined
      restartWatchedTurn = undefined
      // The collector's pauses are told in a later turn.
      await nextTurn()
      pauses.push(...observer.takeRecords())
      observer.disconnect()
      const lengths = turns.map(
        (turn) => turn.workMs - pauses.reduce((sum, pause) => sum + overlapMs(turn, pause), 0),
      )
      const all = Math.max(longestMs, ...lengths)
      return all < turnMsMax ? all : all / slowness()
    },
  }
}

function overlapMs(turn: Turn, pause: { startTime: number; duration: number }): number {
  const toMs = Math.min(turn.toMs, pause.startTime + pause.duration)
  return Math.max(0, toMs - Math.max(turn.fromMs, pause.startTime))
}

/**
 * A request begins in a turn of its own, as those from a network do; without a watch, at once. Nothing
 * that a request waits for need be more than a promise, so a test would be one turn otherwise.
 */
export async function beginTurn(): Promise<void> {
  if (!endWatchedTurn) return
  await new Promise<void>((done) => setImmediate(done))
  endWatchedTurn?.()
}

/** Do what the test needs and no server would do: its turns do not count. */
export async function prepare<T>(work: () => Promise<T>): Promise<T> {
  endWatchedTurn?.()
  const made = await work()
  restartWatchedTurn?.()
  return made
}

/** What `yardstick` takes at least of a thread where the bound on turns was set. */
const yardstickMs = 25

/**
 * How much more CPU time than there the same work takes here and now, 1 or more: processors differ, and
 * one that two threads share gives each less for its time.
 */
function slowness(): number {
  const before = cpuMs()
  yardstick()
  return Math.max(1, (cpuMs() - before) / yardstickMs)
}

/** Work of the kind that requests are: JSON made and read. */
function yardstick(): number {
  const pairs = Array.from({ length: 20_000 }, (_, i) => ({ key: `k${i}`, value: `v${i}` }))
  const text = JSON.stringify(pairs)
  return [1, 2, 3].reduce((sum) => sum + (JSON.parse(text) as unknown[]).length, 0)
}

function nextTurn(): Promise<void> {
  return new Promise((done) => setTimeout(done, 1))
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
