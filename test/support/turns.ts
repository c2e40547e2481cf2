/**
 * The longest turn of the event loop while some work runs, in milliseconds. In Node it is this thread's
 * own CPU time: what the machine gives to others meanwhile, and what other threads do, counts for
 * nothing. Workerd's clock stands still while code runs, so there it is 0.
 */
export async function longestTurnMs(work: () => unknown): Promise<number> {
  if (navigator.userAgent === 'Cloudflare-Workers') {
    await work()
    return 0
  }
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
