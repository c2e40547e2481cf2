import { sealEntries } from './audit/seal.ts'
import { sweepPromotions } from './governance/promotions/sweep.ts'
import type { Platform } from './platform/context.ts'

/**
 * The work that follows from changes and from time, done after the replies: entries of the audit log are
 * sealed, promotion requests expire, and those that may merge automatically are merged. It may run at
 * any time and in several processes at once; each run continues where another one stopped. Deliveries
 * of webhooks run beside it, since they wait for other servers.
 *
 * @throws what went wrong; the next run tries all of it again
 */
export async function backgroundWork(platform: Platform): Promise<void> {
  await sweepPromotions(platform)
  await sealEntries(platform)
}
