/**
 * How long a piece of work takes, in milliseconds: of this process where that can be told, so that
 * what else the machine does counts for nothing.
 */
export async function workMs(work: () => unknown): Promise<number> {
  const startedAt = nowMs()
  await work()
  return nowMs() - startedAt
}

/**
 * The longest time for which a piece of work lets nothing else run, in milliseconds as above; on
 * Node, where the time of others can be told apart.
 */
export async function longestTurnMs(work: () => Promise<unknown>): Promise<number> {
  let [longest, isDone, lastMs] = [0, false, nowMs()]
  const turn = () => {
    const now = nowMs()
    longest = Math.max(longest, now - lastMs)
    lastMs = now
    if (!isDone) setTimeout(turn)
  }
  setTimeout(turn)
  await work()
  isDone = true
  turn()
  return longest
}

function nowMs(): number {
  if (navigator.userAgent === 'Cloudflare-Workers') return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
