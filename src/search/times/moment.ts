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
  return Number.isNaN(atMs) || !isOfCalendar(whole.slice(0, 10)) ? undefined : atMs
}

/** `Date.parse` takes 31 February for 3 March. */
function isOfCalendar(date: string): boolean {
  return new Date(Date.parse(date)).toISOString().startsWith(date)
}

/** How a person gives a time, for messages. */
export const timeForm =
  '-7d, -90m, today, yesterday 9:00, 2026-08-01 or 2026-08-01 12:00, all in UTC; +02:00 behind a time names another offset'

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]
const unitsMs: Readonly<Record<string, number>> = {
  ...{ s: 1000, m: minuteMs, h: hourMs },
  ...{ d: dayMs, w: 7 * dayMs },
}
const ago = /^[-\u2212](\d{1,6}) ?([smhdw])$/
const ofDay = /^(today|yesterday)(?: (\d{1,2}):(\d{2}))?$/
/** With its parts apart by a space, as pages write times, or without an offset, as fields of browsers do. */
const loose =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?: ?(Z|UTC|[-+ ]\d{2}:\d{2}))?$/i

/** When it is, in Unix milliseconds, and whether that is another moment tomorrow. */
export type GivenTime = { readonly atMs: number; readonly isRelative: boolean }

/** The end of the last year of four digits, which is the last that an address can name. */
const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * A time as a person gives it: so long ago, a time of today or yesterday, or a moment. What names no
 * offset is in UTC.
 *
 * @returns undefined: it is no time
 */
export function timeOf(text: string, nowMs: number): GivenTime | undefined {
  const given = text.trim().toLowerCase()
  const relativeMs = agoOf(given, nowMs) ?? timeOfDay(given, nowMs)
  if (relativeMs !== undefined) return { atMs: Math.max(0, relativeMs), isRelative: true }
  const [, date, time, offset = 'Z'] = loose.exec(given.toUpperCase()) ?? []
  const atMs = momentOf(date === undefined ? given : `${date}T${time}${offset.replace('UTC', 'Z')}`)
  return atMs === undefined || atMs > lastMs ? undefined : { atMs, isRelative: false }
}

function agoOf(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs
  const [, count, unit = ''] = ago.exec(text) ?? []
  const unitMs = unitsMs[unit]
  return unitMs === undefined ? undefined : nowMs - Number(count) * unitMs
}

function timeOfDay(text: string, nowMs: number): number | undefined {
  const [whole, which, hours = '0', minutes = '0'] = ofDay.exec(text) ?? []
  if (whole === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined
  const today = Math.floor(nowMs / dayMs) * dayMs
  const begun = which === 'today' ? today : today - dayMs
  return begun + Number(hours) * hourMs + Number(minutes) * minuteMs
}
