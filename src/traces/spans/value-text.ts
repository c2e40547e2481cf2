import { type ExactJson, parseExactJson } from '../../core/exact-json.ts'
import { measureJson } from '../../core/measure-json.ts'

/** Values within values. */
export const valueDepthMax = 64

/**
 * The value that a text is the JSON of; undefined where it is none, or larger than one may be: it stays
 * a text then.
 *
 * @param valuesMax each value is looked at by itself, which takes time; what the server wrote was bounded
 */
export function parseValueText(
  text: string,
  valuesMax = Number.POSITIVE_INFINITY,
): ExactJson | undefined {
  const { depth, marks } = measureJson(text)
  if (depth > valueDepthMax || marks > valuesMax) return undefined
  try {
    return parseExactJson(text)
  } catch {
    return undefined
  }
}
