import { invalid } from '../core/error.ts'
import type { Int64 } from '../core/int64.ts'

/** One page of what a search found, and the token that asks for the next, if there is one. */
export type Page<T> = {
  readonly items: readonly T[]
  readonly nextPageToken: string | undefined
}

/**
 * The number of rows a page may have.
 *
 * @param absent what counts where the caller says nothing; undefined: it must say
 * @throws INVALID_PARAMETER_VALUE it is not from 1 to `most`
 */
export function checkPageSize(asked: Int64 | undefined, most: number, absent?: number): number {
  const size = asked ?? absent ?? 0
  if (typeof size === 'number' && size >= 1 && size <= most) return size
  throw invalid(
    `Invalid value ${size} for parameter 'max_results' supplied. It must be a positive integer of at most ${most}`,
  )
}
