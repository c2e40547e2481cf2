import type { BundleKeyPlace } from '../../src/platform/bundle-key.ts'

/** A place in memory: the key goes with the process. */
export function bundleKeyInMemory(): BundleKeyPlace {
  let kept: string | undefined
  const waiting = new Map<string, string>()
  return {
    read: async () => kept,
    async keep(pkcs8) {
      kept ??= pkcs8
    },
    next: {
      async keep(hint, pkcs8) {
        waiting.set(hint, pkcs8)
      },
      async take(hint) {
        const taken = waiting.get(hint)
        kept = taken ?? kept
        waiting.delete(hint)
        return taken !== undefined
      },
      async drop(hint) {
        waiting.delete(hint)
      },
    },
  }
}
