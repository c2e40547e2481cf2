/**
 * A 64-bit integer as MLflow's int64 fields hold it: a number while it is exact, a bigint beyond
 * 2^53, so that the usual value stays cheap and the unusual one stays right.
 */
export type Int64 = number | bigint

const lowest = -(2n ** 63n)
const highest = 2n ** 63n - 1n

/** The integer that decimal `text` spells, or undefined when it is none or leaves 64 bits. */
export function parseInt64(text: string): Int64 | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return value < lowest || value > highest ? undefined : narrow(value)
}

/**
 * The id that decimal `text` spells, to look it up by: blanks around it are cut, and past 2^53 it is
 * rounded, since no row has such an id. Undefined when it is no integer.
 */
export function parseRowId(text: string): number | undefined {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) return undefined
  return Math.max(-Number.MAX_VALUE, Math.min(Number(text), Number.MAX_VALUE))
}

/** `value` as a number where that is exact. */
export function narrow(value: bigint): Int64 {
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

/**
 * An int64 as the database hands it out: a number, or text beyond 2^53 (see `int64Column` in db/).
 */
export function int64FromRow(value: number | string): Int64 {
  return typeof value === 'number' ? value : narrow(BigInt(value))
}
