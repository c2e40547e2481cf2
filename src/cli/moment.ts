import { StartError } from '../platform/start-error.ts'
import { momentOf, timeOf } from '../search/times/moment.ts'

/** How a flag takes a moment, for the help of commands. */
export const momentHelp =
  'a date, 2026-08-01T12:00Z, -7d, "yesterday 9:00" in UTC, or Unix milliseconds'

/**
 * A moment in Unix milliseconds. A time of day needs its offset, since commands print times in the reader's
 * zone: one of those, given back, would be another moment in UTC.
 *
 * @returns undefined when there is none
 * @throws StartError it is no time, or names no offset
 */
export function givenMoment(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const exact = momentOf(text)
  if (exact !== undefined) return exact
  const time = timeOf(text, Date.now())
  if (time?.isRelative) return time.atMs
  if (!time) throw new StartError(`'${text}' is no time; give ${momentHelp}`)
  throw new StartError(
    `'${text}' names no offset; ${new Date(time.atMs).toISOString()} is that in UTC`,
  )
}
