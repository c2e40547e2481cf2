import { cleanPath } from '../../artifacts/path.ts'
import { invalid } from '../../core/error.ts'
import { type Int64, parseInt64 } from '../../core/int64.ts'
import { messages } from '../../core/messages.ts'
import { isWholeText } from '../../core/names.ts'
import { parseVersion } from '../../registry/check-names.ts'
import { parseExperimentId } from '../../tracking/experiments/experiment.ts'
import { BigNumber } from './json.ts'

/**
 * What each scalar type decodes to: those of proto JSON, and texts with a meaning of their own
 * here.
 */
export type ScalarValues = {
  readonly string: string
  readonly bool: boolean
  readonly int32: number
  readonly int64: Int64
  readonly double: number
  /** The id of a row of MLflow's server of users and roles, which is refused in words of its own. */
  readonly row_id: Int64
  /** The number of a model version, which MLflow sends as text. */
  readonly version: number
  /** The id of a run where MLflow looks at its form before it looks for the run. */
  readonly run_id: string
  /** The id of an experiment, which MLflow sends as text. */
  readonly experiment_id: number
  /** Milliseconds since 1970, as far as dates go. */
  readonly time_ms: number
  /** RFC 3339, as milliseconds since 1970. */
  readonly timestamp: number
  /** Seconds with an `s`, as milliseconds. */
  readonly duration: number
  /** Any JSON, as its text. */
  readonly json: string
  /** A path in the one form in which paths are judged and stored; the empty path is the root. */
  readonly artifact_path: string
}
export type Scalar = keyof ScalarValues

/** One decoder for each scalar type; each throws INVALID_PARAMETER_VALUE. */
export const scalars: {
  readonly [Type in Scalar]: (value: unknown, name: string) => ScalarValues[Type]
} = {
  string: decodeString,
  bool: decodeBool,
  int32: decodeInt32,
  int64: decodeInt64,
  double: decodeDouble,
  row_id: decodeRowId,
  version: (value, name) => parseVersion(decodeString(value, name)),
  run_id: (value, name) => parseRunId(decodeString(value, name)),
  experiment_id: (value, name) => parseExperimentId(decodeString(value, name)),
  time_ms: decodeTimeMs,
  timestamp: (value, name) => parseTimestamp(decodeString(value, name), name),
  duration: (value, name) => parseDuration(decodeString(value, name), name),
  json: encodeJson,
  artifact_path: (value, name) => cleanPath(decodeString(value, name)),
}

function decodeString(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrongType(value, name, 'a string')
  if (!isWholeText(value)) {
    throw invalid(
      `${messages.wrongText(value.toWellFormed().replaceAll('\u0000', '\\0'), name)}: it holds a NUL or a lone surrogate`,
    )
  }
  return value
}

function parseRunId(text: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N}_-]{0,255}$/u.test(text)) return text
  throw invalid(`${messages.wrongRunId(text)}: it is not the id of a run`)
}

/** The last millisecond that a date of JavaScript has. */
const timeMsMax = 8.64e15

function decodeTimeMs(value: unknown, name: string): number {
  const ms = integerOf(value)
  if (typeof ms === 'number' && Math.abs(ms) <= timeMsMax) return ms
  throw wrongType(value, name, 'milliseconds since 1970')
}

/** Digits beyond milliseconds are cut. */
function parseTimestamp(text: string, name: string): number {
  const [, seconds, fraction = '', zone = ''] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i.exec(text) ?? []
  const ms =
    seconds === undefined
      ? Number.NaN
      : Date.parse(`${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${zone.toUpperCase()}`)
  if (Number.isFinite(ms)) return ms
  throw wrongType(text, name, 'a time such as "2026-01-01T00:00:00.123Z"')
}

function parseDuration(text: string, name: string): number {
  const [, sign, seconds, fraction = ''] = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(text) ?? []
  if (seconds === undefined) throw wrongType(text, name, 'a duration such as "1.500s"')
  const ms = Number(seconds) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'))
  return sign === '-' ? -ms : ms
}

/** SQLite reads no JSON of more than 1,000 levels. */
const levelsMax = 100

function encodeJson(value: unknown, name: string): string {
  if (isShallow(value, levelsMax)) return JSON.stringify(value)
  throw wrongType('...', name, `JSON of at most ${levelsMax} levels`)
}

function decodeBool(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw wrongType(value, name, 'true or false')
  return value
}

function decodeInt64(value: unknown, name: string): Int64 {
  const number = integerOf(value)
  if (number === undefined) throw wrongType(value, name, 'an integer of 64 bits')
  return number
}

function decodeRowId(value: unknown, name: string): Int64 {
  const number = integerOf(value)
  if (number !== undefined) return number
  throw invalid(messages.wrongRowId(typeof value === 'string' ? value : shownOf(value), name))
}

function decodeInt32(value: unknown, name: string): number {
  const number = integerOf(value)
  if (typeof number !== 'number' || Math.abs(number) >= 2 ** 31) {
    throw wrongType(value, name, 'an integer of 32 bits')
  }
  return number
}

/** Whole numbers may be text, with an exponent too: R writes 100000 as `1e+05`. */
function integerOf(value: unknown): Int64 | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  const text = value instanceof BigNumber ? value.source : value
  if (typeof text !== 'string') return undefined
  const whole = parseInt64(text)
  if (whole !== undefined || !/^[+-]?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,2})?$/.test(text))
    return whole
  return Number.isSafeInteger(Number(text)) ? Number(text) : undefined
}

/**
 * NaN and the infinities come as strings, numbers may too; `true` is 1, as in MLflow's parser, which
 * takes every spelling of Python for an infinity.
 */
function decodeDouble(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'boolean') return value ? 1 : 0
  const text = value instanceof BigNumber ? value.source : value
  if (text === 'NaN') return Number.NaN
  const infinity = typeof text === 'string' ? /^([+-]?)inf(inity)?$/i.exec(text) : null
  if (infinity) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (typeof text === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(text)) {
    const number = Number(text)
    if (Number.isFinite(number)) return number
  }
  throw wrongType(value, name, 'a number')
}

/** The 400 for a value of another type. @param expected such as `a string` */
export function wrongType(value: unknown, name: string, expected: string): Error {
  return invalid(`${messages.wrongValue(shownOf(value), name)}: expected ${expected}`)
}

/**
 * A value as JSON has it. Deep lists and objects are cut: JSON.stringify overflows the stack on
 * depths that JSON.parse can read.
 */
export function shownOf(value: unknown): string {
  if (value instanceof BigNumber) return value.source
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (isShallow(value, 4)) return JSON.stringify(value)
  if (Array.isArray(value)) return value.length === 0 ? '[]' : '[...]'
  return Object.keys(value).length === 0 ? '{}' : '{...}'
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((item) => isShallow(item, levels - 1))
}
