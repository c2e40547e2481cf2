/**
 * How long a piece of work takes, in milliseconds: of this process where that can be told, so that
 * what else the machine does counts for nothing.
 */
export async function workMs(work: () => unknown): Promise<number> {
  const startedAt = nowMs()
  await work()
  return nowMs() - startedAt
}

function nowMs(): number {
  if (navigator.userAgent === 'Cloudflare-Workers') return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
