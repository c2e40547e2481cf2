import { excerpt, RegistryError } from '../../core/error.ts'
import { type Clause, type Filter, parseFilter } from '../filter.ts'
import { refusedAt, valuePlaceOf } from '../places.ts'
import { type FilterField, isTimeKey, type Vocabulary } from '../vocabulary.ts'
import { type GivenTime, timeForm, timeOf } from './moment.ts'

/**
 * A filter that a person wrote, its times as milliseconds: `start_time > -7d`. Each clause keeps its place in
 * the text, and so does what is refused.
 *
 * @param nowMs what so long ago is counted from; undefined: a program wrote it, and MLflow's grammar holds
 * @throws INVALID_PARAMETER_VALUE what a time is compared with is none
 */
export function withTimes(
  filter: Filter,
  words: Vocabulary<FilterField>,
  nowMs: number | undefined,
): Filter {
  if (nowMs === undefined) return filter
  return filter.map((clause) => {
    const time = timeIn(clause, words, nowMs)
    if (!time || clause.operator === 'OTHER' || !('value' in clause)) return clause
    return { ...clause, value: { type: 'number', text: String(time.atMs) } }
  })
}

/** Undefined: the clause is about no time, or has milliseconds. */
function timeIn(
  clause: Clause,
  words: Vocabulary<FilterField>,
  nowMs: number,
): GivenTime | undefined {
  if (!('value' in clause) || !isTimeKey(words, clause.key)) return undefined
  const { type, text } = clause.value
  if (type === 'number' || type === 'list') return undefined
  const time = timeOf(text, nowMs)
  if (time) return time
  const message = `'${excerpt(text)}' is no time: give milliseconds, or ${timeForm}; in quotes where a blank is in it`
  throw refusedAt({ key: clause.key, part: 'value' }, message)
}

/** A filter as programs give it, and what its times were read from. */
export type ExactFilter = {
  readonly text: string
  readonly times: readonly (GivenTime & { readonly given: string })[]
}

/** A filter that is wrong stays as it is. */
export function exactFilter(
  text: string,
  words: Vocabulary<FilterField>,
  nowMs: number,
): ExactFilter {
  try {
    const found = parseFilter(text).flatMap((clause) => {
      const [time, place] = [timeIn(clause, words, nowMs), valuePlaceOf(clause.key)]
      return time && place ? [{ ...time, ...place, given: text.slice(place.at, place.end) }] : []
    })
    // From the end on, so that places before stay right.
    const exact = found.reduceRight(
      (left, { at, end, atMs }) => left.slice(0, at) + String(atMs) + left.slice(end),
      text,
    )
    return { text: exact, times: found }
  } catch (err) {
    if (err instanceof RegistryError) return { text, times: [] }
    throw err
  }
}
