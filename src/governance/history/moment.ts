import { excerpt, invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'

/**
 * By how much the clocks of servers on one database may differ. The order of the log is the order
 * of events; the clock only says up to where it is read.
 */
export const clocksApartMsMax = 60_000

/** @throws INVALID_PARAMETER_VALUE the moment lies in the future */
export function checkPast(ctx: Context, atMs: number): number {
  if (atMs <= ctx.now() + clocksApartMsMax) return atMs
  const when = new Date(atMs).toISOString()
  throw invalid(`'at' lies in the future: ${excerpt(when)}; leave it out to ask for what is now`)
}
