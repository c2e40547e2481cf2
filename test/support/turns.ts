/** What every turn stays under, and how often it is tried. */
export const turnMsMax = 100
const triesMax = 4

/**
 * The longest turn of the event loop while some work runs, in milliseconds of this thread's own CPU
 * time: what the machine gives to others meanwhile, and what other threads do, counts for nothing.
 * The garbage collector's share counts, so work that took longer than `turnMsMax` is tried again: a
 * turn that is long by itself is long each time.
 */
export async function longestTurnMs(work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < triesMax && least >= turnMsMax; i++) {
    least = Math.min(least, await longestTurnOnce(work))
  }
  return least
}

async function longestTurnOnce(work: () => unknown): Promise<number> {
  const watch = watchTurns()
  // What went before is no part of it.
  await new Promise((done) => setTimeout(done))
  watch.forget()
  await work()
  return watch.stop()
}

function watchTurns() {
  let longestMs = 0
  let isOver = false
  let before = cpuMs()
  const endTurn = () => {
    const now = cpuMs()
    longestMs = Math.max(longestMs, now - before)
    before = now
  }
  const next = () => {
    endTurn()
    if (!isOver) setImmediate(next)
  }
  setImmediate(next)
  return {
    forget: () => {
      endTurn()
      longestMs = 0
    },
    stop: () => {
      endTurn()
      isOver = true
      return longestMs
    },
  }
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
