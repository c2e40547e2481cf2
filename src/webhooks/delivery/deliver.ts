import { RegistryError } from '../../core/error.ts'
import type { Platform } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { attemptDelivery } from './attempt.ts'
import {
  claimQueue,
  extendLease,
  findDueWebhooks,
  findNextAttemptAtMs,
  findNextDue,
  leaseMs,
  type QueueLease,
  settleDelivery,
} from './queue.ts'

/** More than the number of lanes, so that webhooks without a lane do not hide others. */
const dueMax = 200

/** Between two checks for a delivery that another process has at this moment. */
const retryWaitMsMin = 250

/** Deliveries of one webhook before the next waiting one gets its turn. */
const deliveriesMax = 100

/**
 * Webhooks that this process is delivering for: those whose last attempts succeeded, and the
 * others.
 */
type Lanes = { readonly well: Set<number>; readonly failing: Set<number> }

/** One process has one database, and so one set of lanes. */
const lanesOf = new WeakMap<Platform['db'], Lanes>()

/**
 * Deliver all that is due: the events of one webhook in order, different webhooks in parallel. Ends
 * when the work that it began is done. It may run any number of times at once, here and in other
 * processes, so a loop need not wait for it. Delivery is at least once: the lease of a process that
 * dies ends, and another process sends the same delivery again.
 *
 * @param patienceMs how long it may wait for retries, for a runtime where nothing else would
 *   make them soon
 */
export async function deliverDue(platform: Platform, patienceMs = 0): Promise<void> {
  const lanes = lanesOf.get(platform.db) ?? { well: new Set(), failing: new Set() }
  lanesOf.set(platform.db, lanes)
  const untilMs = platform.now() + patienceMs
  const running = new Set<Promise<void>>()
  for (;;) {
    for (const { webhook, failures } of await findDueWebhooks(platform, dueMax)) {
      const lane = laneFor(lanes, { webhook, failures, parallelMax: platform.outbound.parallelMax })
      if (!lane) continue
      lane.add(webhook)
      const done = deliverFor(platform, webhook).finally(() => {
        lane.delete(webhook)
        running.delete(done)
      })
      running.add(done)
    }
    if (running.size > 0) await Promise.race(running)
    else if (!(await waitForRetry(platform, untilMs))) return
  }
}

/** Wait for the next attempt that is due before `untilMs`; false when there is none. */
async function waitForRetry(platform: Platform, untilMs: number): Promise<boolean> {
  const now = platform.now()
  const next = untilMs > now ? await findNextAttemptAtMs(platform) : undefined
  if (next === undefined || next > untilMs) return false
  await new Promise((done) => setTimeout(done, Math.max(next - now, retryWaitMsMin)))
  return true
}

/**
 * Receivers that fail get at most half the lanes, so that receivers which hang do not delay others.
 */
function laneFor(
  lanes: Lanes,
  {
    webhook,
    failures,
    parallelMax,
  }: { readonly webhook: number; readonly failures: number; readonly parallelMax: number },
): Set<number> | undefined {
  if (lanes.well.has(webhook) || lanes.failing.has(webhook)) return undefined
  if (lanes.well.size + lanes.failing.size >= parallelMax) return undefined
  if (failures === 0) return lanes.well
  return lanes.failing.size < parallelMax / 2 ? lanes.failing : undefined
}

/** Deliver what is due for one webhook, unless another process does. */
async function deliverFor(platform: Platform, webhook: number): Promise<void> {
  try {
    const lease = await claimQueue(platform, webhook)
    if (lease) await whileHeld(platform, lease, () => deliverAll(platform, lease))
  } catch (err) {
    logError({ webhook, error: err instanceof RegistryError ? err.message : failureText(err) })
  }
}

async function deliverAll(platform: Platform, lease: QueueLease): Promise<void> {
  for (let count = 0; count < deliveriesMax; count++) {
    const due = await findNextDue(platform, lease)
    if (!due) return
    await settleDelivery(platform, lease, {
      delivery: due.delivery,
      outcome: await attemptDelivery(platform, due),
    })
  }
}

/** Keeps the lease while `work` runs, however long a receiver takes, and then gives it back. */
async function whileHeld(
  platform: Platform,
  lease: QueueLease,
  work: () => Promise<void>,
): Promise<void> {
  const beat = setInterval(() => {
    // If this fails, the lease ends by itself; at worst the delivery is made twice.
    extendLease(platform, lease).catch((err) =>
      logError({ webhook: lease.webhook, error: failureText(err) }),
    )
  }, leaseMs / 3)
  try {
    await work()
  } finally {
    clearInterval(beat)
    await extendLease(platform, lease, 0)
  }
}
