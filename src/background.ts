import { sealEntries } from './audit/seal.ts'
import { sweepPromotions } from './governance/promotions/sweep.ts'
import type { Platform } from './platform/context.ts'

/**
 * What follows from changes and from time, after the replies: the entries of the record are sealed,
 * requests expire, and those that merge by themselves do. Safe to run at any time and in several
 * processes at once; each run goes on where another one stopped. Deliveries run beside it, since
 * they wait for others.
 *
 * @throws what went wrong; all of it is tried again by the next run
 */
export async function backgroundWork(platform: Platform): Promise<void> {
  await sweepPromotions(platform)
  await sealEntries(platform)
}
