/**
 * JSON in which integers and doubles stay apart: an integer is a bigint, a double a number. Programs in
 * other languages read `1` and `1.0` as values of two types.
 */
export type ExactJson =
  | null
  | boolean
  | string
  | bigint
  | number
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson }

/** Not yet in TypeScript's library: the third argument of a reviver. */
const parse = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, at: { source?: string }) => unknown,
) => unknown

/** @throws SyntaxError it is not JSON */
export function parseExactJson(text: string): ExactJson {
  // Numbers come as the reviver makes them, all else as JSON.parse does.
  return parse(text, keepNumber) as ExactJson
}

function keepNumber(_key: string, value: unknown, { source }: { source?: string }): unknown {
  const isInteger = typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source)
  return isInteger ? BigInt(source) : value
}

/**
 * The text of `value`, with a blank behind commas and colons as Python writes it: filters compare it as
 * text. What JSON has no number for is a string.
 */
export function exactJsonOf(value: ExactJson): string {
  switch (typeof value) {
    case 'bigint':
      return value.toString()
    case 'number':
      return doubleText(value)
    case 'object':
      if (value === null) return 'null'
      return isList(value)
        ? `[${value.map(exactJsonOf).join(', ')}]`
        : `{${Object.entries(value)
            .map(([key, item]) => `${JSON.stringify(key)}: ${exactJsonOf(item)}`)
            .join(', ')}}`
    default:
      return JSON.stringify(value)
  }
}

/** A double as it can be told from an integer. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return '"NaN"'
  if (!Number.isFinite(value)) return value > 0 ? '"Infinity"' : '"-Infinity"'
  const text = Object.is(value, -0) ? '-0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

function isList(value: object): value is readonly ExactJson[] {
  return Array.isArray(value)
}
