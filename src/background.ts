import { sealEntries } from './audit/seal.ts'
import type { Platform } from './platform/context.ts'

/**
 * What follows from changes, after their replies: the entries of the record are sealed. Safe to run
 * at any time and in several processes at once; each run goes on where another one stopped.
 *
 * @throws what went wrong; all of it is tried again by the next run
 */
export async function backgroundWork(platform: Platform): Promise<void> {
  await sealEntries(platform)
}
