import type { Platform } from './platform/context.ts'
import { deliverDue } from './webhooks/deliver.ts'

/**
 * What goes on beside requests: deliveries. It may run any number of times at once, here and in
 * other processes.
 *
 * @param patienceMs how long it may wait for what is due soon
 */
export async function backgroundWork(platform: Platform, patienceMs = 0): Promise<void> {
  await deliverDue(platform, patienceMs)
}
