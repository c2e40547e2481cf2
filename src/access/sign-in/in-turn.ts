const pollMs = 25
const pollsMax = 200

const holders = new Map<string, symbol>()

/**
 * Do `work` while no other request of this process does it for the same `key`; whoever waits takes
 * what `settled` finds meanwhile. So of many wrong passwords at once each is counted before the next
 * is tried, and of many right ones one pays for the slow hash.
 *
 * Waiting is by looking again: in workerd a promise of another request never settles when that
 * request is cancelled. For the same reason nobody waits longer than five seconds.
 */
export async function inTurn<T>(
  key: string,
  settled: () => Promise<T | undefined>,
  work: () => Promise<T>,
): Promise<T> {
  for (let polls = 0; holders.has(key) && polls < pollsMax; polls++) {
    await new Promise((done) => setTimeout(done, pollMs))
    const found = await settled()
    if (found) return found
  }
  const me = Symbol()
  holders.set(key, me)
  try {
    return await work()
  } finally {
    if (holders.get(key) === me) holders.delete(key)
  }
}
