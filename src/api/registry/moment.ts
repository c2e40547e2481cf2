import { excerpt, invalid } from '../../core/error.ts'
import { clocksApartMsMax } from '../../governance/history/model-then.ts'
import type { Context } from '../../platform/context.ts'

const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/
const day = /^\d{4}-\d{2}-\d{2}$/

/**
 * A moment as a query has it: Unix milliseconds, or ISO 8601 with its offset; a date is its first
 * moment in UTC.
 *
 * @throws INVALID_PARAMETER_VALUE it is none, or lies in the future
 */
export function parseMoment(ctx: Context, text: string): number {
  const atMs = /^\d{1,15}$/.test(text) ? Number(text) : momentOf(text)
  if (Number.isNaN(atMs)) {
    throw invalid(
      `Invalid value '${excerpt(text)}' for 'at': use Unix milliseconds, or ISO 8601 such as 2026-08-01T12:00:00Z`,
    )
  }
  if (atMs <= ctx.now() + clocksApartMsMax) return atMs
  throw invalid(`'at' lies in the future: ${excerpt(text)}; leave it out to ask for what is now`)
}

function momentOf(text: string): number {
  return iso.test(text) || day.test(text) ? Date.parse(text) : Number.NaN
}
