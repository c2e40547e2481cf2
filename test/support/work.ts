/**
 * How long a piece of work takes, in milliseconds: of this process where that can be told, so that
 * what else the machine does counts for nothing.
 */
export async function workMs(work: () => unknown): Promise<number> {
  const cpuMs = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  const nowMs = navigator.userAgent === 'Cloudflare-Workers' ? () => performance.now() : cpuMs
  const startedAt = nowMs()
  await work()
  return nowMs() - startedAt
}
