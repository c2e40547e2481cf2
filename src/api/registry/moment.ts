import { excerpt, invalid } from '../../core/error.ts'
import { clocksApartMsMax } from '../../governance/history/model-then.ts'
import type { Context } from '../../platform/context.ts'
import { momentForm, momentOf } from '../endpoints/shapes.ts'

/**
 * The moment of a query's `at`.
 *
 * @throws INVALID_PARAMETER_VALUE it is not a moment, or lies in the future
 */
export function parseMoment(ctx: Context, text: string): number {
  const atMs = momentOf(text)
  if (atMs === undefined) {
    throw invalid(`Invalid value '${excerpt(text)}' for 'at': use ${momentForm}`)
  }
  if (atMs <= ctx.now() + clocksApartMsMax) return atMs
  throw invalid(`'at' lies in the future: ${excerpt(text)}; leave it out to ask for what is now`)
}
