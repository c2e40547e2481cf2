import type { BundleKeyPlace } from '../../src/platform/bundle-key.ts'

/** A place in memory: the key goes with the process. */
export function bundleKeyInMemory(): BundleKeyPlace {
  let kept: string | undefined
  return {
    read: async () => kept,
    async keep(pkcs8, replacing) {
      if (replacing || kept === undefined) kept = pkcs8
    },
  }
}
