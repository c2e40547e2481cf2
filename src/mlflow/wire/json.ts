import { invalid } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import { measureJson } from '../../core/measure-json.ts'
import { checkJsonSize } from '../../http/body.ts'

/** A JSON number as it was written: one that a double cannot hold, or each of `parseAsWritten`. */
export class BigNumber {
  constructor(readonly source: string) {}
  toJSON(): unknown {
    return json.rawJSON(this.source)
  }
}

/** Not yet in TypeScript's library: the third argument of a reviver, and raw JSON. */
type JsonWithSource = {
  parse(
    text: string,
    reviver: (key: string, value: unknown, at: { source?: string }) => unknown,
  ): unknown
  rawJSON(text: string): unknown
}
const json = JSON as unknown as JsonWithSource

/**
 * Parse a JSON body. Integers past 2^53 come as `BigNumber`, all else as from `JSON.parse`.
 * MLflow decodes a string that holds JSON once more; so does this.
 *
 * @throws INVALID_PARAMETER_VALUE it is not JSON
 * @throws PAYLOAD_TOO_LARGE it has too many values
 */
export function parseJson(text: string): unknown {
  const value = parseOnce(text)
  return typeof value === 'string' ? parseOnce(value) : value
}

/** As `parseJson`, with all numbers as they were written: for messages, since 9.0 is not 9. */
export function parseAsWritten(text: string): unknown {
  const value = parseOnce(text, keepNumber)
  return typeof value === 'string' ? parseOnce(value, keepNumber) : value
}

type Reviver = Parameters<JsonWithSource['parse']>[1]

/** @param reviver where it is needed in any case */
function parseOnce(text: string, reviver?: Reviver): unknown {
  const size = measureJson(text)
  checkJsonSize(size, reviver !== undefined || size.hasLongInteger)
  try {
    if (reviver) return json.parse(text, reviver)
    // The reviver makes parsing several times slower, so only bodies that need it pay for it.
    return size.hasLongInteger ? json.parse(text, keepSource) : JSON.parse(text)
  } catch (err) {
    throw invalid('The request body is not valid JSON', { cause: err })
  }
}

function keepSource(_key: string, value: unknown, at: { source?: string }): unknown {
  const unsafe =
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
  return unsafe && at.source !== undefined ? new BigNumber(at.source) : value
}

function keepNumber(_key: string, value: unknown, at: { source?: string }): unknown {
  return typeof value === 'number' && at.source !== undefined ? new BigNumber(at.source) : value
}

/** A number that is written as it stands; of use to JSON.stringify alone. */
export function rawJson(source: string): unknown {
  return json.rawJSON(source)
}

/** An int64 as a JSON number, exact beyond 2^53 too. */
export function int64ToJson(value: Int64): number {
  // `rawJSON` makes an opaque object that JSON.stringify writes as the number; callers only write it.
  return typeof value === 'number' ? value : (json.rawJSON(value.toString()) as number)
}

/** A metric value: NaN goes out as a string, as proto JSON has it. */
export function doubleToJson(value: number): number | 'NaN' {
  return Number.isNaN(value) ? 'NaN' : value
}

/** MLflow leaves empty lists out. */
export function unlessEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items
}

/** Empty maps are absent too. */
export function textsToJson(
  texts: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  return Object.keys(texts).length === 0 ? undefined : texts
}

/** A time as RFC 3339 in UTC, without a fraction where there is none. */
export function timeToJson(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}
