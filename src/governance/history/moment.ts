import { excerpt, invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'

/**
 * By how much the clocks of servers on one database may differ. The order of the log is the order
 * of events; the clock only says up to where it is read.
 */
export const clocksApartMsMax = 60_000

const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/
const day = /^\d{4}-\d{2}-\d{2}$/

/** How a moment is given, for messages. */
export const momentForm = 'Unix milliseconds, or ISO 8601 such as 2026-08-01T12:00:00Z'

/**
 * A moment in Unix milliseconds, from Unix milliseconds or from ISO 8601 with its offset. A date is
 * its first moment in UTC. A space before the offset is read as `+`, since an unescaped `+` in a
 * query becomes a space.
 */
export function momentOf(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  const whole = text.replace(/ (?=\d{2}:\d{2}$)/, '+')
  const atMs = iso.test(whole) || day.test(whole) ? Date.parse(whole) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs
}

/** @throws INVALID_PARAMETER_VALUE the moment lies in the future */
export function checkPast(ctx: Context, atMs: number): number {
  if (atMs <= ctx.now() + clocksApartMsMax) return atMs
  const when = new Date(atMs).toISOString()
  throw invalid(`'at' lies in the future: ${excerpt(when)}; leave it out to ask for what is now`)
}
