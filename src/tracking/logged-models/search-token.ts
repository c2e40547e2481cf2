import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { fingerprintOf, foreignPageToken } from '../../core/page-token.ts'

/** The parts of a search that MLflow tells apart where a page token belongs to another one. */
export type SearchedParts = {
  readonly experimentIds: readonly number[]
  readonly filter: string | undefined
  readonly orderBy: readonly object[]
}

const differences = [messages.otherExperiments, messages.otherFilter, messages.otherOrder]

/** `token` with a mark of each part before it. */
export function markToken(search: SearchedParts, token: string | undefined): string | undefined {
  return token && [...marksOf(search), token].join('.')
}

/**
 * The token that `markToken` was given; undefined for the first page.
 *
 * @throws INVALID_PARAMETER_VALUE it is of a search for something else, or none of ours
 */
export function unmarkToken(search: SearchedParts, marked: string | undefined): string | undefined {
  if (marked === undefined || marked === '') return undefined
  const [token, ...marks] = marked.split('.').reverse()
  if (marks.length !== differences.length) throw foreignPageToken()
  const wanted = marksOf(search).reverse()
  const at = marks.findLastIndex((mark, i) => mark !== wanted[i])
  if (at >= 0) throw invalid(`${differences.toReversed()[at]}; ask for page one`)
  return token
}

function marksOf({ experimentIds, filter, orderBy }: SearchedParts): string[] {
  return [experimentIds, filter ?? '', orderBy].map((part) => fingerprintOf([part]).toString(36))
}
